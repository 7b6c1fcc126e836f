#include <iostream>
#include <stdexcept>
#include <vector>
int main() {
  int n;
  if (!(std::cin >> n)) return 1;
  if (n < 0) throw std::runtime_error("below zero");
  std::vector<std::vector<char>> kept;
  while (n == 0 && kept.size() < 4096) kept.emplace_back(1 << 20, 'x');
  std::cout << 2 * n << '\n';
}
