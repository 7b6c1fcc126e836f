#!/usr/bin/env python3
import re
import sys

text = sys.stdin.read()
if not re.fullmatch(r"encode (0|[1-9][0-9]{0,9})\n", text):
    sys.exit("one line with one number is wanted")
if int(text.split()[1]) > 10**9:
    sys.exit("the number is too large")
sys.exit(42)
