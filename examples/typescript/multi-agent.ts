// Three ways to work together: a leader that assigns and sums up, a delegation, and an agent as a tool.
//
//     node --import llmspell/typescript examples/typescript/multi-agent.ts

import {
  agentTool,
  collaborate,
  createAgent,
  createContext,
  createEmitter,
  createModels,
  createScriptedModel,
  delegate,
  type ScriptedStep,
} from "@llmspell/core";

// Scripted models, so that this runs without a key: one model for each agent, which plays its part.
const models = createModels();
const plays = (name: string, ...steps: ScriptedStep[]): string => {
  models.register(name, { type: "custom", create: () => createScriptedModel(steps), defaultModel: "script" });
  return name;
};

const events = createEmitter();
events.on("agent.delegated", ({ payload }) => {
  const { fromId, toId, task } = payload as { fromId: string; toId: string; task: string };
  console.log(`${fromId} → ${toId}: ${task}`);
});
const services = { models, context: createContext({ events }) };

const plan =
  '{"assignments": [{"agent": "sea", "task": "Depth of the sea?"}, {"agent": "sky", "task": "Height of the sky?"}]}';
const sea = createAgent({ name: "sea", description: "Knows the sea", model: plays("m1", "11 km") }, services);
const sky = createAgent({ name: "sky", description: "Knows the sky", model: plays("m2", "100 km", "blue") }, services);
const lead = createAgent({ name: "lead", model: plays("m3", plan, "From -11 to 100 km.", "Noted.") }, services);

// The leader's agents work at the same time, within one budget.
const team = { context: services.context, maxTokens: 10_000, timeoutMs: 60_000 };
const { final, results } = await collaborate([lead, sea, sky], "How high is the world?", { ...team, mode: "leader" });
console.log(`${final} (${results.length} turns)`);

const { content, report } = await delegate(lead, sky, "What colour are you?", { ...team, reportBack: true });
console.log(`${content} / ${report?.content}`);

// A tool call of one agent is a run of the other, with the outer run as its parent.
const ask: ScriptedStep = { toolCalls: [{ name: "oracle", args: { task: "Why?" } }] };
const oracle = createAgent({ name: "oracle", model: plays("m4", "Because.") }, services);
const pilgrim = createAgent(
  { name: "pilgrim", model: plays("m5", ask, "It said: because."), tools: [agentTool(oracle)] },
  services,
);
console.log((await pilgrim.run("Ask the oracle why.")).content);

// expect: agent-3 → agent-1: Depth of the sea?
// expect: agent-3 → agent-2: Height of the sky?
// expect: From -11 to 100 km. (4 turns)
// expect: agent-3 → agent-2: What colour are you?
// expect: blue / Noted.
// expect: It said: because.
