#include <cstring>
#include <iostream>
#include <vector>

int main() {
    std::vector<char *> blocks;
    for (int i = 0; i < 4096; ++i) {
        blocks.push_back(new char[1 << 20]);
        std::memset(blocks.back(), i, 1 << 20);
    }
    long long a, b;
    std::cin >> a >> b;
    std::cout << a + b + 0 * blocks.back()[7] << "\n";
}
