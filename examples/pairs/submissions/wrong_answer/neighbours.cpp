// Looks at neighbours only.
#include <iostream>
#include <vector>

int main() {
    long long n, s;
    std::cin >> n >> s;
    std::vector<long long> numbers(n);
    for (long long &number : numbers) std::cin >> number;
    for (int at = 1; at < n; ++at) {
        if (numbers[at - 1] + numbers[at] == s) {
            std::cout << at << " " << at + 1 << "\n";
            return 0;
        }
    }
    std::cout << "impossible\n";
}
