# Too deep a recursion for the interpreter.
import sys

if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(0)


def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)


print(factorial(int(input())))
