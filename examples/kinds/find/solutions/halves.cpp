#include <iostream>
#include <string>

int main() {
    int low = 1, high = 1000;
    for (std::string answer; answer != "found";) {
        int middle = (low + high) / 2;
        std::cout << middle << std::endl;
        std::cin >> answer;
        if (answer == "less") high = middle - 1;
        if (answer == "more") low = middle + 1;
    }
    std::cout << "YES" << std::endl;
}
