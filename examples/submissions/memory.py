blocks = [bytearray(b"x" * (1 << 20)) for _ in range(4096)]
a, b = map(int, input().split())
print(a + b)
