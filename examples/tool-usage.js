/* @spell
name: tool-usage
description: Defines tools, checks what they are called with, runs them and lets an agent choose.
capabilities: [model]
*/

const number = { type: "number" };

tools.define({
  name: "add",
  description: "Adds two numbers",
  parameters: { type: "object", properties: { a: number, b: number }, required: ["a", "b"] },
  execute: ({ a, b }) => a + b,
});
const integer = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
const half = tools.define("half", "Halves an even number", integer, ({ n }) => {
  if (n % 2 === 1) throw Object.assign(new Error(`${n} is odd`), { code: "ODD" });
  return n / 2;
});

console.log(await tools.execute("add", { a: 2, b: 3 }), await half.execute({ n: 8 }));

// What does not fit the schema never reaches the function.
const { valid, errors } = await tools.validateParams("add", { a: "two" });
for (const { message } of errors) console.log(valid, message);
const refused = await tools.execute("half", { n: 1.5 }).catch((error) => error);
console.log(refused.code);

// A failure as a result instead of an error.
const result = await tools.executeSafe("half", { n: 7 });
console.log(result.success, result.error.message);

console.log(tools.exists("add"), tools.get("nothing") === null, half.getInfo().description);

const answer = await agent.create({ name: "clerk", tools: ["add", half] }).run("Add 2 and 3.");
console.log(answer.tool_calls[0].name, answer.tool_calls[0].result);

// expect: 5 4
// expect: false must have required property 'b'
// expect: false must be number
// expect: VALIDATION_FAILED
// expect: false 7 is odd
// expect: true true Halves an even number
// expect: add 5
