"""gen SEED MOST: two numbers, the second as large as may be."""

import random
import sys

random.seed(int(sys.argv[1]))
most = int(sys.argv[2])
print(random.randint(1, most), most)
