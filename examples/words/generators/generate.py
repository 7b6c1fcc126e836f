#!/usr/bin/env python3
"""Writes the secret tests' inputs; the answers are those of submissions/accepted/count.py."""
import pathlib
import random

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"


def write(name, text):
    (DATA / f"{name}.in").write_text(text)



WORDS = """judge box slot test verdict queue pin epoch drain keeper limit outcome spec checker answer input output
source runner invoker scheduler build artifact storage cache blob event log contest team problem package""".split()


def spelled(word):
    return random.choice([word, word, word.capitalize(), word.upper()])


def text(words, width=12):
    lines = [words[at : at + width] for at in range(0, len(words), width)]
    marks = ["", "", "", ",", ".", "!", " -", ";"]
    return "".join(" ".join(word + random.choice(marks) for word in line) + "\n" for line in lines)


def letters(length):
    return "".join(random.choice("abcdefghij") for _ in range(length))


random.seed(20250902)
write("01-one-word", "word\n")
write("02-case", "Yes yes YES no NO maybe\n")
write("03-marks", "It's 3 o'clock; isn't it? (Yes, it is.)\n")
write("04-ties", "pear apple fig apple pear fig\n")
write("05-no-blanks", "a-b_c:d/e1f2g,a;b\n")
write("06-longest", "x" * 50 + " " + "y" * 50 + "\n")
write("07-text", text([spelled(random.choice(WORDS)) for _ in range(600)]))
write("08-zipf", text([spelled(WORDS[min(int(random.paretovariate(1.2)) - 1, len(WORDS) - 1)]) for _ in range(1500)]))
write("09-all-different", text(sorted({letters(5) for _ in range(3000)}, key=lambda word: word[::-1])))
write("10-many-ties", text([letters(2) for _ in range(4000)]))
