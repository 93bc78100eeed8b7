/* @spell
name: parallel-prompts
description: Asks three questions at the same time.
capabilities: [model]
*/

import { generate } from "llmspell/llm";

async function ask(topic: string): Promise<string> {
  const { content } = await generate(`In one word, what is ${topic}?`);
  return `${topic}: ${content.includes(topic) ? "answered" : "no answer"}`;
}

// Each call starts at once; `await` waits for all three.
const answers = await Promise.all(["fire", "water", "air"].map(ask));

for (const [i, line] of answers.entries()) console.log(`${i + 1}. ${line}`);

// expect: 1. fire: answered
// expect: 2. water: answered
// expect: 3. air: answered
