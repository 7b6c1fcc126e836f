# Takes a sign for an operator that it does not know. The run of each group is broken.
line = input()
print(int(line) ** 2 if line.isdigit() else 0)
