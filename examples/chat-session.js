/* @spell
name: chat-session
description: A conversation that remembers what was said.
capabilities: [model]
*/

const chat = llm.chatSession("You are a patient teacher.");

await chat.send("My name is Ada.");

// The pieces of the answer arrive while the model still writes.
let pieces = 0;
await chat.stream("What is my name?", () => {
  pieces++;
});
console.log(`streamed: ${pieces > 1}`);

for (const { role, content } of chat.history()) console.log(`${role}: ${content.slice(0, 30)}`);

// expect: streamed: true
// expect: system: You are a patient teacher.
// expect: user: My name is Ada.
// expect: assistant: I am llmspell's offline stand-
// expect: user: What is my name?
// expect: assistant: I am llmspell's offline stand-
