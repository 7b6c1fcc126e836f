#!/usr/bin/env python3
"""What a group comes to.

run FACTOR: the square of the longest run of accepted results, times a factor; without any the first failure.
total: the sum of the groups, accepted as soon as one of them is.
"""

import sys

results = [line.split() for line in sys.stdin]
failures = [verdict for verdict, _ in results if verdict != "AC"]
accepted = len(failures) < len(results)
if sys.argv[1] == "run":
    longest = run = 0
    for verdict, _ in results:
        run = run + 1 if verdict == "AC" else 0
        longest = max(longest, run)
    score = longest**2 * int(sys.argv[2])
else:
    assert sys.argv[1:] == ["total"]
    score = sum(float(score) for _, score in results)
print("AC" if accepted else failures[0], score)
