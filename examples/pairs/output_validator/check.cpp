// Accepts any two places whose numbers have the sum that is asked for.
//
// Called as `check INPUT ANSWER FEEDBACK_DIR/ < OUTPUT`; exit status 42 accepts, 43 rejects.
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

std::string feedback_dir;

[[noreturn]] void wrong(const std::string &message) {
    std::ofstream(feedback_dir + "judgemessage.txt") << message << "\n";
    std::exit(43);
}

// A place in the list: digits only, from 1 to n.
long long place(const std::string &word, long long n) {
    if (word.empty() || word.size() > 9 || word.find_first_not_of("0123456789") != std::string::npos) {
        wrong("\"" + word.substr(0, 40) + "\" is no place in the list");
    }
    long long at = std::stoll(word);
    if (at < 1 || at > n) wrong("place " + word + " is not from 1 to " + std::to_string(n));
    return at;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    feedback_dir = argv[3];
    std::ifstream input(argv[1]), answer(argv[2]);
    long long n = 0, s = 0;
    input >> n >> s;
    std::vector<long long> numbers(n);
    for (long long &number : numbers) input >> number;
    std::string wanted;
    answer >> wanted;
    if (!input || !answer) return 1;

    std::string first, second, more;
    if (!(std::cin >> first)) wrong("there is no output");
    if (first == "impossible") {
        if (wanted != "impossible") wrong("said impossible, but the jury found a pair");
    } else {
        if (!(std::cin >> second)) wrong("there is only one place");
        long long one = place(first, n), other = place(second, n);
        if (one == other) wrong("place " + first + " is used twice");
        long long sum = numbers[one - 1] + numbers[other - 1];
        if (sum != s) wrong("the sum is " + std::to_string(sum) + " and not " + std::to_string(s));
        // A pair where the jury found none is the jury's fault.
        if (wanted == "impossible") return 1;
    }
    if (std::cin >> more) wrong("there is more output than one answer");
    return 42;
}
