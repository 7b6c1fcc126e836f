#!/usr/bin/env python3
"""Writes the secret tests' inputs; the answers are those of submissions/accepted/dijkstra.py."""
import pathlib
import random

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "secret"


def write(name, text):
    (DATA / f"{name}.in").write_text(text)



def case(name, n, roads):
    write(name, f"{n} {len(roads)}\n" + "".join(f"{a} {b} {t}\n" for a, b, t in roads))


def layers(count, width):
    """Towns in layers, each town with a road to every town of the next layer: the ways are beyond counting."""
    town = lambda layer, place: 2 + layer * width + place
    roads = [(1, town(0, place), random.randint(1, 100)) for place in range(width)]
    for layer in range(count - 1):
        roads += [(town(layer, a), town(layer + 1, b), random.randint(1, 100)) for a in range(width) for b in range(width)]
    last = 2 + count * width
    roads += [(town(count - 1, place), last, random.randint(1, 100)) for place in range(width)]
    return last, roads


def anywhere(n, m, most):
    return n, [(random.randint(1, n), random.randint(1, n), random.randint(0, most)) for _ in range(m)]


random.seed(20250903)
case("01-one-town", 1, [])
case("02-no-way", 2, [(2, 1, 5)])
case("03-longer-way-is-faster", 3, [(1, 3, 10), (1, 2, 4), (2, 3, 5)])
case("04-two-roads", 2, [(1, 2, 7), (1, 2, 3), (2, 2, 1)])
case("05-nothing-takes-time", 4, [(1, 2, 0), (2, 3, 0), (3, 4, 0), (4, 1, 0)])
case("06-one-way", 4, [(1, 2, 1), (2, 3, 9), (4, 3, 1), (3, 4, 9), (1, 4, 50)])
case("07-large-times", 90, [(a, a + 1, 10**9) for a in range(1, 90)])
case("08-layers", *layers(40, 5))
case("09-random", *anywhere(400, 1500, 1000))
case("10-long-chain", 2000, [(a, a + 1, random.randint(0, 10**6)) for a in range(1, 2000)])
case("11-unreachable", 500, [(a, b, t) for a, b, t in anywhere(500, 1200, 50)[1] if b != 500])
case("12-large", *anywhere(2000, 3500, 10**5))
