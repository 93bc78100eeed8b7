/* @spell
name: parallel-prompts
description: Asks three questions at the same time.
capabilities: [model]
*/

const ask = async (topic) => {
  const answer = await llm.generate(`In one word, what is ${topic}?`);
  return `${topic}: ${answer.content.includes(topic) ? "answered" : "no answer"}`;
};

// Each call starts at once; `await` waits for all three.
const answers = await Promise.all([ask("fire"), ask("water"), ask("air")]);

for (const [i, line] of answers.entries()) console.log(`${i + 1}. ${line}`);

// expect: 1. fire: answered
// expect: 2. water: answered
// expect: 3. air: answered
