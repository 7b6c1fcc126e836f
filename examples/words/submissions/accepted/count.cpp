#include <algorithm>
#include <cctype>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

int main() {
    std::map<std::string, int> counts;
    std::string word;
    for (int letter = std::cin.get();; letter = std::cin.get()) {
        if (letter != EOF && std::isalpha(letter)) {
            word += static_cast<char>(std::tolower(letter));
            continue;
        }
        if (!word.empty()) ++counts[word];
        word.clear();
        if (letter == EOF) break;
    }
    std::vector<std::pair<std::string, int>> order(counts.begin(), counts.end());
    std::stable_sort(order.begin(), order.end(), [](const auto &a, const auto &b) { return a.second > b.second; });
    for (const auto &[text, count] : order) std::cout << text << " " << count << "\n";
}
