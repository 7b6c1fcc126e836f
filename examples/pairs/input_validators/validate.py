#!/usr/bin/env python3
import re
import sys

NUMBER = r"(0|-?[1-9][0-9]*)"
lines = sys.stdin.read().split("\n")
if len(lines) != 3 or lines[2] or not re.fullmatch(f"{NUMBER} {NUMBER}", lines[0]):
    sys.exit("two lines are wanted, the first with two integers")
n, s = map(int, lines[0].split())
if not 2 <= n <= 5000 or abs(s) > 10**9:
    sys.exit("n or s is out of range")
if not re.fullmatch(f"{NUMBER}( {NUMBER})*", lines[1]):
    sys.exit("the second line has something else than integers")
numbers = list(map(int, lines[1].split()))
if len(numbers) != n or any(abs(number) > 10**9 for number in numbers):
    sys.exit("there are not n numbers, or one is out of range")
sys.exit(42)
