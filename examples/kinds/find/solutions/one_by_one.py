for guess in range(1, 1001):
    print(guess, flush=True)
    if input() in ("found", "enough"):
        print("yes", flush=True)
        break
