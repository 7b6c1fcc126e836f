# Checks the word and asks for the second pass with it, reversed; there it compares the number with its own note.
import os
import re
import sys

given = open(sys.argv[1]).read().split()
feedback = sys.argv[3]
note = os.path.join(feedback, "number")
output = sys.stdin.read(1000).split()


def wrong(message):
    with open(os.path.join(feedback, "judgemessage.txt"), "w") as file:
        file.write(message + "\n")
    sys.exit(43)


if len(output) != 1:
    wrong("one word is wanted")
if given[0] == "encode":
    if not re.fullmatch("[a-h]{1,10}", output[0]):
        wrong("this is no word of one to ten letters from a to h")
    with open(note, "w") as file:
        file.write(given[1])
    with open(os.path.join(feedback, "nextpass.in"), "w") as file:
        file.write("decode " + output[0][::-1] + "\n")
elif output[0] != open(note).read():
    wrong("the number came back as " + output[0])
sys.exit(42)
