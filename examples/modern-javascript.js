/* @spell
name: modern-javascript
description: Classes, generators, destructuring, big integers, sets and asynchronous loops, as in every JavaScript.
capabilities: [model]
*/

// A class with a private field, an accessor and a static method.
class Stack {
  #items = [];

  static of(...items) {
    const stack = new Stack();
    for (const item of items) stack.#items.push(item);
    return stack;
  }

  get size() {
    return this.#items.length;
  }

  *[Symbol.iterator]() {
    yield* this.#items.toReversed();
  }
}
const stack = Stack.of("a", "b", "c");
console.log([...stack].join(" "), stack.size, "#items" in stack);

// Destructuring, defaults, spread, optional chaining and nullish values.
const { name, tags: [first = "none", ...others] = [], ...rest } = { name: "Ada", tags: ["x", "y", "z"], age: 36 };
const people = new Map([["Ada", { street: "St. James's Square" }]]);
console.log(name, first, others.length, rest.age, people.get("Grace")?.street ?? "no street");

// Text with a tag, integers without an end, and sets that know algebra.
const shout = (strings, ...values) => strings.map((text, i) => text + String(values[i] ?? "").toUpperCase()).join("");
console.log(shout`hello ${"world"}!`, 2n ** 64n);
const odd = new Set([1, 3, 5]);
console.log([...odd.intersection(new Set([3, 4, 5]))], Object.keys(Object.groupBy([1, 2, 3], (n) => `${n % 2}`)));

// A stream of answers, asked for one after the other, as an asynchronous loop.
async function* answers(...questions) {
  for (const question of questions) yield await llm.quickPrompt(question);
}
let count = 0;
for await (const answer of answers("Who?", "Why?")) count += answer.length > 0 ? 1 : 0;
console.log(`answers: ${count}`);

// The script API is there as modules, too.
const { create } = await import("llmspell/agent");
console.log((await create({ name: "helper" }).run("Hello")).role);

// expect: c b a 3 false
// expect: Ada x 2 36 no street
// expect: hello WORLD! 18446744073709551616n
// expect: [3, 5] ["0", "1"]
// expect: answers: 2
// expect: assistant
