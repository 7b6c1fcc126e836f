const text = require('fs').readFileSync(0, 'utf8').toLowerCase();
const counts = new Map();
for (const word of text.match(/[a-z]+/g)) counts.set(word, (counts.get(word) || 0) + 1);
const order = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
console.log(order.map(([word, count]) => `${word} ${count}`).join('\n'));
