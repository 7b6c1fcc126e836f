#!/usr/bin/env python3
"""Writes the secret tests: the number to be sent. What the answer is depends on the submission's own word."""
import pathlib

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"

for number, secret in enumerate([0, 1, 8, 4711, 262144, 999999999, 1000000000], 1):
    (DATA / f"{number:02}-n{secret}.in").write_text(f"encode {secret}\n")
    (DATA / f"{number:02}-n{secret}.ans").write_text("")
