# Forgets to begin with 0.
import re
import sys

counts = {}
for word in re.findall("[a-z]+", sys.stdin.read().lower()):
    counts[word] += 1
for word, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
    print(word, count)
