#!/usr/bin/env python3
import re
import sys

text = sys.stdin.read()
if not re.fullmatch(r"(0|-?[1-9][0-9]*) (0|-?[1-9][0-9]*)\n", text):
    sys.exit("one line with two integers is wanted")
if any(abs(int(word)) > 10**18 for word in text.split()):
    sys.exit("a number is too large")
sys.exit(42)
