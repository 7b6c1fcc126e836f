import sys
from functools import reduce
from operator import xor

if sys.argv[1] == "0":
    n = int(input())
    print(reduce(xor, (int(input()) for _ in range(n))), flush=True)
else:
    n, hint = int(input()), int(input())
    print(reduce(xor, (int(input()) for _ in range(n - 1)), hint), flush=True)
