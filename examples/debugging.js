/* @spell
name: debugging
description: Where an error comes from, what it carries, and how to add what one knows.
capabilities: []
*/

class PriceError extends Error {
  code = "BAD_PRICE";

  constructor(line) {
    super(`no price: ${line}`);
    this.line = line;
  }
}

function parse(line) {
  const price = Number(line);
  if (Number.isNaN(price)) throw new PriceError(line);
  return price;
}

// An error says the file and the line; one with a value says what it carries.
try {
  const order = null;
  console.log(order.price);
} catch (problem) {
  console.log(false, /debugging\.js:\d+/.test(problem.stack));
}

// Adding what the caller knows, without losing what is known already.
function load(lines) {
  for (const [i, line] of lines.entries()) {
    try {
      parse(line);
    } catch (cause) {
      throw Object.assign(new Error(`line ${i + 1}: ${cause.message}`, { cause }), { code: cause.code });
    }
  }
}
try {
  load(["1", "2", "three"]);
} catch (wrapped) {
  console.log(wrapped.code, wrapped.message, wrapped.cause.line);
}

// The way to the error, from the inside to the outside.
function inner() {
  throw new Error("lost");
}
function outer() {
  inner();
  return "unreached";
}
try {
  outer();
} catch ({ stack }) {
  console.log(stack.indexOf("inner") < stack.indexOf("outer"));
}

// What the host refuses has a code that never changes, a category and details.
const refused = await tools.execute("no_such_tool", {}).catch((error) => error);
console.log(refused.code, refused.category);

// A line of the log goes to standard error, with its place; it does not disturb what is printed.
console.warn("this is a warning");

// expect: false true
// expect: BAD_PRICE line 3: no price: three three
// expect: true
// expect: NOT_FOUND usage
