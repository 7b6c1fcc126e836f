// Writes digits without end and never listens: its output is cut off.
#include <cstdio>

int main() {
    while (true) std::putchar('1');
}
