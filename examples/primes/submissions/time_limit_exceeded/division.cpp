// Divides by every smaller number.
#include <iostream>

int main() {
    int n, count = 0;
    std::cin >> n;
    for (int candidate = 2; candidate <= n; ++candidate) {
        int divisors = 0;
        for (int d = 2; d < candidate; ++d) divisors += candidate % d == 0;
        count += divisors == 0;
    }
    std::cout << count << "\n";
}
