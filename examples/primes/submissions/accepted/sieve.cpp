#include <iostream>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<bool> composite(n + 1);
    int count = 0;
    for (long long p = 2; p <= n; ++p) {
        if (composite[p]) continue;
        ++count;
        for (long long multiple = p * p; multiple <= n; multiple += p) composite[multiple] = true;
    }
    std::cout << count << "\n";
}
