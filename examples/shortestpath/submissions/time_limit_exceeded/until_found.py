# Walks at random until it has come to the end very often, which it cannot where no road leads there.
import sys
import random


def read():
    numbers = list(map(int, sys.stdin.read().split()))
    n, m = numbers[:2]
    roads = [[] for _ in range(n + 1)]
    for at in range(2, 2 + 3 * m, 3):
        a, b, t = numbers[at : at + 3]
        roads[a].append((b, t))
    return n, roads


def walk(n, roads):
    random.seed(1)
    best = None
    arrivals = 0
    while arrivals < 10**9:
        town, time = 1, 0
        while town != n and roads[town]:
            town, t = random.choice(roads[town])
            time += t
        if town == n:
            arrivals += 1
            best = time if best is None else min(best, time)
    return best


print(walk(*read()))
