# Forgets that the factorial of 0 is 1.
import sys

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)
n = int(input())
product = n
for factor in range(1, n):
    product *= factor
print(product)
