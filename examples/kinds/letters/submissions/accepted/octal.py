word, text = input().split()
if word == "encode":
    print("".join("abcdefgh"[int(digit)] for digit in f"{int(text):o}"))
else:
    print(int("".join(str("abcdefgh".index(letter)) for letter in text[::-1]), 8))
