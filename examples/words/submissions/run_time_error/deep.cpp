// Never comes back from a recursion.
#include <iostream>
#include <string>

namespace {

int read(std::string &word, int depth) {
    volatile char room[4096];
    room[depth % 4096] = static_cast<char>(depth);
    if (!(std::cin >> word)) std::cin.clear();
    return read(word, depth + 1) + room[depth % 4096];
}

}  // namespace

int main() {
    std::string word;
    return read(word, 0) == 0;
}
