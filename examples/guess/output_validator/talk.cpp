// Answers guesses until the number is found, ten times at most.
//
// Called as `talk INPUT ANSWER FEEDBACK_DIR/`; standard input is what the submission writes, standard output is what it reads.
// Exit status 42 accepts, 43 rejects.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

namespace {

std::string feedback_dir;

[[noreturn]] void wrong(const std::string &message) {
    std::ofstream(feedback_dir + "judgemessage.txt") << message << "\n";
    std::exit(43);
}

}  // namespace

int main(int, char **argv) {
    feedback_dir = argv[3];
    int secret;
    if (!(std::ifstream(argv[1]) >> secret)) return 1;
    for (int left = 10; left > 0; left--) {
        std::string word;
        if (!(std::cin >> word)) wrong("there is no guess where one was due");
        if (word.size() > 4 || word.find_first_not_of("0123456789") != std::string::npos) {
            wrong("\"" + word.substr(0, 40) + "\" is no guess");
        }
        int guess = std::stoi(word);
        if (guess < 1 || guess > 1000) wrong(word + " is not from 1 to 1000");
        if (guess == secret) {
            std::cout << "correct" << std::endl;
            if (std::cin >> word) wrong("there is more after the number was found");
            return 42;
        }
        std::cout << (secret < guess ? "lower" : "higher") << std::endl;
    }
    wrong("ten guesses were not enough");
}
