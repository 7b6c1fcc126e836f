# Knows nothing of a second pass.
word, text = input().split()
assert word == "encode"
print("".join("abcdefgh"[int(digit)] for digit in f"{int(text):o}"))
