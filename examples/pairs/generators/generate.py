#!/usr/bin/env python3
"""Writes the secret tests' inputs; the answers are those of submissions/accepted/table.py."""
import pathlib
import random

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"


def write(name, text):
    (DATA / f"{name}.in").write_text(text)



LARGE = 10**9


def case(name, s, numbers):
    write(name, f"{len(numbers)} {s}\n{' '.join(map(str, numbers))}\n")


random.seed(20250901)
case("01-two", 5, [2, 3])
case("02-two-impossible", 5, [2, 2])
case("03-twice-the-same-number", 6, [3, 1, 3])
case("04-one-place-is-not-two", 6, [3, 1, 4])
case("05-negative", -7, [5, -3, 9, -4, 8])
case("06-many-answers", 0, [value for n in range(1, 51) for value in (n, -n)])
case("07-far-apart", 1001, [1, *random.sample(range(2000, 9000, 2), 600), 1000])
case("08-limits", 0, [LARGE, -LARGE] + [LARGE] * 10)
case("09-random", 123456, [random.randint(-LARGE, LARGE) for _ in range(2000)] + [100000, 23456])
# All numbers are even and the sum is odd.
case("10-impossible", 77777, [2 * random.randint(-LARGE // 2, LARGE // 2) for _ in range(5000)])
case("11-only-at-the-ends", 3, [1] + [10 * n for n in range(1, 4999)] + [2])
