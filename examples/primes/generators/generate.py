#!/usr/bin/env python3
"""Writes the secret tests' inputs; the answers are those of submissions/accepted/sieve.py."""
import pathlib
import random

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"


def write(name, text):
    (DATA / f"{name}.in").write_text(text)



for number, n in enumerate([1, 2, 3, 4, 100, 997, 1000, 1009, 1000000, 1299709, 1999993, 2000000], 1):
    write(f"{number:02}-n{n}", f"{n}\n")
