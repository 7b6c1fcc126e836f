# Reads on until an empty line comes; at the end of the input one without a line end comes for ever.
import re
import sys
from collections import Counter

counts = Counter()
while True:
    line = sys.stdin.readline()
    if line == "\n":
        break
    counts.update(re.findall("[a-z]+", line.lower()))
for word, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
    print(word, count)
