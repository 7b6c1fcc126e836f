"""Answers `less`, `more` or `found` to each guess; ten guesses are enough. testlib's convention: INPUT OUTPUT, status 0 or 1."""

import sys

secret = int(open(sys.argv[1]).read())
tout = open(sys.argv[2], "w")


def end(status, message):
    tout.close()
    print(message, file=sys.stderr)
    sys.exit(status)


for _ in range(10):
    line = sys.stdin.readline()
    if not line.strip().isdigit():
        end(1, "wrong answer a guess is a number from 1 to 1000")
    guess = int(line)
    if guess == secret:
        print("found", flush=True)
        # Whether the program knows is for the checker to say.
        tout.write(sys.stdin.readline())
        end(0, "ok")
    print("less" if secret < guess else "more", flush=True)
print("enough", flush=True)
end(1, "wrong answer ten guesses are enough")
