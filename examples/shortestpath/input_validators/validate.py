#!/usr/bin/env python3
import re
import sys

NUMBER = r"(0|[1-9][0-9]{0,9})"
lines = sys.stdin.read().split("\n")
if lines.pop() != "" or not lines or not re.fullmatch(f"{NUMBER} {NUMBER}", lines[0]):
    sys.exit("the first line is wrong, or the last has no end")
n, m = map(int, lines[0].split())
if not (1 <= n <= 2000 and 0 <= m <= 5000 and len(lines) == m + 1):
    sys.exit("n or m is out of range, or there are not m roads")
for line in lines[1:]:
    if not re.fullmatch(f"{NUMBER} {NUMBER} {NUMBER}", line):
        sys.exit(f"{line!r} is no road")
    a, b, t = map(int, line.split())
    if not (1 <= a <= n and 1 <= b <= n and t <= 10**9):
        sys.exit(f"{line!r} is out of range")
sys.exit(42)
