// Has no room for more than 1000 numbers, and checks it.
#include <iostream>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<bool> composite(1001);
    int count = 0;
    for (long long p = 2; p <= n; ++p) {
        if (composite.at(p)) continue;
        ++count;
        for (long long multiple = p * p; multiple <= n; multiple += p) composite.at(multiple) = true;
    }
    std::cout << count << "\n";
}
