# Divides by every smaller number.
n = int(input())
print(sum(all(candidate % d for d in range(2, candidate)) for candidate in range(2, n + 1)))
