#!/usr/bin/env python3
"""Accepts one integer of the statement's range on one line."""

import re
import sys

text = sys.stdin.read()
right = re.fullmatch(r"(0|-?[1-9][0-9]*)\n", text) and abs(int(text)) <= 10**9
sys.exit(42 if right else 43)
