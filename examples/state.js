/* @spell
name: state
description: Values that several tasks share, watched, undone, merged and checked.
capabilities: []
*/

const cart = state.create({ items: ["tea"], total: 4 });

// Who watches a place is told after each change.
cart.watch("total", (now, old) => console.log(`total: ${old} -> ${now}`));

// All of these are written, or none.
const kept = cart.snapshot();
cart.update({ "items[1]": "cake", total: 9 });
await sleep(1);
console.log(cart.toJson(), cart.get("items[-1]"), cart.get("voucher", "none"));

// Back to what it was.
state.restore(kept, cart);
await sleep(1);
console.log(cart.toJson());

// Two states as one.
const gift = state.create({ items: ["card"], wrapped: true });
console.log(cart.merge(gift, "concat").toJson());
console.log(cart.merge(gift, (_, mine, theirs) => mine.length + theirs.length).get("items"));

// A state that refuses what does not fit.
const checked = await cart.withSchema({ properties: { total: { type: "number", minimum: 0 } } });
try {
  checked.set("total", -1);
} catch (problem) {
  console.log(false, problem.code, checked.get("total"));
}

// Keeping it beyond the run needs a power that nobody granted.
const refused = await cart.save("cart").catch((error) => error);
console.log(refused.code);

// expect: total: 4 -> 9
// expect: {"items":["tea","cake"],"total":9} cake none
// expect: total: 9 -> 4
// expect: {"items":["tea"],"total":4}
// expect: {"items":["tea","card"],"total":4,"wrapped":true}
// expect: 2
// expect: false VALIDATION_FAILED 4
// expect: PERMISSION_DENIED
