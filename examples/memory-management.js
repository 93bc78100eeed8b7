/* @spell
name: memory-management
description: What the collector takes, what is closed at once, and what happens when the memory is full.
capabilities: []
limits: { memory: 8MB }
*/

// A cache that does not keep its keys alive.
const cache = new WeakMap();
let page = { url: "/" };
cache.set(page, "<html>");
console.log(`cached: ${cache.get(page)}`);
const seen = new WeakRef(page);
page = undefined;
await sleep(1);
console.log(`left: ${seen.deref() === undefined ? 0 : 1}`);

// What must be given back at once is closed at the end of its block, whatever happens in it.
const closing = [];
const open = (name) => closing.push(() => console.log(`closed ${name}`));
try {
  open("file");
  open("lock");
  throw new Error("in the middle");
} catch {
} finally {
  for (const close of closing.toReversed()) close();
}

// The memory of a spell has an end. Reaching it is an error; what was taken in vain is free again.
function fill() {
  const hoard = [];
  for (;;) hoard.push("x".repeat(100_000) + hoard.length);
}
try {
  fill();
} catch (problem) {
  console.log(false, problem.message.match(/memory/)[0]);
}
console.log(`goes on: ${"x".repeat(100_000).length}`);

// expect: cached: <html>
// expect: left: 0
// expect: closed lock
// expect: closed file
// expect: false memory
// expect: goes on: 100000
