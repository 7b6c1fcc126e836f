# Ends after its first guess, whatever the answer.
print(500, flush=True)
input()
