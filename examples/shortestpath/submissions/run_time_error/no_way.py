# Takes it for granted that there is a way.
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
    times = {}
    queue = [(0, 1)]
    while queue:
        time, town = heappop(queue)
        if town in times:
            continue
        times[town] = time
        for there, t in roads[town]:
            heappush(queue, (time + t, there))
    return times[n]


print(least(*read()))
