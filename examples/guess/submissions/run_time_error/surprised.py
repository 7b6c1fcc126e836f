# Knows no other answer than that it was right.
print(500, flush=True)
assert input() == "correct"
