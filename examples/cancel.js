/* @spell
name: cancel
description: One signal ends everything that waits with it.
capabilities: []
*/

const source = new AbortController();
source.signal.addEventListener("abort", () => console.log(`told: ${source.signal.reason.message}`));

// Whatever waits takes the signal as its option `signal`.
const HOUR = 3_600_000;
const tasks = [1, HOUR, 2 * HOUR].map(async (time, i) => {
  try {
    await sleep(time, { signal: source.signal });
    return "rested";
  } finally {
    console.log(`task ${i + 1} cleans up`);
  }
});

async function stopAfter(task) {
  await task;
  const reason = new Error("the operation was cancelled: the first one is enough");
  source.abort(Object.assign(reason, { code: "CANCELLED" }));
}
void stopAfter(tasks[0]);

for (const [i, outcome] of (await Promise.allSettled(tasks)).entries()) {
  console.log(i + 1, outcome.status, outcome.status === "fulfilled" ? outcome.value : outcome.reason.code);
}

// A signal may also end by itself.
const lonely = sleep("1h", { signal: AbortSignal.timeout(1) });
const state = await lonely.catch(({ name }) => name);
console.log(state === "TimeoutError", "cancelled");

// expect: task 1 cleans up
// expect: told: the operation was cancelled: the first one is enough
// expect: task 2 cleans up
// expect: task 3 cleans up
// expect: 1 fulfilled rested
// expect: 2 rejected CANCELLED
// expect: 3 rejected CANCELLED
// expect: true cancelled
