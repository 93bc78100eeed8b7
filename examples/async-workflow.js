/* @spell
name: async-workflow
description: A workflow whose steps wait at the same time, watched while it runs, paused and continued.
capabilities: [model]
*/

// A step may wait; in a parallel workflow the others go on meanwhile.
const after = (ms, value) => async () => {
  await sleep(ms);
  return value;
};

const gather = workflow.parallel([
  { id: "slow", fn: after(40, "a report") },
  { id: "quick", fn: after(1, "a note") },
  { id: "asked", fn: async () => (await llm.generate("A word?")).role },
]);

// It runs in the background, the spell goes on.
const heard = new Map();
const underWay = gather.run("start", {
  on_step({ id, status }) {
    heard.set(id, status);
  },
});
console.log("not waiting", heard.size === 0);

const { status, output } = await underWay;
console.log(heard.get("slow"), heard.get("quick"), heard.get("asked"));
console.log(status, output.slow, output.quick, output.asked);

// One step at a time, then the rest.
const count = workflow.sequential([(n) => n + 1, (n) => n * 10, (n) => n - 3]);
console.log((await count.step(1)).output, count.getStatus().state);
console.log((await count.resume()).output, count.getStatus().state);

// Given up in the middle.
const never = workflow.sequential([{ id: "pause", delay: 3_600_000 }]);
const waiting = never.run();
await sleep(5);
await never.cancel("enough");
console.log((await waiting).status);

// expect: not waiting true
// expect: completed completed completed
// expect: completed a report a note assistant
// expect: 2 paused
// expect: 17 completed
// expect: cancelled
