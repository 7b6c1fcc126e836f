#include <iostream>
#include <vector>
int main() { int n; if (!(std::cin >> n)) return 1; std::vector<int> twice{n, n}; std::cout << twice[0] + twice[1] << '\n'; }
