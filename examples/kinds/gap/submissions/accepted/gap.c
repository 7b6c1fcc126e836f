#include "gap.h"

long long largest_gap(int n, const long long *a) {
    long long best = 0;
    for (int i = 1; i < n; i++) {
        long long gap = a[i] > a[i - 1] ? a[i] - a[i - 1] : a[i - 1] - a[i];
        if (gap > best) best = gap;
    }
    return best;
}
