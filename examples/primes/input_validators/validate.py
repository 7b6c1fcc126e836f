#!/usr/bin/env python3
import re
import sys

text = sys.stdin.read()
if not re.fullmatch(r"[1-9][0-9]{0,6}\n", text) or int(text) > 2_000_000:
    sys.exit("one line with an integer from 1 to 2000000 is wanted")
sys.exit(42)
