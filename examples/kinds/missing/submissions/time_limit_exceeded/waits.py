import sys

# Process 1 waits for one number more than there are.
n = int(input())
numbers = [int(input()) for _ in range(n + 1 if sys.argv[1] == "1" else n)]
print(numbers[0] % 2**30, flush=True)
