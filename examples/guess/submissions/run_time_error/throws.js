console.log(500);
const answer = require('fs').readSync(0, Buffer.alloc(100));
if (answer !== 'correct'.length + 1) throw new Error('this is not what I hoped for');
