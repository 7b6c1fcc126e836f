#!/usr/bin/env python3
"""Writes the secret tests: the number to be guessed. There is no answer but the talk."""
import pathlib

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"

for number, secret in enumerate([1, 2, 499, 500, 501, 618, 937, 999, 1000], 1):
    (DATA / f"{number:02}-n{secret}.in").write_text(f"{secret}\n")
    (DATA / f"{number:02}-n{secret}.ans").write_text("")
