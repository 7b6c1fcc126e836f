#include <algorithm>
#include <cstdlib>

#include "gap.h"

long long largest_gap(int n, const long long *a) {
    long long best = 0;
    for (int i = 1; i < n; i++) best = std::max(best, std::llabs(a[i] - a[i - 1]));
    return best;
}
