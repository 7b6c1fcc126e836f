#!/usr/bin/env python3
import sys

sys.exit(42 if sys.stdin.read() == "1 10 100 1000 10000\n" else 43)
