/* Goes wrong where the square does not fit. Solved are all of the first group, and of the second only the third. */
#include <stdio.h>

int main(void) {
    int n;
    if (scanf("%d", &n) != 1) {
        return 1;
    }
    printf("%d\n", (int)((unsigned)n * (unsigned)n));
    return 0;
}
