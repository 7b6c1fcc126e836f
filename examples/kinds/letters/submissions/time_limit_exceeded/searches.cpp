// Looks for the number whose word it was: far too long for large ones.
#include <iostream>
#include <string>

std::string word_of(long number) {
    std::string word;
    for (; word.empty() || number > 0; number /= 8) word += static_cast<char>('a' + number % 8);
    return word;
}

int main() {
    std::string order, text;
    std::cin >> order >> text;
    if (order == "encode") {
        std::string word = word_of(std::stol(text));
        std::cout << std::string(word.rbegin(), word.rend()) << '\n';
    } else {
        long number = 0;
        while (word_of(number) != text) number++;
        std::cout << number << '\n';
    }
}
