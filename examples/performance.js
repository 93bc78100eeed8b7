/* @spell
name: performance
description: Patterns that save time, money and fuel.
capabilities: [model]
*/

// Ask at the same time, but not everybody at once.
let underWay = 0;
let most = 0;
hooks.around("model", async (_, proceed) => {
  underWay++;
  most = Math.max(most, underWay);
  const answer = await proceed();
  await sleep(5); // a real model takes its time
  underWay--;
  return answer;
});
const questions = Array.from({ length: 6 }, (_, i) => `Question ${i + 1}`);
console.log((await llm.batchProcess(questions, { concurrency: 3 })).length, `at once: ${most}`);

// Ask only once. What is kept is the promise, so that those who ask meanwhile wait for the same answer.
let asked = 0;
const known = new Map();
function answerTo(question) {
  if (!known.has(question)) {
    asked++;
    known.set(question, llm.quickPrompt(question));
  }
  return known.get(question);
}
await Promise.all(Array.from({ length: 10 }, () => answerTo("What is Lua?")));
console.log(`asked: ${asked}`);

// Compile once, use often.
const positive = await schema.create({ type: "number", exclusiveMinimum: 0 });
let right = 0;
for (const n of [-2, -1, 0, 1, 2]) {
  if ((await schema.validate(n, positive)).valid) right++;
}
console.log(`positive: ${right}`);

// Collect the parts and join them once; joining as one goes copies everything each time.
const parts = Array.from({ length: 1000 }, (_, i) => i + 1);
console.log(`length: ${parts.join(",").length}`);

// Make only what is used.
let made = 0;
function* squares() {
  for (let n = 1; ; n++) {
    made++;
    yield n * n;
  }
}
const square = squares().find((each) => each > 50);
console.log(square, `made: ${made}`);

// expect: 6 at once: 3
// expect: asked: 1
// expect: positive: 2
// expect: length: 3892
// expect: 64 made: 8
