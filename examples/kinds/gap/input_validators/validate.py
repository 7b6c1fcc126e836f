import re
import sys

lines = sys.stdin.read().split("\n")
ok = len(lines) == 3 and lines[2] == "" and re.fullmatch(r"[1-9][0-9]*", lines[0]) is not None
if ok:
    count = int(lines[0])
    words = lines[1].split(" ")
    ok = 2 <= count <= 1000 and len(words) == count
    ok = ok and all(re.fullmatch(r"0|-?[1-9][0-9]*", word) and abs(int(word)) <= 10**12 for word in words)
sys.exit(42 if ok else 43)
