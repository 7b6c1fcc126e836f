/* Waits for a character that is smaller than 0 in a type that has none. */
#include <stdio.h>

int main(void) {
    unsigned char letter;
    unsigned long letters = 0;
    while ((letter = (unsigned char)getchar()) != EOF) letters += letter >= 'a' && letter <= 'z';
    printf("%lu\n", letters);
    return 0;
}
