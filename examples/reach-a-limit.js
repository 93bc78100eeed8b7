/* @spell
name: reach-a-limit
description: A spell that never ends, and what ends it.
limits: { fuel: 2000000 }
*/

console.log("counting …");
let n = 0;
for (;;) {
  // Catching the error does not help: a limit cannot be caught away.
  try {
    for (;;) n++;
  } catch {}
}

// expect: counting …
// expect-exit: 3
// expect-code: LIMIT_FUEL
