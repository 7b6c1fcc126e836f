#include <cstdio>
#include <iostream>
#include <vector>

int main() {
    int n;
    std::cin >> n;
    std::vector<long long> limbs{1};
    const long long base = 1000000000;
    for (int factor = 2; factor <= n; ++factor) {
        long long carry = 0;
        for (long long &limb : limbs) {
            carry += limb * factor;
            limb = carry % base;
            carry /= base;
        }
        if (carry) limbs.push_back(carry);
    }
    std::printf("%lld", limbs.back());
    for (int at = static_cast<int>(limbs.size()) - 2; at >= 0; --at) std::printf("%09lld", limbs[at]);
    std::printf("\n");
}
