#include <stdio.h>

int main(void) {
    long long a, b;
    if (!freopen("sum.in", "r", stdin) || !freopen("sum.out", "w", stdout)) return 1;
    scanf("%lld %lld", &a, &b);
    printf("%d\n", (int)(a + b));
}
