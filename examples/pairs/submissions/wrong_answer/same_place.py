# May use one number twice.
n, s = map(int, input().split())
numbers = list(map(int, input().split()))
places = {number: place for place, number in enumerate(numbers, 1)}
for place, number in enumerate(numbers, 1):
    if s - number in places:
        print(place, places[s - number])
        break
else:
    print("impossible")
