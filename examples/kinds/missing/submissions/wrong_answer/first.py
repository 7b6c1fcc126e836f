import sys

# Hopes that the first number is the missing one.
if sys.argv[1] == "0":
    n = int(input())
    print(input(), flush=True)
else:
    n, hint = int(input()), int(input())
    print(hint, flush=True)
