#include <cstdio>
#include <cstring>

int main(int, char **argv) {
    bool second = !std::strcmp(argv[1], "1");
    int n, number, sum = 0;
    std::scanf("%d", &n);
    if (second) std::scanf("%d", &sum);
    for (int i = 0; i < n - second; i++) {
        std::scanf("%d", &number);
        sum ^= number;
    }
    std::printf("%d\n", sum);
}
