// Numbers have 53 bits, and the largest is about 170!.
const n = Number(require('fs').readFileSync(0, 'utf8'));
let product = 1;
for (let factor = 2; factor <= n; factor++) product *= factor;
console.log(String(product));
