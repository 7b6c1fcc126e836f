// Takes it for granted that there is a pair.
const [first, second] = require('fs').readFileSync(0, 'utf8').split('\n');
const s = Number(first.split(' ')[1]);
const numbers = second.split(' ').map(Number);
const places = new Map();
let pair;
numbers.forEach((number, at) => {
  if (places.has(s - number)) pair = [places.get(s - number), at + 1];
  places.set(number, at + 1);
});
console.log(pair.join(' '));
