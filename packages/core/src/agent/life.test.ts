import type { LanguageModelV3, LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createContext } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import type { Hook } from "../hooks/hook.js";
import { createMemory } from "../memory/memory.js";
import { messageText } from "../messages.js";
import { createModels } from "../models/models.js";
import type { ScriptedModel, ScriptedStep } from "../models/scripted.js";
import { createState } from "../state/state.js";
import { createManualClock } from "../testing/manual-clock.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { createToolRegistry } from "../tools/registry.js";
import { defineTool, type Tool } from "../tools/tool.js";
import { runWorkflow } from "../workflow/run.js";
import { createAgent, type Agent } from "./agent.js";
import type { AgentConfig } from "./agent-config.js";
import { createAgents } from "./agents.js";
import { profileRuns } from "./profile.js";
import type { Approve } from "./approval.js";
import { compositeAgent, toolAgent, workflowAgent } from "./kinds.js";
import { createRunner } from "./runner.js";
import { hasToolCall, stepCountIs, textMatches } from "./stop-conditions.js";

const echo = defineTool({
  name: "echo",
  description: "Echoes",
  parameters: { type: "object" },
  execute: (args) => args["n"] ?? "echo",
});
const calls = (text = ""): ScriptedStep => ({ text, toolCalls: [{ name: "echo", args: {} }] });

function make(config: Partial<AgentConfig>, ...steps: ScriptedStep[]): { agent: Agent; model: ScriptedModel } {
  const { models, model } = scriptedModels(...steps);
  const tools = createToolRegistry();
  tools.add(echo);
  return { agent: createAgent({ name: "a", ...config }, { models, tools }), model };
}

