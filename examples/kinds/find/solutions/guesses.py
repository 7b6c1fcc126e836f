low, high = 1, 1000
while True:
    middle = (low + high) // 2
    print(middle, flush=True)
    answer = input()
    if answer == "found":
        # It has found it and does not believe so: the interactor is content, the checker is not.
        print("no", flush=True)
        break
    if answer == "less":
        high = middle - 1
    else:
        low = middle + 1
