/* @spell
name: agent-with-tool
description: An agent answers a question with the help of a tool written in JavaScript.
params:
  city: { type: string, default: Paris, description: Where to look up the weather }
capabilities: [model]
*/

// A tool is a function with a description that a model can read.
const weather = {
  name: "weather",
  description: "Looks up the current weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string", description: "Name of the city" } },
    required: ["city"],
  },
  async execute({ city }) {
    // A real tool would ask a weather service; this one makes something up.
    const degrees = city.length * 3;
    return `${city}: ${degrees} degrees and sunny`;
  },
};

const helper = agent.create({
  name: "helper",
  system_prompt: "You answer questions about the weather in one sentence.",
  tools: [weather],
});

const answer = await helper.run(`What is the weather in ${params.city}?`);

console.log(answer.content);
console.log(`Tool calls: ${answer.tool_calls.length}`);

// expect: The tool weather says: Paris: 15 degrees and sunny
// expect: (This answer comes from llmspell's offline stand-in, no real model.)
// expect: Tool calls: 1
