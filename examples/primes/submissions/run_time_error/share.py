# Wants to know which share of the composites is even, and there is none up to 3.
n = int(input())
prime = bytearray([1]) * (n + 1)
prime[:2] = bytes(min(2, n + 1))
for p in range(2, int(n**0.5) + 1):
    if prime[p]:
        prime[p * p :: p] = bytes(len(range(p * p, n + 1, p)))
count = sum(prime)
share = (n // 2 - 1) / (n - 1 - count)
print(count)
