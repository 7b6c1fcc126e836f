#!/usr/bin/env python3
"""Writes the secret tests' inputs; the answers are those of submissions/accepted/factorial.py."""
import pathlib
import random

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"


def write(name, text):
    (DATA / f"{name}.in").write_text(text)



for number, n in enumerate([1, 2, 3, 10, 12, 13, 20, 21, 100, 0, 500, 1500, 2000], 1):
    write(f"{number:02}-n{n}", f"{n}\n")
