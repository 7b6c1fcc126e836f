const n = BigInt(require('fs').readFileSync(0, 'utf8').trim());
let product = 1n;
for (let factor = 2n; factor <= n; factor++) product *= factor;
console.log(String(product));
