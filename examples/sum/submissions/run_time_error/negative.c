/* Follows a null pointer where a number is negative. */
#include <stdio.h>

int main(void) {
    long long a, b;
    if (scanf("%lld %lld", &a, &b) != 2) return 1;
    if (a < 0 || b < 0) *(volatile int *)0 = 1;
    printf("%lld\n", a + b);
    return 0;
}
