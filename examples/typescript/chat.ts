// A conversation that remembers what was said, and whose answers arrive piece by piece.
//
//     node --import llmspell/typescript examples/typescript/chat.ts

import { createAgent, createConversation, createModels } from "@llmspell/core";

// With ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY or OLLAMA_BASE_URL a real model answers.
const models = createModels({ env: process.env });
const teacher = createAgent({ name: "teacher", systemPrompt: "You are a patient teacher." }, { models });
const chat = createConversation(teacher);

await chat.send("My name is Ada.");

let pieces = 0;
await chat.send("What is my name?", {
  onEvent(event) {
    if (event.type === "model.text") pieces++;
  },
});

console.log(`It came in more than one piece: ${pieces > 1}`);
for (const { role, content } of chat.history()) console.log(`${role}: ${String(content).slice(0, 31)}`);
console.log(`Turns: ${chat.info().turns}, tokens: ${chat.info().usage.totalTokens > 0}`);

// expect: It came in more than one piece: true
// expect: system: You are a patient teacher.
// expect: user: My name is Ada.
// expect: assistant: I am llmspell's offline stand-i
// expect: user: What is my name?
// expect: assistant: I am llmspell's offline stand-i
// expect: Turns: 2, tokens: true
