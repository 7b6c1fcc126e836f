#!/usr/bin/env python3
"""Writes the secret tests' inputs; the answers are those of submissions/accepted/sum.py."""
import pathlib
import random

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"


def write(name, text):
    (DATA / f"{name}.in").write_text(text)



E18 = 10**18
for number, (name, a, b) in enumerate([
    ("zeros", 0, 0),
    ("small", 17, 25),
    ("mixed-signs", -40, 2),
    ("negative", -100, -900),
    ("cancel", 4711, -4711),
    ("int32", 2147483647, 1),
    ("int32-negative", -2147483648, -1),
    ("odd", 900719925474099, 10**16 + 1),
    ("largest", E18, E18),
    ("smallest", -E18, -E18),
    ("far-apart", -E18, E18 - 1),
    ("digits", 123456789012345678, 876543210987654321),
], 1):
    write(f"{number:02}-{name}", f"{a} {b}\n")
