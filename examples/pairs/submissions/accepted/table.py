def find(numbers, s):
    places = {}
    for place, number in enumerate(numbers, 1):
        if s - number in places:
            return f"{places[s - number]} {place}"
        places[number] = place
    return "impossible"


n, s = map(int, input().split())
print(find(list(map(int, input().split())), s))
