import sys
from math import factorial

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)
print(factorial(int(input())))
