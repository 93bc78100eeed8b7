// An agent that looks things up with a tool. A person allows each use of a power.
//
//     node --import llmspell/typescript examples/typescript/tool-use.ts

import { createAgent, createModels, defineTool, type Authorize } from "@llmspell/core";

const weather = defineTool({
  name: "weather",
  description: "Looks up the current weather in a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string", description: "Name of the city" } },
    required: ["city"],
  },
  permissions: ["weather.read"],
  capabilities: ({ city }) => [{ capability: "weather.read", scope: String(city) }],
  // A real tool would ask a weather service; this one makes something up.
  execute: ({ city }) => `${String(city)}: ${String(city).length * 3} degrees and sunny`,
});

// May wait for a person; throwing denies the call, and the model is told so.
const authorize: Authorize = ({ capability, scope }) => {
  console.log(`allowed: ${capability} for ${scope}`);
  if (scope === "Atlantis") throw new Error("nobody knows the weather there");
};

const agent = createAgent(
  { name: "helper", systemPrompt: "Answer in one sentence.", tools: [weather], maxSteps: 5, timeoutMs: 60_000 },
  { models: createModels({ env: process.env }) },
);

const { content, toolCalls } = await agent.run("What is the weather in Paris?", { authorize });
console.log(content);
for (const { name, args, result } of toolCalls) console.log(name, JSON.stringify(args), "→", result);

// expect: allowed: weather.read for Paris
// expect: The tool weather says: Paris: 15 degrees and sunny
// expect: (This answer comes from llmspell's offline stand-in, no real model.)
// expect: weather {"city":"Paris"} → Paris: 15 degrees and sunny
