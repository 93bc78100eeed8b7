import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import type { Usage } from "../models/model-ref.js";
import { createMemory } from "../memory/memory.js";
import type { ScriptedStep } from "../models/scripted.js";
import { createState } from "../state/state.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { createAgent } from "./agent.js";
import type { AgentConfig } from "./agent-config.js";
import type { AgentResponse } from "./response.js";
import { stepCountIs } from "./stop-conditions.js";

const tool = defineTool({ name: "t", description: "T", parameters: { type: "object" }, execute: () => "result" });
const ASKS: ScriptedStep = {
  toolCalls: [{ name: "t", id: "c1", args: {} }],
  usage: { inputTokens: 6, outputTokens: 4 },
};
const BUSY: ScriptedStep = { error: new SpellError("PROVIDER_SERVER", "busy", { details: { retryable: true } }) };

interface Seen {
  response: AgentResponse;
  request: (index: number) => Record<string, unknown>;
  requests: number;
  /** The agent of the run, to ask it more. */
  agent: ReturnType<typeof createAgent>;
}

async function run(config: Partial<AgentConfig>, steps: ScriptedStep[], input = "hello"): Promise<Seen> {
  const { models, model } = scriptedModels(...steps);
  models.register("other", { type: "custom", create: () => model, defaultModel: "main" });
  const agent = createAgent({ name: "a", ...config }, { models });
  const response = await agent.run(input);
  const request = (index: number): Record<string, unknown> => ({ ...model.requests[index] });
  return { response, request, requests: model.requests.length, agent };
}

const prompt = ({ request }: Seen, index = 0): string => JSON.stringify(request(index)["prompt"]);

/** Of every field, what is different with it. A field that is missing here is an error of types. */
const EFFECTS: Record<keyof AgentConfig, () => Promise<void>> = {
  async name() {
    expect((await run({ name: "named" }, ["x"])).agent.info().name).toBe("named");
  },
  async description() {
    expect((await run({ description: "helps" }, ["x"])).agent.info().description).toBe("helps");
  },
  async provider() {
    expect((await run({ provider: "other" }, ["x"])).response).toMatchObject({ provider: "other", model: "main" });
  },
  async model() {
    expect((await run({ model: "other:small" }, ["x"])).response).toMatchObject({ provider: "other", model: "small" });
  },
  async systemPrompt() {
    expect(prompt(await run({ systemPrompt: "be brief" }, ["x"]))).toContain("be brief");
    const made = await run({ systemPrompt: async ({ input }) => `about ${String(input)}` }, ["x"]);
    expect(prompt(made)).toContain("about hello");
  },
  async temperature() {
    expect((await run({ temperature: 0.3 }, ["x"])).request(0)).toMatchObject({ temperature: 0.3 });
  },
  async topP() {
    expect((await run({ topP: 0.5 }, ["x"])).request(0)).toMatchObject({ topP: 0.5 });
  },
  async maxOutputTokens() {
    expect((await run({ maxOutputTokens: 7 }, ["x"])).request(0)).toMatchObject({ maxOutputTokens: 7 });
  },
  async stop() {
    expect((await run({ stop: ["END"] }, ["x"])).request(0)).toMatchObject({ stopSequences: ["END"] });
  },
  async tools() {
    const seen = await run({ tools: [tool] }, [ASKS, "x"]);
    expect(seen.request(0)).toMatchObject({ tools: [{ name: "t" }] });
    expect(seen.response.toolCalls).toMatchObject([{ result: "result" }]);
  },
  async toolChoice() {
    const seen = await run({ tools: [tool], toolChoice: { tool: "t" } }, [ASKS, "x"]);
    expect(seen.request(0)).toMatchObject({ toolChoice: { type: "tool", toolName: "t" } });
    expect(seen.request(1)["toolChoice"]).toBeUndefined();
    const none = await run({ tools: [tool], toolChoice: "none" }, [ASKS, "x"]);
    expect(none.request(1)).toMatchObject({ toolChoice: { type: "none" } });
  },
  async schema() {
    const schema = { type: "object", required: ["n"] };
    const seen = await run({ schema }, ['{"n": 1}']);
    expect(seen.request(0)).toMatchObject({ responseFormat: { schema } });
    expect(seen.response.object).toEqual({ n: 1 });
  },
  async approvals() {
    expect((await run({ tools: [tool], approvals: "all" }, [ASKS])).response.status).toBe("suspended");
  },
  async memory() {
    const memory = createMemory();
    await run({ memory }, ["answer"]);
    expect(memory.messages().map(({ role }) => role)).toEqual(["user", "assistant"]);
  },
  async state() {
    const { agent } = await run({ state: createState({ mood: "good" }) }, ["x"]);
    expect(agent.snapshot().state?.values).toEqual({ mood: "good" });
  },
  async guardrails() {
    const guardrails: AgentConfig["guardrails"] = [{ name: "no", check: () => ({ block: "because" }) }];
    await expect(run({ guardrails }, ["x"])).rejects.toMatchObject({ code: "CONTENT_BLOCKED" });
  },
  async stopWhen() {
    const { response } = await run({ tools: [tool], stopWhen: [stepCountIs(1)] }, [ASKS, "x"]);
    expect(response).toMatchObject({ steps: 1, stoppedBy: "stepCountIs(1)" });
  },
  async fit() {
    const memory = createMemory();
    memory.add({ role: "user", content: "long ago" }, { role: "assistant", content: "yes" });
    const fit = { maxTokens: 3, countTokens: (text: string) => text.length };
    expect(prompt(await run({ memory, fit }, ["x"]))).not.toContain("long ago");
  },
  async retry() {
    expect((await run({ retry: { initialDelayMs: 1 } }, [BUSY, BUSY, "x"])).requests).toBe(3);
    await expect(run({ retry: { maxAttempts: 1 } }, [BUSY, "x"])).rejects.toMatchObject({ code: "PROVIDER_SERVER" });
  },
  async reentrant() {
    const { models } = scriptedModels("x", "y");
    const agent = createAgent({ name: "a", reentrant: false }, { models });
    const first = agent.run("one");
    await expect(agent.run("two")).rejects.toMatchObject({ code: "INVALID_STATE" });
    await first;
  },
  async hooks() {
    const seen: string[] = [];
    await run({ hooks: [{ name: "h", point: "agent.before", run: ({ point }) => void seen.push(point) }] }, ["x"]);
    expect(seen).toEqual(["agent.before"]);
  },
  async maxSteps() {
    await expect(run({ tools: [tool], maxSteps: 1 }, [ASKS, "x"])).rejects.toMatchObject({
      details: { budget: "maxSteps", limit: 1 },
    });
  },
  async maxTokens() {
    await expect(run({ tools: [tool], maxTokens: 9 }, [ASKS, "x"])).rejects.toMatchObject({
      details: { budget: "maxTokens", used: 10 },
    });
  },
  async maxCost() {
    const { models } = scriptedModels(ASKS, "x");
    const prices = { costOf: ({ totalTokens }: Usage) => ({ total: totalTokens / 10 }) };
    const agent = createAgent({ name: "a", tools: [tool], maxCost: 0.5 }, { models, prices });
    await expect(agent.run("hello")).rejects.toMatchObject({ details: { budget: "maxCost", limit: 0.5, used: 1 } });
    expect(() => createAgent({ name: "a", maxCost: 1 }, { models }).info()).toThrow(
      "'maxCost' of agent 'a' needs the price of 'script:one', which is not known",
    );
  },
  async timeoutMs() {
    await expect(run({ timeoutMs: 1 }, [() => new Promise<string>(() => {})])).rejects.toMatchObject({
      code: "TIMEOUT",
    });
  },
};

