/* @spell
name: advanced-workflow
description: Conditions, loops, mappings, retries, a fallback and undoing, and a workflow as text.
capabilities: []
*/

// A workflow is a step of another one; expressions are CEL.
const discount = workflow.conditional(
  "input.sum >= 100.0",
  { transform: { expression: "input.sum * 0.5" } },
  { transform: { expression: "input.sum" } },
);
const allOrders = workflow.loop({ each: [{ sum: 40 }, { sum: 200 }] }, discount);
const sum = (parts) => parts.reduce((total, part) => total + part, 0);
console.log("total", (await workflow.sequential([allOrders, sum]).run()).output);

// What fails is tried again, then undone in reverse order.
let tries = 0;
const storm = () => {
  tries++;
  throw new Error("storm");
};
const travel = workflow.sequential(
  [
    { id: "train", fn: () => "seat 12", compensate: () => console.log("train cancelled") },
    { id: "hotel", fn: () => "room 7", compensate: () => console.log("hotel cancelled") },
    { id: "boat", fn: storm },
  ],
  { name: "travel" },
);
travel.onError({ retry: { attempts: 3, delay: 1 } }, "boat");

const result = await travel.run();
console.log(result.status, tries, result.compensated.length);

// Something else instead: then it is no failure.
travel.onError({ fallback: () => "a book" }, "boat");
const calm = await travel.run();
console.log(calm.status, calm.output);

// Without functions a workflow is text that can be kept and sent; mistakes are found before it runs.
const plus = workflow.sequential([{ id: "plus", transform: { expression: "input + 1.0" } }]);
const text = await plus.serialize("yaml");
const again = await workflow.deserialize(text, "yaml");
console.log((await again.run(41)).output === 42, text.match(/expression: [^\n]+/)[0]);
const check = await workflow.validate({ steps: [{ transform: { expression: "input +" } }] });
console.log(check.errors[0].at);

// expect: total 140
// expect: hotel cancelled
// expect: train cancelled
// expect: failed 3 2
// expect: completed a book
// expect: true expression: input + 1.0
// expect: steps[0].transform.expression
