// Gives process 0 all numbers and process 1 all but one with the hint of process 0. Prints the share of the points, and on standard
// error why. The input: n, the numbers, the index of the one that is kept back.
#include <algorithm>
#include <cstdio>
#include <vector>

int end(double share, const char *why) {
    std::printf("%.1f\n", share);
    std::fprintf(stderr, "%s\n", why);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 5) return 1;
    FILE *from[2], *to[2];
    for (int i = 0; i < 2; i++) {
        from[i] = std::fopen(argv[1 + 2 * i], "r");
        to[i] = std::fopen(argv[2 + 2 * i], "w");
        if (!from[i] || !to[i]) return 1;
    }
    int n, kept;
    if (std::scanf("%d", &n) != 1) return 1;
    std::vector<long long> numbers(n);
    for (auto &number : numbers)
        if (std::scanf("%lld", &number) != 1) return 1;
    if (std::scanf("%d", &kept) != 1) return 1;

    std::fprintf(to[0], "%d\n", n);
    for (long long number : numbers) std::fprintf(to[0], "%lld\n", number);
    std::fflush(to[0]);
    long long hint;
    if (std::fscanf(from[0], "%lld", &hint) != 1) return end(0, "process 0 gave no hint");
    if (hint < 0 || hint >= 1LL << 62) return end(0, "the hint is out of range");

    long long missing = numbers[kept];
    numbers.erase(numbers.begin() + kept);
    std::reverse(numbers.begin(), numbers.end());
    std::fprintf(to[1], "%d\n%lld\n", n, hint);
    for (long long number : numbers) std::fprintf(to[1], "%lld\n", number);
    std::fflush(to[1]);
    long long found;
    if (std::fscanf(from[1], "%lld", &found) != 1) return end(0, "process 1 gave no answer");
    if (found != missing) return end(0, "that is not the missing number");
    if (hint >= 1LL << 30) return end(0.5, "the hint is long");
    return end(1, "found");
}
