/* @spell
name: channels
description: Three workers share a queue of jobs and send what they find to one place.
capabilities: []
*/

// Each job goes to the worker that asks for it first.
const jobs = [1, 2, 3, 4, 5].values();
const results = [];

async function work() {
  for (const n of jobs) {
    await sleep(n); // a real worker would ask a model
    results.push(n * n);
  }
}
await Promise.all([work(), work(), work()]);
console.log(`sum: ${results.reduce((sum, n) => sum + n, 0)}`);

// race takes the first of several promises that settles.
const news = Promise.withResolvers();
const alarm = Promise.withResolvers();
alarm.resolve("fire!");
const found = await Promise.race([news.promise.then((value) => [1, value]), alarm.promise.then((value) => [2, value])]);
console.log(...found);

// Nothing within the time.
const late = sleep("20ms").then(() => {
  throw Object.assign(new Error("too late"), { code: "TIMEOUT" });
});
try {
  await Promise.race([news.promise, late]);
} catch (problem) {
  console.log(false, problem.code);
}

// expect: sum: 55
// expect: 2 fire!
// expect: false TIMEOUT
