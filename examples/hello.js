/* @spell
name: hello
description: Greets somebody.
params:
  who: { type: string, default: world, description: Whom to greet }
capabilities: []
*/
console.log(`Hello, ${params.who}!`);

// expect: Hello, world!
