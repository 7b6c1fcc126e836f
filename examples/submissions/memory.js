const blocks = [];
for (let i = 0; i < 4096; i++) blocks.push(new Float64Array(1 << 17).fill(i));
const [a, b] = require('fs').readFileSync(0, 'utf8').trim().split(/\s+/).map(BigInt);
console.log(String(a + b));
