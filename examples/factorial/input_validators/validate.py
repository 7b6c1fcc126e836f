#!/usr/bin/env python3
import re
import sys

text = sys.stdin.read()
if not re.fullmatch(r"(0|[1-9][0-9]{0,3})\n", text) or int(text) > 2000:
    sys.exit("one line with an integer from 0 to 2000 is wanted")
sys.exit(42)
