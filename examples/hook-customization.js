/* @spell
name: hook-customization
description: Hooks that change, stop, repeat and surround what models and tools do.
capabilities: [model]
*/

const parameters = { type: "object", properties: { of: { type: "string" } } };
tools.define("price", "Looks up a price", parameters, ({ of }) => `${of} costs 4`);

// Before: change what goes in, or answer in the place of the operation.
const policy = ({ data }) => {
  if (data.of === "gold") return { stop: true, result: "not for sale", reason: "policy" };
  return { data: { of: data.of.toLowerCase() } };
};
hooks.before("tool", policy, { name: "policy", priority: "high" });

// After: change what comes out.
const shout = hooks.after("tool", ({ data }) => ({ result: data.toUpperCase() }), { name: "shout" });

console.log(await tools.execute("price", { of: "Tea" }), await tools.execute("price", { of: "gold" }));
hooks.disable(shout);
console.log(await tools.execute("price", { of: "Tea" }));

// Around: call it again, or not at all.
let calls = 0;
tools.define("flaky", "Works every second time", {}, () => {
  calls++;
  if (calls % 2 === 1) throw new Error("try again");
  return `worked at call ${calls}`;
});
const onlyFlaky = hooks.filter({ names: ["flaky"] });
const again = async (_, proceed) => {
  try {
    return await proceed();
  } catch {
    return await proceed();
  }
};
hooks.around("tool", again, { filter: onlyFlaky, name: "again" });
console.log(await tools.execute("flaky", { of: "" }));

// What the framework has: at most one question a minute.
await hooks.use("rate_limit", { limit: 1, window: "1m" });
await llm.generate("one");
const refused = await llm.generate("two").catch((error) => error);
console.log(refused.code);

// A point of one's own.
hooks.before("deploy", ({ data }) => ({ data: `${data} checked` }));
console.log((await hooks.trigger("deploy", "build 7")).data);

for (const { name, type, enabled, calls: count } of hooks.list("tool")) console.log(name, type, enabled, count);

// expect: TEA COSTS 4 not for sale
// expect: tea costs 4
// expect: worked at call 2
// expect: RATE_LIMITED
// expect: build 7 checked
// expect: policy before true 4
// expect: again around true 1
// expect: shout after false 1
