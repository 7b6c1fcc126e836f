import sys
from heapq import heappop, heappush


def read():
    numbers = list(map(int, sys.stdin.read().split()))
    n, m = numbers[:2]
    roads = [[] for _ in range(n + 1)]
    for at in range(2, 2 + 3 * m, 3):
        a, b, t = numbers[at : at + 3]
        roads[a].append((b, t))
    return n, roads


def least(n, roads):
    times = [None] * (n + 1)
    queue = [(0, 1)]
    while queue:
        time, town = heappop(queue)
        if times[town] is not None:
            continue
        times[town] = time
        for there, t in roads[town]:
            if times[there] is None:
                heappush(queue, (time + t, there))
    return -1 if times[n] is None else times[n]


print(least(*read()))
