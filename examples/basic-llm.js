/* @spell
name: basic-llm
description: Asks a model once, with a system prompt, piece by piece, and several times at once.
capabilities: [model]
*/

// The answer is also its text, so it can be joined with other text.
const answer = await llm.generate("Name a sea.");
console.log(`${answer}`.includes("sea"), answer.model, answer.finish_reason);

// Only the text, with options.
const text = await llm.quickPrompt("Name a river.", { system_prompt: "Be brief.", temperature: 0 });
console.log(text.length > 0);

// The pieces as they arrive; returning false ends the answer with what has been heard of it.
let heard = "";
let pieces = 0;
const story = await llm.stream("Tell me a long story.", (piece) => {
  heard += piece;
  return ++pieces < 3;
});
console.log(story.content === heard, story.finish_reason, `pieces: ${pieces}`);

// Or one by one, in a loop.
let said = "";
for await (const piece of await llm.stream("Name a sea.")) said += piece;
console.log(said === answer.content);

// At most two of the questions are under way at the same time. One that fails is an entry, not an error.
const questions = ["one?", "two?", { prompt: "three?", model: "nobody:nothing" }];
const answers = await llm.batchProcess(questions, { concurrency: 2 });
for (const [i, { ok, value, error }] of answers.entries()) console.log(i + 1, ok, ok ? value.role : error.code);

// expect: true demo stop
// expect: true
// expect: true other pieces: 3
// expect: true
// expect: 1 true assistant
// expect: 2 true assistant
// expect: 3 false PROVIDER_AUTH
