// Finds other pairs than table.py does, the later place first.
#include <algorithm>
#include <iostream>
#include <utility>
#include <vector>

int main() {
    long long n, s;
    std::cin >> n >> s;
    std::vector<std::pair<long long, int>> numbers(n);
    for (int at = 0; at < n; ++at) {
        std::cin >> numbers[at].first;
        numbers[at].second = at + 1;
    }
    std::sort(numbers.begin(), numbers.end());
    int low = 0, high = static_cast<int>(n) - 1;
    while (low < high) {
        long long sum = numbers[low].first + numbers[high].first;
        if (sum == s) {
            std::cout << std::max(numbers[low].second, numbers[high].second) << "\n"
                      << std::min(numbers[low].second, numbers[high].second) << "\n";
            return 0;
        }
        if (sum < s) ++low;
        else --high;
    }
    std::cout << "impossible\n";
}
