#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  int n;
  if (scanf("%d", &n) != 1) return 1;
  if (n < 0) abort();
  for (int block = 0; n == 0 && block < 4096; block++) {
    char *bytes = malloc(1 << 20);
    if (bytes) memset(bytes, 1 + block % 100, 1 << 20);
    if (!bytes || bytes[block] == 0) return 2;
  }
  printf("%d\n", 2 * n);
}
