#!/usr/bin/env python3
import re
import sys

text = sys.stdin.buffer.read()
if len(text) > 100_000 or not text.endswith(b"\n"):
    sys.exit("the text is too long, or its last line has no end")
if any(byte != 10 and not 32 <= byte <= 126 for byte in text):
    sys.exit("there is something else than printable ASCII")
words = re.findall(rb"[A-Za-z]+", text)
if not words or max(map(len, words)) > 50:
    sys.exit("there is no word, or a word is too long")
sys.exit(42)