describe("the configuration of an agent", () => {
  it.each(Object.entries(EFFECTS))("AGENT-5: %s has an effect", async (_, effect) => {
    expect.hasAssertions();
    await effect();
  });

  it.each([
    [{ guardrail: [] }, "an agent has no field 'guardrail', did you mean 'guardrails'?"],
    [{ guardrails: [{}] }, "'guardrails' of an agent must be a list of {name, check, on: input, output or both}"],
    [
      { guardrails: [{ name: "g", on: "inputs", check: () => undefined }] },
      "'guardrails' of an agent must be a list of {name, check, on: input, output or both}",
    ],
    [{ memory: {} }, "'memory' of an agent must be a memory, e.g. of createMemory()"],
    [{ state: [] }, "'state' of an agent must be a state, e.g. of createState()"],
    [{ fit: { maxTokens: 5, by: "summarise" } }, "'fit' of an agent must be {maxTokens, by: trim or summarize, …}"],
    [{ stopWhen: ["x"] }, "'stopWhen' of an agent must be a list of functions"],
    [{ toolChoice: "maybe" }, "'toolChoice' of an agent must be auto, none, required or {tool}"],
    [{ approvals: 1 }, "'approvals' of an agent must be all, none or a list of names"],
    [{ fit: {} }, "'fit' of an agent must be {maxTokens, by: trim or summarize, …}"],
    [{ systemPrompt: 1 }, "'systemPrompt' of an agent must be a text or a function"],
  ])("AGENT-5: reports %j", (config, message) => {
    const make = (): unknown => createAgent({ name: "a", ...config } as never, scriptedModels()).info();
    expect(make).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message }));
  });
});
