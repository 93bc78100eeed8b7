import { ToolLoopAgent, jsonSchema, tool } from "ai";
import { createAgent, createModels, createScriptedModel, defineTool } from "@llmspell/core";

const PARAMETERS = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };

/** One agent run of two steps (a tool call, then the answer) by our loop and by `ai`'s, on the same kind of model. */
export function createAgentBench() {
  const steps = (_request, call) =>
    call % 2 === 0 ? { toolCalls: [{ name: "double", args: { n: 4 } }] } : "The answer is 8.";
  return { ours: oursOf(steps), theirs: theirsOf(steps) };
}

async function oursOf(steps) {
  const models = createModels();
  models.register("bench", { type: "custom", defaultModel: "m", create: () => endless(steps) });
  const double = defineTool({
    name: "double",
    description: "Doubles a number",
    parameters: PARAMETERS,
    execute: ({ n }) => n * 2,
  });
  const agent = createAgent({ name: "bench", model: "bench:m", tools: [double] }, { models });
  return async () => {
    const { content } = await agent.run("Double 4");
    if (content !== "The answer is 8.") throw new Error(content);
  };
}

async function theirsOf(steps) {
  const agent = new ToolLoopAgent({
    model: endless(steps),
    tools: {
      double: tool({ description: "Doubles a number", inputSchema: jsonSchema(PARAMETERS), execute: ({ n }) => n * 2 }),
    },
  });
  return async () => {
    const { text } = await agent.generate({ prompt: "Double 4" });
    if (text !== "The answer is 8.") throw new Error(text);
  };
}

/** A scripted model that answers from a function for ever. */
function endless(steps) {
  let calls = 0;
  const model = createScriptedModel([]);
  return {
    specificationVersion: "v3",
    provider: "bench",
    modelId: "m",
    supportedUrls: {},
    doStream: model.doStream,
    async doGenerate(request) {
      const call = calls++;
      const one = createScriptedModel([steps(request, call)]);
      return await one.doGenerate(request);
    },
  };
}