describe("the life of an agent", () => {
  it("AGENT-1: the five phases come in order, the end also after an error and an abort", async () => {
    const seen: string[] = [];
    const points = ["agent.init", "agent.before", "model.before", "agent.after", "agent.cleanup"] as const;
    const hooks = points.map((point): Hook => ({ name: point, point, run: () => void seen.push(point) }) as Hook);
    const events = createEmitter();
    events.on("agent.*", ({ type }) => void seen.push(type));
    const { models } = scriptedModels("hi", { error: new Error("down") }, () => new Promise<string>(() => {}));
    const agent = createAgent({ name: "a", hooks }, { models, context: createContext({ events }) });
    await agent.run("x");
    expect(seen).toEqual([
      "agent.started",
      "agent.init",
      "agent.before",
      "model.before",
      "agent.after",
      "agent.cleanup",
      "agent.completed",
    ]);
    seen.length = 0;
    await expect(agent.run("x")).rejects.toThrow("down");
    expect(seen.slice(-2)).toEqual(["agent.cleanup", "agent.failed"]);
    seen.length = 0;
    const stop = new AbortController();
    const run = agent.run("x", { signal: stop.signal });
    stop.abort();
    await expect(run).rejects.toMatchObject({ code: "CANCELLED" });
    expect(seen.slice(-2)).toEqual(["agent.cleanup", "agent.failed"]);
  });

  it("AGENT-2: the status moves from idle to running to how it ended; what does one run at a time refuses another", async () => {
    let open = (): void => {};
    const gate = new Promise<void>((resolve) => (open = resolve));
    const wait: ScriptedStep = async () => {
      await gate;
      return "done";
    };
    const { agent } = make({ reentrant: false }, wait, { error: new SpellError("PROVIDER_AUTH", "no") });
    expect(agent.info().status).toBe("idle");
    const run = agent.run("x");
    expect(agent.info().status).toBe("running");
    await expect(agent.run("y")).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: "agent 'a' is running, and does one run at a time",
    });
    expect(() => agent.configure({ temperature: 1 })).toThrow("is running");
    open();
    await run;
    expect(agent.info()).toMatchObject({ status: "completed", runs: 1 });
    await expect(agent.run("z")).rejects.toThrow("no");
    expect(agent.info()).toMatchObject({ status: "error", runs: 2 });
    expect(agent.metrics()).toMatchObject({ runs: 2, errors: 1 });
  });

  it("AGENT-2: an agent that is disposed of ends what is under way and does not run again", async () => {
    const { agent } = make({}, () => new Promise<string>(() => {}));
    const run = agent.run("x").catch((error: unknown) => error);
    await agent[Symbol.asyncDispose]();
    expect(await run).toMatchObject({ code: "CANCELLED", message: "agent 'a' was disposed of" });
    expect(agent.info().status).toBe("disposed");
    await expect(agent.run("y")).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  it("AGENT-3: calls tools until the model answers, within its limit of steps", async () => {
    const { agent } = make({ tools: ["echo"] }, calls(), calls(), "done");
    expect(await agent.run("x")).toMatchObject({ content: "done", steps: 3, toolCalls: [{ result: "echo" }, {}] });
    const endless = make({ tools: ["echo"], maxSteps: 2 }, calls(), calls(), calls());
    await expect(endless.agent.run("x")).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
  });

  it("AGENT-4: a tool and other work are agents of the same interface", async () => {
    const events = createEmitter();
    const seen: string[] = [];
    events.on("**", ({ type }) => void seen.push(type));
    const context = createContext({ events });
    const tool = toolAgent(echo, { toArgs: (text) => ({ n: text.length }), context });
    const both = createRunner({
      name: "both",
      type: "composite",
      context,
      work: async (text, { run, signal }) => {
        const first = await tool.run(text, { context: run, signal });
        return { output: { first: first.object, text }, steps: 2 };
      },
    });
    const { agent } = make({}, "llm says hi");
    const answers: unknown[] = [];
    for (const runner of [tool, both, agent]) {
      const { content, status, provider, messages } = await runner.run("four");
      answers.push([content, status, provider, messages.map(messageText)]);
    }
    expect(answers).toEqual([
      ["4", "completed", "tool", ["four", "4"]],
      ['{"first":4,"text":"four"}', "completed", "composite", ["four", '{"first":4,"text":"four"}']],
      ["llm says hi", "completed", "script", ["four", "llm says hi"]],
    ]);
    expect([tool.info().type, both.info().type, agent.info().type]).toEqual(["tool", "composite", "llm"]);
    expect(seen.slice(0, 4)).toEqual(["agent.started", "tool.started", "tool.completed", "agent.completed"]);
    await expect(toolAgent(echo).run("no json")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await both.dispose();
    await expect(both.run("x")).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  it("AGENT-4: a workflow is an agent: its failures, its tokens, its limits", async () => {
    const { models } = scriptedModels("one", "two", () => new Promise<string>(() => {}));
    const writer = createAgent({ name: "writer" }, { models });
    const agent = workflowAgent(
      "report",
      async (input, { context, signal }) =>
        await runWorkflow(
          {
            steps: [1, 2].map(() => ({
              run: async (given, { run }) => (await writer.run(String(given), { context: run, signal })).content,
            })),
          },
          input,
          { context, signal },
        ),
      { description: "Writes reports" },
    );
    const response = await agent.run("start");
    expect(response).toMatchObject({ content: "two", object: "two", steps: 2, status: "completed", model: "report" });
    expect(response.usage).toEqual(writer.metrics().usage);
    expect(agent.info()).toMatchObject({ type: "workflow", description: "Writes reports", usage: response.usage });
    await expect(agent.run("slow", { timeoutMs: 5 })).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(agent.run("end")).rejects.toMatchObject({ message: expect.stringContaining("scripted model") });
    const paused = workflowAgent("p", async () => ({ status: "paused", output: undefined }));
    await expect(paused.run("x")).rejects.toThrow("workflow 'p' is paused");
    const wrong = workflowAgent("w", async () => ({ status: "completed", output: { n: "x" } }));
    const schema = { type: "object", properties: { n: { type: "number" } } };
    await expect(wrong.run("x", { schema })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("AGENT-4: several agents are one, each asked what the one before answered", async () => {
    const steps: ScriptedStep[] = [
      ({ prompt }) => `${JSON.stringify(prompt.at(-1)?.content).includes("start")} one`,
      ({ prompt }) => `${JSON.stringify(prompt.at(-1)?.content).includes("true one")} two`,
    ];
    const { models } = scriptedModels(...steps);
    const agents = ["a", "b"].map((name) => createAgent({ name }, { models }));
    const both = compositeAgent("both", [...agents, toolAgent(echo, { toArgs: (n) => ({ n }) })]);
    const response = await both.run("start");
    expect(response).toMatchObject({
      content: "true two",
      steps: 3,
      toolCalls: [{ name: "echo", result: "true two" }],
    });
    expect(response.usage.totalTokens).toBeGreaterThan(0);
    expect(both.info().type).toBe("composite");
    expect(() => compositeAgent("none", [])).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("AGENT-4: a tool that needs approval runs in no other agent without it", async () => {
    const careful = { ...echo, needsApproval: true };
    const run = (approve?: Approve) => toolAgent(careful).run('{"n": 1}', approve === undefined ? {} : { approve });
    await expect(run()).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(run(() => ({ approve: false, reason: "no" }))).rejects.toThrow("declined by the user: no");
    expect((await run(() => ({ approve: true, args: { n: 2 } }))).object).toBe(2);
    const asking = make({ tools: [careful] }, calls()).agent;
    await expect(compositeAgent("c", [asking]).run("x")).rejects.toThrow("needs approval for its tool 'echo'");
  });

  it("AGENT-2: ends in time also where its instructions are never made", async () => {
    const { agent } = make({ systemPrompt: () => new Promise<string>(() => {}), timeoutMs: 5 });
    await expect(agent.run("x")).rejects.toMatchObject({ code: "TIMEOUT" });
    const run = agent.run("x", { timeoutMs: 60_000 });
    await agent.dispose();
    await expect(run).rejects.toMatchObject({ code: "CANCELLED", message: "agent 'a' was disposed of" });
    expect(agent.info().status).toBe("disposed");
  });

  it("AGENT-6: a change of whether runs may overlap counts, the name stays", async () => {
    const { agent } = make({}, "x", "y", "z");
    agent.configure({ reentrant: false });
    const first = agent.run("one");
    await expect(agent.run("two")).rejects.toMatchObject({ code: "INVALID_STATE" });
    await first;
    agent.configure({ reentrant: true });
    await Promise.all([agent.run("three"), agent.run("four")]);
    expect(() => agent.configure({ name: "b" })).toThrow("keeps its name");
  });

  it("AGENT-6: a clone shares the configuration, and no state", async () => {
    const { models, model } = scriptedModels("one", "two", "three");
    models.register("other", { type: "custom", create: () => model, defaultModel: "two" });
    const memory = createMemory();
    const agent = createAgent({ name: "a", memory, tools: [echo] }, { models });
    await agent.run("first");
    const clone = agent.clone({ name: "b", model: "other:two" });
    clone.removeTool("echo");
    await clone.run("second");
    expect(memory.messages()).toHaveLength(2);
    expect(JSON.stringify(model.requests[1]?.prompt)).toContain("first");
    expect(agent.info()).toMatchObject({ name: "a", provider: "script", runs: 1 });
    expect(clone.info()).toMatchObject({ name: "b", provider: "other", runs: 1 });
    expect(agent.tools()).toHaveLength(1);
    expect(agent.metrics().usage).toEqual(clone.metrics().usage);
  });

  it("AGENT-6: is configured between runs, all of it or nothing", async () => {
    const { agent, model } = make({ temperature: 0 }, "one", "two");
    await agent.run("x");
    expect(() => agent.configure({ temperature: 1, tools: ["missing"] })).toThrow("missing");
    expect(() => agent.configure({ temperature: 7 })).toThrow("'temperature'");
    expect(agent.configure({ temperature: 1, tools: ["echo"], description: "d" })).toMatchObject({ description: "d" });
    await agent.run("y");
    expect(model.requests.map(({ temperature, tools }) => [temperature, tools?.length ?? 0])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it("AGENT-6: agents are listed, found and destroyed", async () => {
    const { models } = scriptedModels("hi");
    const agents = createAgents({ models });
    const first = agents.create({ name: "twin" });
    agents.create({ name: "twin" });
    const tool = agents.add(toolAgent(echo));
    expect(() => agents.add(tool)).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
    expect(agents.list().map(({ id }) => id)).toEqual(["agent-1", "agent-2", "tool:echo"]);
    expect(agents.get("echo")).toBe(tool);
    expect(() => agents.get("twin")).toThrow("2 agents are named 'twin': take the id");
    expect(() => agents.get("nobody")).toThrow("there is no agent 'nobody'");
    expect(await agents.remove(first.id)).toBe(true);
    expect(await agents.remove(first.id)).toBe(false);
    await expect(first.run("x")).rejects.toMatchObject({ code: "INVALID_STATE" });
    await agents[Symbol.asyncDispose]();
    expect(agents.list()).toEqual([]);
    await expect(tool.run("{}")).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  it("AGENT-7: what was said is in the next request, the instructions once", async () => {
    let n = 0;
    const systemPrompt = (): string => `rules ${++n}`;
    const { agent, model } = make(
      { memory: createMemory(), systemPrompt },
      "hello Ada",
      { error: new Error("x") },
      "Ada",
    );
    await agent.run("I am Ada");
    await expect(agent.run("lost")).rejects.toThrow("x");
    await agent.run("Who am I?");
    expect(model.requests[2]?.prompt.map(({ role, content }) => [role, JSON.stringify(content)])).toEqual([
      ["system", '"rules 3"'],
      ["user", expect.stringContaining("I am Ada")],
      ["assistant", expect.stringContaining("hello Ada")],
      ["user", expect.stringContaining("Who am I?")],
    ]);
  });

  it("AGENT-11: a snapshot brings memory, state and counters back, in another agent as well", async () => {
    const state = createState({ mood: "good" });
    const { agent } = make({ memory: createMemory(), state }, "one", "two", "three");
    await agent.run("first");
    const snapshot = JSON.parse(JSON.stringify(agent.snapshot())) as ReturnType<Agent["snapshot"]>;
    await agent.run("second");
    state.set("mood", "bad");
    agent.restore(snapshot);
    expect([agent.metrics().runs, state.get("mood")]).toEqual([1, "good"]);

    const memory = createMemory();
    const { agent: other, model } = make({ memory, state: createState() }, "four");
    other.restore(snapshot);
    await other.run("third");
    expect(JSON.stringify(model.requests[0]?.prompt)).toContain("first");
    expect(other.metrics().runs).toBe(2);
    const bare = make({}).agent;
    expect(() => bare.restore(snapshot)).toThrow("the snapshot has a memory, which the agent has not");
    const broken = { ...snapshot, metrics: { ...snapshot.metrics, runs: "many" } };
    expect(() => other.restore(broken as never)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
    expect(() => bare.restore({} as never)).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
    expect(() => other.restore({ ...snapshot, memory: [{}] as never })).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED" }),
    );
    expect(memory.messages()).toHaveLength(4);
  });

  it("AGENT-13: a profile says where the time of a run went", async () => {
    const clock = createManualClock();
    const events = createEmitter();
    const takes =
      (ms: number, step: ScriptedStep): ScriptedStep =>
      async () => {
        await clock.advance(ms);
        return step as Exclude<ScriptedStep, (...given: never[]) => unknown>;
      };
    const slow = (name: string, ms: number): Tool => ({
      ...echo,
      name,
      execute: async () => {
        await clock.sleep(ms);
        return name;
      },
    });
    const both = {
      toolCalls: [
        { name: "fast", args: {} },
        { name: "slow", args: {} },
      ],
    };
    const { models } = scriptedModels(takes(100, both), takes(30, "done"));
    const context = createContext({ events });
    const agent = createAgent({ name: "a", tools: [slow("fast", 10), slow("slow", 40)] }, { models, context });
    using profiler = profileRuns(events, { clock });
    profiler.start();
    expect(() => profiler.start()).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    // The models move the clock; the tools wait for it.
    let started = 0;
    events.on("tool.started", () => {
      if (++started === 2) void clock.advance(40);
    });
    await agent.run("go");
    const profile = profiler.stop();
    expect(profile).toMatchObject({ wallMs: 170, runMs: 170, modelMs: 130, toolMs: 40, ownMs: 0, runs: 1 });
    expect(profile.models).toMatchObject([{ name: "script:scripted", calls: 2, failed: 0 }]);
    expect(profile.tools.map(({ name, calls: count }) => [name, count]).toSorted()).toEqual([
      ["fast", 1],
      ["slow", 1],
    ]);
    expect(() => profiler.stop()).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    await agent.run("again").catch(() => {});
    expect(profiler.report().runs).toBe(1);
  });
});

describe("stopWhen", () => {
  it.each([
    [stepCountIs(2), "stepCountIs(2)", 2],
    [hasToolCall("echo"), "hasToolCall(echo)", 1],
    [textMatches("enough"), "textMatches(enough)", 3],
    [textMatches(/^en/), "textMatches(/^en/)", 3],
    [async ({ usage }: { usage: { totalTokens: number } }) => usage.totalTokens >= 8 && "spent", "spent", 2],
    [
      function custom() {
        return true;
      },
      "custom",
      1,
    ],
  ])("%o ends the run well", async (condition, stoppedBy, steps) => {
    const usage = { inputTokens: 3, outputTokens: 1 };
    const asks = (text: string): ScriptedStep => ({ ...(calls(text) as object), usage });
    const { agent } = make({ tools: ["echo"], stopWhen: [condition] }, asks("a"), asks("b"), asks("enough"), asks("c"));
    expect(await agent.run("x")).toMatchObject({ status: "completed", stoppedBy, steps });
  });
});

describe("stream", () => {
  it("gives the events as they come, and the response", async () => {
    const { agent } = make({ tools: ["echo"] }, calls("look"), "done");
    const stream = agent.stream("x");
    const types: string[] = [];
    for await (const { type } of stream) types.push(type);
    expect(types.filter((type) => type.startsWith("tool") || type === "model.text")).toEqual([
      "model.text",
      "tool.started",
      "tool.completed",
      "model.text",
    ]);
    expect((await stream.response).content).toBe("done");
  });

  it("counts what was cached and spent on reasoning, in its metrics as in its responses", async () => {
    const usage = {
      inputTokens: { total: 1000, noCache: 500, cacheRead: 400, cacheWrite: 100 },
      outputTokens: { total: 20, text: 15, reasoning: 5 },
    };
    const cached = (): LanguageModelV3 => ({
      specificationVersion: "v3",
      provider: "cached",
      modelId: "one",
      supportedUrls: {},
      doGenerate: async () => ({
        content: [{ type: "text", text: "hi" }],
        finishReason: { unified: "stop", raw: "stop" },
        usage,
        warnings: [],
      }),
      doStream: () => Promise.reject(new Error("it does not stream")),
    });
    const price = { input: 10, output: 20, cachedInput: 1, cacheWrite: 12 };
    const models = createModels({ config: { catalog: [{ provider: "cached", model: "one", price }] } });
    models.register("cached", { type: "custom", create: cached, defaultModel: "one" });
    const agent = createAgent({ name: "a", model: "cached:one" }, { models });
    const { usage: told } = await agent.run("x");
    expect(told).toEqual({
      inputTokens: 1000,
      outputTokens: 20,
      totalTokens: 1020,
      cachedInputTokens: 400,
      cacheWriteTokens: 100,
      reasoningTokens: 5,
    });
    expect(agent.metrics().usage).toEqual(told);
    expect(models.catalog.costOf(told, "cached:one")?.input).toBeCloseTo((500 * 10 + 400 * 1 + 100 * 12) / 1e6, 12);
  });

  it("makes the model wait for a reader that is slow, and lets it go for one who only wants the response", async () => {
    let sent = 0;
    const words = (): LanguageModelV3 => ({
      specificationVersion: "v3",
      provider: "words",
      modelId: "many",
      supportedUrls: {},
      doGenerate: () => Promise.reject(new Error("it streams")),
      async doStream() {
        const stream = new ReadableStream<LanguageModelV3StreamPart>(
          {
            pull(controller) {
              if (sent++ < 500) controller.enqueue({ type: "text-delta", id: "1", delta: "w " });
              else {
                const tokens = { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 };
                const usage = { inputTokens: tokens, outputTokens: { total: 1, text: 1, reasoning: 0 } };
                controller.enqueue({ type: "finish", finishReason: { unified: "stop", raw: "stop" }, usage });
                controller.close();
              }
            },
          },
          { highWaterMark: 0 },
        );
        return { stream };
      },
    });
    const models = createModels();
    models.register("words", { type: "custom", create: words, defaultModel: "many" });
    const agent = createAgent({ name: "a", model: "words:many" }, { models });
    const stream = agent.stream("x");
    let read = 0;
    const ahead: number[] = [];
    for await (const { type } of stream) {
      if (type !== "model.text") continue;
      // The model has as long as it likes to run ahead.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      ahead.push(sent - ++read);
    }
    expect(Math.max(...ahead)).toBeLessThan(80);
    expect([read, sent]).toEqual([500, 501]);
    sent = 0;
    expect((await agent.stream("y").response).content).toBe("w ".repeat(500));
  });

  it("ends the run when nobody reads on, and throws what the run throws", async () => {
    const { agent } = make({}, () => new Promise<string>(() => {}), { error: new Error("down") });
    const stream = agent.stream("x");
    for await (const { type } of stream) if (type === "model.started") break;
    await expect(stream.response).rejects.toMatchObject({
      code: "CANCELLED",
      message: "nobody reads the run any more",
    });
    const failing = async (): Promise<void> => {
      for await (const event of agent.stream("y")) expect(event).toBeDefined();
    };
    await expect(failing()).rejects.toThrow("down");
  });
});
