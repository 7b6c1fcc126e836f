import sys

# The sum needs more than 30 bits.
if sys.argv[1] == "0":
    n = int(input())
    print(sum(int(input()) for _ in range(n)), flush=True)
else:
    n, hint = int(input()), int(input())
    print(hint - sum(int(input()) for _ in range(n - 1)), flush=True)
