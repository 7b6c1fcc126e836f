with open("sum.in") as given, open("sum.out", "w") as made:
    print(sum(map(int, given.read().split())), file=made)
