import sys

# Process 1 fails.
n = int(input())
print(sum(int(input()) for _ in range(n)) % 2**30 if sys.argv[1] == "0" else n // 0, flush=True)
