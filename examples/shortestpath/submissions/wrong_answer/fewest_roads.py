# Takes the way with the fewest roads.
import sys
from collections import deque


def read():
    numbers = list(map(int, sys.stdin.read().split()))
    n, m = numbers[:2]
    roads = [[] for _ in range(n + 1)]
    for at in range(2, 2 + 3 * m, 3):
        a, b, t = numbers[at : at + 3]
        roads[a].append((b, t))
    return n, roads


def fewest(n, roads):
    times = [None] * (n + 1)
    times[1] = 0
    queue = deque([1])
    while queue:
        town = queue.popleft()
        for there, t in roads[town]:
            if times[there] is None:
                times[there] = times[town] + t
                queue.append(there)
    return -1 if times[n] is None else times[n]


print(fewest(*read()))
