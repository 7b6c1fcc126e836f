// Thinks without end over its second guess.
#include <iostream>
#include <string>

int main() {
    std::string answer;
    std::cout << 1 << std::endl;
    std::cin >> answer;
    if (answer == "correct") return 0;
    for (volatile unsigned n = 1; n != 0; n += 2) {}
}
