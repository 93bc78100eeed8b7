import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createToolRegistry, defineTool, type SystemEvent, type ScriptedStep, type Tool } from "../index.js";
import { createMemory } from "../memory/memory.js";
import { createAgent, type AgentRunOptions } from "./agent.js";
import type { AgentConfig } from "./agent-config.js";
import { barrier } from "../testing/barrier.js";
import { scriptedModels } from "../testing/scripted-models.js";

function tool(name: string, execute: Tool["execute"], extra: Partial<Tool> = {}): Tool {
  return defineTool({
    name,
    description: `The tool ${name}`,
    parameters: { type: "object", properties: { n: { type: "number" } } },
    execute,
    ...extra,
  });
}

const calls = (...names: string[]): ScriptedStep => ({ toolCalls: names.map((name) => ({ name })) });

describe("createAgent", () => {
  it("names unknown fields with a near match, and wrong values", () => {
    const { models } = scriptedModels();
    const make = (config: object) => () => createAgent({ name: "a", ...config }, { models }).info();
    expect(make({ system_prompt: "x" })).toThrow("an agent has no field 'system_prompt', did you mean 'systemPrompt'?");
    expect(make({ xyz: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: "an agent has no field 'xyz'" }),
    );
    expect(make({ name: "" })).toThrow("'name' of an agent must be a text that is not empty");
    expect(make({ temperature: 3 })).toThrow("'temperature' of an agent must be a number from 0 to 2");
    expect(make({ maxSteps: 0 })).toThrow("'maxSteps'");
    expect(make({ tools: ["none"] })).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    expect(make({ model: "openai:gpt-4" })).toThrow(expect.objectContaining({ code: "PROVIDER_AUTH" }));
    expect(make({ tools: [tool("t", () => 1), tool("t", () => 2)] })).toThrow(
      expect.objectContaining({ code: "ALREADY_EXISTS" }),
    );
    expect(() => createAgent(undefined as never, { models }).name).toThrow(
      "an agent's configuration must be an object",
    );
  });

  it("says what is wrong at every use, a run as a rejection; and has nothing to dispose of", async () => {
    const { models, model } = scriptedModels("x");
    const agent = createAgent({ name: "a", tools: ["none"] }, { models });
    const wrong = { code: "NOT_FOUND", message: "there is no tool named 'none': no tools are registered" };
    for (const use of [
      () => agent.id,
      () => agent.name,
      () => agent.info(),
      () => agent.metrics(),
      () => agent.tools(),
      () => agent.addTool("none"),
      () => agent.removeTool("none"),
      () => agent.configure({ tools: [] }),
      () => agent.clone(),
      () => agent.snapshot(),
      () => agent.restore({} as never),
    ])
      expect(use).toThrow(expect.objectContaining(wrong));
    const stream = agent.stream("x");
    await expect(agent.run("x")).rejects.toMatchObject(wrong);
    await expect(stream.response).rejects.toMatchObject(wrong);
    await agent.dispose();
    await expect(agent.run("x")).rejects.toMatchObject(wrong);
    expect(model.requests).toEqual([]);
  });

  it("reads its configuration at its first use, and keeps what it read", async () => {
    const { models, model } = scriptedModels("one", "two");
    const config = { name: "a", systemPrompt: "early" };
    const agent = createAgent(config, { models });
    config.systemPrompt = "late";
    await agent.run("x");
    Object.assign(config, { name: "", systemPrompt: "too late", maxSteps: -1 });
    await agent.run("y");
    expect(model.requests.map(({ prompt }) => prompt[0]?.content)).toEqual(["late", "late"]);
    expect(agent.name).toBe("a");
  });

  it("never runs when it was disposed of before its first use", async () => {
    const { models } = scriptedModels("x");
    const agent = createAgent({ name: "a" }, { models });
    await agent.dispose();
    await expect(agent.run("x")).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(agent.info().status).toBe("disposed");
  });

  it("numbers agents per application, or as it is told", () => {
    const { models } = scriptedModels();
    const make = (nextId?: () => string) =>
      createAgent({ name: "a" }, { models, ...(nextId === undefined ? {} : { nextId }) }).id;
    expect([make(), make(), make(() => "mine"), createAgent({ name: "b" }, scriptedModels()).id]).toEqual([
      "agent-1",
      "agent-2",
      "mine",
      "agent-1",
    ]);
  });

  it("keeps status, usage and counts", async () => {
    const { models } = scriptedModels(
      { text: "hi", usage: { inputTokens: 5, outputTokens: 2 } },
      calls("t"),
      { text: "done", usage: { inputTokens: 1, outputTokens: 1 } },
      { error: new SpellError("PROVIDER_AUTH", "no") },
    );
    const agent = createAgent({ name: "a", description: "d", tools: [tool("t", () => 1)] }, { models });
    expect(agent.info()).toEqual({
      id: "agent-1",
      name: "a",
      type: "llm",
      description: "d",
      model: "one",
      provider: "script",
      status: "idle",
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
      runs: 0,
      toolCalls: 0,
    });
    const first = agent.run("x");
    expect(agent.info().status).toBe("running");
    await first;
    await agent.run("y");
    expect(agent.info()).toMatchObject({
      status: "completed",
      usage: { inputTokens: 6, outputTokens: 3, totalTokens: 9 },
      runs: 2,
      toolCalls: 1,
    });
    await expect(agent.run("z")).rejects.toMatchObject({ code: "PROVIDER_AUTH" });
    expect(agent.info()).toMatchObject({ status: "error", runs: 3 });
  });

  it("runs twice at the same time", async () => {
    const meet = barrier(2);
    const step: ScriptedStep = async (request) => {
      await meet();
      return JSON.stringify(request.prompt.at(-1)?.content);
    };
    const agent = createAgent({ name: "a" }, scriptedModels(step, step));
    const [first, second] = await Promise.all([agent.run("one"), agent.run("two")]);
    expect(first.content).toContain("one");
    expect(second.content).toContain("two");
  });

  it("takes tools from the registry, adds and removes them", async () => {
    const { models, model } = scriptedModels("a", "b", "c");
    const agent = createAgent(
      { name: "a", tools: ["t"] },
      { models, tools: createToolRegistry([tool("t", () => 1), tool("u", () => 1)]) },
    );
    const offered = async () => {
      await agent.run("x");
      return model.requests.at(-1)?.tools?.map(({ name }) => name);
    };
    expect(await offered()).toEqual(["t"]);
    agent.addTool("u");
    expect(await offered()).toEqual(["t", "u"]);
    expect([agent.removeTool("t"), agent.removeTool("t")]).toEqual([true, false]);
    expect(await offered()).toEqual(["u"]);
  });

  it("sends its settings and its system prompt, unless the conversation has one", async () => {
    const { models, model } = scriptedModels("a", "b");
    const agent = createAgent(
      { name: "a", systemPrompt: "Mine.", temperature: 0.5, topP: 0.9, maxOutputTokens: 50, stop: ["END"] },
      { models },
    );
    const { messages } = await agent.run("x");
    expect(model.requests[0]).toMatchObject({
      temperature: 0.5,
      topP: 0.9,
      maxOutputTokens: 50,
      stopSequences: ["END"],
      prompt: [{ role: "system", content: "Mine." }, { role: "user" }],
    });
    await agent.run("y", { messages });
    expect(model.requests[1]?.prompt.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user"]);
  });

  it.each([[[]], [[{ role: "system", content: "x" }]], [7], [[null]]])("refuses the input %j", async (input) => {
    const agent = createAgent({ name: "a" }, scriptedModels("never"));
    await expect(agent.run(input as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("a run", () => {
  it("runs the tools of a step at the same time and keeps the order of the results", async () => {
    const meet = barrier(2);
    let slowDone = (): void => {};
    const fastFirst = new Promise<void>((resolve) => (slowDone = resolve));
    const slow = tool("slow", async () => {
      await meet();
      await fastFirst;
      return "slow result";
    });
    const fast = tool("fast", async () => {
      await meet();
      slowDone();
      return "fast result";
    });
    const { models, model } = scriptedModels(calls("slow", "fast"), "done");
    const response = await createAgent({ name: "a", tools: [slow, fast] }, { models }).run("x");
    expect(response.toolCalls.map(({ result }) => result)).toEqual(["slow result", "fast result"]);
    expect(JSON.stringify(model.requests[1]?.prompt)).toMatch(/slow result.*fast result/);
  });

  it("tells the model in words what went wrong with a tool", async () => {
    const { models } = scriptedModels(
      {
        toolCalls: [
          { name: "broken" },
          { name: "missing" },
          { name: "ok", args: { n: "x" } },
          { name: "ok", args: "{" },
          { name: "denied" },
          { name: "cyclic" },
        ],
      },
      "sorry",
    );
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const tools = [
      tool("broken", () => Promise.reject(new Error("disk full"))),
      tool("ok", () => 1),
      tool("denied", () => 1, { capabilities: () => [{ capability: "net" }] }),
      tool("cyclic", () => cyclic),
    ];
    const authorize = (): void => {
      throw new SpellError("PERMISSION_DENIED", "the spell may not use the network");
    };
    const response = await createAgent({ name: "a", tools }, { models }).run("x", { authorize });
    expect(response.toolCalls.map(({ error, result }) => [error?.code, result])).toEqual([
      ["TOOL_FAILED", undefined],
      ["NOT_FOUND", undefined],
      ["VALIDATION_FAILED", undefined],
      ["VALIDATION_FAILED", undefined],
      ["PERMISSION_DENIED", undefined],
      ["TOOL_FAILED", undefined],
    ]);
    const told = response.messages.filter(({ role }) => role === "tool");
    expect(told.every(({ isError, content }) => isError === true && String(content).startsWith("Error: "))).toBe(true);
    expect(told.map(({ content }) => content).join()).toContain("the spell may not use the network");
  });

  it("can end with a denial instead, stopping the other tools", async () => {
    let stopped: AbortSignal | undefined;
    const endless = tool("endless", (_args, { signal }) => {
      stopped = signal;
      return new Promise(() => {});
    });
    const denied = tool("denied", () => Promise.reject(new SpellError("PERMISSION_DENIED", "no")));
    const agent = createAgent({ name: "a", tools: [endless, denied] }, scriptedModels(calls("endless", "denied")));
    await expect(agent.run("x", { onToolDenied: "throw" })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(stopped?.aborted).toBe(true);
  });

  it("makes many calls at once without a warning of Node", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warned);
    const slow = tool("slow", () => new Promise((resolve) => setImmediate(resolve, "done")));
    const agent = createAgent(
      { name: "a", tools: [slow] },
      scriptedModels({ toolCalls: Array.from({ length: 40 }, () => ({ name: "slow" })) }, "done"),
    );
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 20 }, () => agent.run("x", { signal }).catch(() => {})));
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warned);
    expect(warnings).toEqual([]);
  });

  it("gives tools the agent, the call and the power to ask", async () => {
    const seen: unknown[] = [];
    const asking = tool("asking", async (_args, { agentId, toolCallId, authorize }) => {
      await authorize?.({ capability: "late" });
      seen.push([agentId, toolCallId]);
    });
    const agent = createAgent(
      { name: "a", tools: [asking] },
      scriptedModels({ toolCalls: [{ name: "asking", id: "c1" }] }, "done"),
    );
    const response = await agent.run("x", { authorize: ({ capability }) => void seen.push(capability) });
    expect(seen).toEqual(["late", ["agent-1", "c1"]]);
    expect(response.messages.find(({ role }) => role === "tool")?.content).toBe("null");
  });

  it.each([
    ["maxSteps", { maxSteps: 2 }, { budget: "maxSteps", limit: 2, used: 3 }],
    ["maxTokens", { maxTokens: 25 }, { budget: "maxTokens", limit: 25, used: 30 }],
  ])("ends when %s is used up", async (_name, budget, details) => {
    const more: ScriptedStep = { toolCalls: [{ name: "t" }], usage: { inputTokens: 8, outputTokens: 2 } };
    const agent = createAgent(
      { name: "a", tools: [tool("t", () => 1)], ...budget },
      scriptedModels(more, more, more, more),
    );
    await expect(agent.run("x")).rejects.toMatchObject({ code: "BUDGET_EXCEEDED", details });
  });

  it("does not start a flood of tool calls", async () => {
    let ran = 0;
    const agent = createAgent(
      { name: "a", tools: [tool("t", () => ran++)] },
      scriptedModels(calls(...Array.from({ length: 65 }, () => "t"))),
    );
    await expect(agent.run("x")).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
      details: { budget: "toolCallsPerStep", limit: 64, used: 65 },
    });
    expect(ran).toBe(0);
  });

  it("times out in a model call and in a tool", async () => {
    const endless = () => new Promise<string>(() => {});
    const inModel = createAgent({ name: "a", timeoutMs: 5 }, scriptedModels(endless));
    await expect(inModel.run("x")).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "the run did not finish within 5 ms",
    });
    const inTool = createAgent({ name: "a", tools: [tool("endless", endless)] }, scriptedModels(calls("endless")));
    await expect(inTool.run("x", { timeoutMs: Number.NaN })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(inTool.run("x", { timeoutMs: 20 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("is cancelled by its signal", async () => {
    const controller = new AbortController();
    const aborting = tool("aborting", () => {
      controller.abort();
      return new Promise(() => {});
    });
    const { models, model } = scriptedModels(calls("aborting"), "never");
    await expect(
      createAgent({ name: "a", tools: [aborting] }, { models }).run("x", { signal: controller.signal }),
    ).rejects.toMatchObject({ code: "CANCELLED" });
    expect(model.requests).toHaveLength(1);
  });

  it("tells what happens as it happens", async () => {
    const events: SystemEvent[] = [];
    const agent = createAgent(
      { name: "a", tools: [tool("t", () => "sun")] },
      scriptedModels(
        {
          text: "Let me see.",
          toolCalls: [{ name: "t", args: { n: 1 }, id: "c1" }],
          usage: { inputTokens: 1, outputTokens: 1 },
        },
        "It is sunny.",
      ),
    );
    await agent.run("x", { onEvent: (event) => events.push(event) });
    const heard = events.map((event) => (event.type === "model.text" ? event.payload.text.trim() : event.type));
    expect(heard.join(" ")).toBe(
      "agent.started agent.step.started model.started Let me see. model.completed tool.started tool.completed " +
        "agent.step.completed agent.step.started model.started It is sunny. model.completed agent.step.completed " +
        "agent.completed",
    );
    const payloads = (type: string): unknown[] =>
      events.filter((event) => event.type === type).map((event) => event.payload);
    expect(payloads("tool.started")).toEqual([{ step: 1, id: "c1", name: "t", args: { n: 1 } }]);
    expect(payloads("tool.completed")).toMatchObject([{ step: 1, id: "c1", result: "sun" }]);
    expect(payloads("agent.completed")).toMatchObject([{ steps: 2, content: "It is sunny.", finishReason: "stop" }]);
  });

  it("bounds what a tool returns", async () => {
    const agent = createAgent(
      { name: "a", tools: [tool("big", () => "x".repeat(1_000_000))] },
      scriptedModels(calls("big"), "done"),
    );
    const { messages } = await agent.run("x");
    expect(String(messages.find(({ role }) => role === "tool")?.content).length).toBeLessThan(201_000);
  });
});

describe("a run that has heard enough", () => {
  /** A run that ends with the first piece that has `word`; what its reader is told is told in order. */
  async function until(
    word: string,
    step: ScriptedStep[],
    options: Partial<AgentConfig> = {},
    run: AgentRunOptions = {},
  ) {
    const enough = new AbortController();
    const { models } = scriptedModels(...step);
    const types: string[] = [];
    const agent = createAgent({ name: "a", ...options }, { models });
    const response = await agent.run("x", {
      enough: enough.signal,
      onEvent(event) {
        types.push(event.type);
        if (event.type === "model.text" && event.payload.text.includes(word)) enough.abort();
      },
      ...run,
    });
    return { response, types, agent };
  }

  it("ends where it is, without an error, and is remembered as such", async () => {
    const memory = createMemory();
    const { response, types, agent } = await until("two", ["one two three"], { memory });
    expect(response).toMatchObject({ status: "completed", content: "one two ", finishReason: "other", steps: 1 });
    expect(types.filter((type) => type.endsWith(".failed"))).toEqual([]);
    expect(agent.metrics()).toMatchObject({ runs: 1, errors: 0 });
    expect(memory.messages().map(({ content }) => content)).toEqual(["x", "one two "]);
  });

  it("calls no tool and repairs nothing any more", async () => {
    let called = 0;
    const tools = [tool("t", () => ++called)];
    const { response } = await until("me", [{ text: "Let me see", toolCalls: [{ name: "t" }] }], { tools });
    expect([response.content, response.toolCalls, called]).toEqual(["Let me ", [], 0]);
    const schema = { type: "object", required: ["n"] };
    const cut = await until("nonsense", ["nonsense"], {}, { schema });
    expect([cut.response.content, cut.response.object]).toEqual(["nonsense", undefined]);
  });

  it("is cancelled all the same by its signal, and told of it", async () => {
    const stop = new AbortController();
    const enough = new AbortController();
    const { models } = scriptedModels("one two three");
    const run = createAgent({ name: "a" }, { models }).run("x", {
      signal: stop.signal,
      enough: enough.signal,
      onEvent({ type }) {
        if (type !== "model.text") return;
        stop.abort(new SpellError("CANCELLED", "by the signal"));
        enough.abort();
      },
    });
    await expect(run).rejects.toThrow("by the signal");
  });
});

describe("structured answers", () => {
  const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };

  it("takes off a fence and gives the object", async () => {
    const agent = createAgent({ name: "a", schema }, scriptedModels('```json\n{"n": 1}\n```'));
    expect(await agent.run("x")).toMatchObject({ object: { n: 1 }, steps: 1 });
  });

  it("asks once for a better answer, then gives up", async () => {
    const { models, model } = scriptedModels("no json", '{"n": 2}', '{"n": "x"}', '{"n": "y"}');
    const agent = createAgent({ name: "a" }, { models });
    expect(await agent.run("x", { schema })).toMatchObject({ object: { n: 2 }, steps: 2 });
    expect(JSON.stringify(model.requests[1]?.prompt.at(-1))).toContain("the answer is not valid JSON");
    await expect(agent.run("x", { schema })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("n: must be integer"),
    });
    expect(model.requests).toHaveLength(4);
  });

  it("counts a null answer as an object", async () => {
    const response = await createAgent({ name: "a" }, scriptedModels("null")).run("x", { schema: { type: "null" } });
    expect(response).toHaveProperty("object", null);
  });
});
