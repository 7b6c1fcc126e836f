// Checks every pair again for every number.
const [first, second] = require('fs').readFileSync(0, 'utf8').split('\n');
const [n, s] = first.split(' ').map(Number);
const numbers = second.split(' ').map(Number);
let found = 'impossible';
for (let round = 0; round < n; round++) {
  for (let one = 0; one < n; one++) {
    for (let other = 0; other < one; other++) {
      if (numbers[one] + numbers[other] === s) found = `${one + 1} ${other + 1}`;
    }
  }
}
console.log(found);
