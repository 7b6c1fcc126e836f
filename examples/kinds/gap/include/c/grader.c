#include <stdio.h>

#include "gap.h"

int main(void) {
    static long long a[1000];
    int n;
    if (scanf("%d", &n) != 1) return 1;
    for (int i = 0; i < n; i++)
        if (scanf("%lld", &a[i]) != 1) return 1;
    printf("%lld\n", largest_gap(n, a));
    return 0;
}
