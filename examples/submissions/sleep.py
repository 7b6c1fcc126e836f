import time

a, b = map(int, input().split())
time.sleep(3600)
print(a + b)
