# Says with its exit status that it does not like large numbers.
import sys

a, b = map(int, input().split())
if max(abs(a), abs(b)) > 10**9:
    sys.exit(3)
print(a + b)
