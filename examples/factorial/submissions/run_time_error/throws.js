// Wants small numbers only.
const n = BigInt(require('fs').readFileSync(0, 'utf8').trim());
if (n > 100n) throw new RangeError(`${n} is too large`);
let product = 1n;
for (let factor = 2n; factor <= n; factor++) product *= factor;
console.log(String(product));
