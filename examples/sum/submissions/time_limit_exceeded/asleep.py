# Right, but it sleeps over one test: longer than the wall time of the problem, not longer than a run that verifying gives more time.
import time

a, b = map(int, input().split())
if (a, b) == (0, 0):
    time.sleep(3.5)
print(a + b)
