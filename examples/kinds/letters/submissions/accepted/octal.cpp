#include <iostream>
#include <string>

int main() {
    std::string order, text;
    std::cin >> order >> text;
    if (order == "encode") {
        std::string word;
        for (long number = std::stol(text); word.empty() || number > 0; number /= 8) {
            word += static_cast<char>('a' + number % 8);
        }
        std::cout << std::string(word.rbegin(), word.rend()) << '\n';
    } else {
        long number = 0;
        for (size_t at = text.size(); at-- > 0;) number = 8 * number + (text[at] - 'a');
        std::cout << number << '\n';
    }
}
