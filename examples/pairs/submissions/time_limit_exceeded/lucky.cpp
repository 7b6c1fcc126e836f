// Guesses until it is lucky, which it never is where there is no pair.
#include <iostream>
#include <random>
#include <vector>

int main() {
    long long n, s;
    std::cin >> n >> s;
    std::vector<long long> numbers(n);
    for (long long &number : numbers) std::cin >> number;
    std::mt19937 random(7);
    while (true) {
        int one = static_cast<int>(random() % n), other = static_cast<int>(random() % n);
        if (one != other && numbers[one] + numbers[other] == s) {
            std::cout << one + 1 << " " << other + 1 << "\n";
            return 0;
        }
    }
}
