# Does not flush: the guess stays here, and both wait for each other.
import sys

low, high = 1, 1000
while True:
    guess = (low + high) // 2
    sys.stdout.write(f"{guess}\n")
    answer = sys.stdin.readline().strip()
    if answer in ("correct", ""):
        break
    if answer == "lower":
        high = guess - 1
    else:
        low = guess + 1
