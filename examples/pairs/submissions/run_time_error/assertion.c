/* Asserts that there is a pair. */
#include <assert.h>
#include <stdio.h>

static long long numbers[5000];

int main(void) {
    long long n, s;
    int one = -1, other = -1;
    if (scanf("%lld %lld", &n, &s) != 2) return 1;
    for (int at = 0; at < n; ++at) {
        if (scanf("%lld", &numbers[at]) != 1) return 1;
    }
    for (int at = 0; at < n; ++at) {
        for (int before = 0; before < at; ++before) {
            if (numbers[at] + numbers[before] == s) one = before + 1, other = at + 1;
        }
    }
    assert(one > 0);
    printf("%d %d\n", one, other);
    return 0;
}
