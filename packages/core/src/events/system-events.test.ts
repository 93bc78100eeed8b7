import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createContext, serviceKey } from "../context.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { runWorkflow } from "../workflow/run.js";
import { createEmitter } from "./emitter.js";
import { eventFromJson, eventToJson, type SpellEvent } from "./event.js";
import { recordEvents } from "./recorder.js";
import { replayEvents } from "./replay.js";

const weather = defineTool({
  name: "weather",
  description: "The weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  execute({ city }, { run }) {
    run?.emit("weather.asked", { city });
    return { sky: "clear" };
  },
});
const asks = { toolCalls: [{ id: "c1", name: "weather", args: { city: "Paris" } }] };

function listening(): { events: ReturnType<typeof createEmitter>; heard: SpellEvent[] } {
  const events = createEmitter();
  const heard: SpellEvent[] = [];
  events.on("**", (event) => void heard.push(event));
  return { events, heard };
}

describe("events of the framework", () => {
  it("EVT-7: one run of an agent with a tool is this sequence", async () => {
    const { events, heard } = listening();
    const { models } = scriptedModels(asks, "It is clear.");
    const agent = createAgent({ name: "guide", tools: [weather] }, { models, context: createContext({ events }) });
    await agent.run("How is Paris?");
    expect(heard.map(({ type }) => type)).toEqual([
      "agent.started",
      "agent.step.started",
      "model.started",
      "model.completed",
      "tool.started",
      "weather.asked",
      "tool.completed",
      "agent.step.completed",
      "agent.step.started",
      "model.started",
      "model.completed",
      "agent.step.completed",
      "agent.completed",
    ]);
    expect(new Set(heard.map(({ source }) => source))).toEqual(new Set([`agent:${agent.id}`]));
    expect(new Set(heard.map(({ correlationId }) => correlationId)).size).toBe(1);
    const payload = (type: string): unknown => heard.find((event) => event.type === type)?.payload;
    const durationMs = expect.any(Number);
    expect(payload("agent.started")).toEqual({ runId: heard[0]?.correlationId, agentId: agent.id, name: "guide" });
    expect(payload("model.completed")).toEqual({
      step: 1,
      provider: "script",
      model: "scripted",
      durationMs,
      usage: expect.objectContaining({ totalTokens: expect.any(Number) }),
      finishReason: "tool-calls",
    });
    const args = { city: "Paris" };
    expect(payload("tool.completed")).toEqual({
      step: 1,
      id: "c1",
      name: "weather",
      args,
      durationMs,
      result: { sky: "clear" },
    });
    expect(payload("agent.completed")).toMatchObject({ steps: 2, content: "It is clear.", finishReason: "stop" });
    for (const event of heard) expect(eventFromJson(eventToJson(event))).toEqual(event);
  });

  it("EVT-7: failures are events of severity error", async () => {
    const { events, heard } = listening();
    const { models } = scriptedModels(
      { toolCalls: [{ name: "weather" }, { name: "none" }] },
      {
        error: new Error("down"),
      },
    );
    const agent = createAgent({ name: "guide", tools: [weather] }, { models, context: createContext({ events }) });
    await expect(agent.run("x")).rejects.toThrow("down");
    const failed = heard.filter(({ severity }) => severity === "error");
    expect(failed.map(({ type, payload }) => [type, (payload as { error: { code: string } }).error.code])).toEqual([
      ["tool.failed", "NOT_FOUND"],
      ["tool.failed", "VALIDATION_FAILED"],
      ["model.failed", "PROVIDER_SERVER"],
      ["agent.failed", "PROVIDER_SERVER"],
    ]);
  });

  it("a result that no model can read is a failure also here", async () => {
    const { events, heard } = listening();
    const { models } = scriptedModels({ toolCalls: [{ name: "big" }] }, "done");
    const big = defineTool({ ...weather, name: "big", parameters: {}, execute: () => 1n });
    const context = createContext({ events });
    const { toolCalls } = await createAgent({ name: "a", tools: [big] }, { models, context }).run("x");
    expect(toolCalls[0]).toMatchObject({ error: { code: "TOOL_FAILED" } });
    expect(heard.map(({ type }) => type)).toContain("tool.failed");
  });

  it("EVT-7: a workflow tells of its steps; runs inside share the correlation and name their parent", async () => {
    const { events, heard } = listening();
    const { models } = scriptedModels("one");
    const context = createContext({ events });
    const agent = createAgent({ name: "inner" }, { models, context });
    const steps = [
      {
        id: "ask",
        run: async (_: unknown, { run }: { run: typeof context }) => (await agent.run("x", { context: run })).content,
      },
      { id: "fail", run: () => Promise.reject(new Error("no")) },
    ];
    await runWorkflow({ name: "w", pattern: "sequential", steps }, null, { context });
    expect(heard.map(({ type }) => type).filter((type) => !/^(agent\.step|model)/.test(type))).toEqual([
      "workflow.started",
      "workflow.step.started",
      "agent.started",
      "agent.completed",
      "workflow.step.completed",
      "workflow.step.started",
      "workflow.step.failed",
      "workflow.completed",
    ]);
    const runId = (type: string): unknown => heard.find((event) => event.type === type)?.payload;
    expect(runId("agent.started")).toMatchObject({
      parentRunId: (runId("workflow.started") as { runId: string }).runId,
    });
    expect(new Set(heard.map(({ correlationId }) => correlationId)).size).toBe(1);
    expect(heard.at(-1)?.payload).toMatchObject({ name: "w", status: "failed" });
  });

  it("EVT-7: pieces of the answer come only where somebody follows the run", async () => {
    const { events, heard } = listening();
    const { models } = scriptedModels("one two", "one two");
    const agent = createAgent({ name: "a" }, { models, context: createContext({ events }) });
    const pieces = (): string =>
      heard.map((event) => (event.type === "model.text" ? (event.payload as { text: string }).text : "")).join("");
    await agent.run("x");
    expect(pieces()).toBe("");
    await agent.run("x", { onEvent: () => {} });
    expect(pieces()).toBe("one two");
    expect(heard.find(({ type }) => type === "model.text")?.severity).toBe("debug");
  });

  it("a run is ended by what its own listener throws, not by others", async () => {
    const { events } = listening();
    events.on("agent.started", () => {
      throw new Error("others");
    });
    const { models } = scriptedModels("a", "b");
    const agent = createAgent({ name: "a" }, { models, context: createContext({ events }) });
    await agent.run("x");
    const onEvent = (): void => {
      throw new Error("own");
    };
    await expect(agent.run("x", { onEvent })).rejects.toThrow("own");
  });

  it("AGENT-12: a recording of a run replays the same sequence", async () => {
    const { events, heard } = listening();
    const recorder = await recordEvents(events);
    const { models } = scriptedModels(asks, "It is clear.");
    await createAgent({ name: "a", tools: [weather] }, { models, context: createContext({ events }) }).run("x");
    await recorder.stop();
    const again = listening();
    await replayEvents(recorder.events(), again.events.deliver, { speed: Infinity }).done;
    expect(again.heard).toEqual(heard.map((event) => ({ ...event, replayed: true })));
  });
});

describe("a context", () => {
  const NAME = serviceKey<string>("name");

  it("CORE-3: a child has the services of its parent, and its own in front of them", () => {
    const parent = createContext().provide(NAME, "parent");
    const child = parent.child();
    expect(child.get(NAME)).toBe("parent");
    child.provide(NAME, "child");
    expect([child.get(NAME), child.child().get(NAME), parent.get(NAME)]).toEqual(["child", "child", "parent"]);
  });

  it("CORE-3: says which service is missing; keys of the same name are different", () => {
    const context = createContext().provide(NAME, "x");
    expect(() => context.get(serviceKey("name"))).toThrow(
      expect.objectContaining({ code: "NOT_FOUND", message: "there is no service 'name' in this context" }),
    );
    expect(context.find(serviceKey("name"))).toBeUndefined();
  });

  it("a run ends with the run that it is part of", async () => {
    const { models } = scriptedModels({ toolCalls: [{ name: "ask" }] }, () => new Promise(() => {}));
    const inner = createAgent({ name: "inner" }, { models });
    let ended: Promise<unknown> | undefined;
    const ask = defineTool({
      ...weather,
      name: "ask",
      parameters: {},
      execute(_, { run }) {
        ended = inner.run("x", run === undefined ? {} : { context: run }).catch((error: unknown) => error);
        return ended;
      },
    });
    const outer = createAgent({ name: "outer", tools: [ask] }, { models });
    await expect(outer.run("x", { timeoutMs: 30, signal: new AbortController().signal })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    expect(await ended).toMatchObject({ code: "TIMEOUT" });
  });

  it("CORE-3: reaches tools and hooks, and is the parent of runs inside", async () => {
    const { models } = scriptedModels({ toolCalls: [{ name: "look" }] }, "done");
    const seen: unknown[] = [];
    const look = defineTool({
      ...weather,
      name: "look",
      parameters: {},
      execute: (_, { run }) => void seen.push(run?.get(NAME), run?.frame?.operation, run?.frame?.parent?.operation),
    });
    const context = createContext().provide(NAME, "service");
    await createAgent({ name: "a", tools: [look] }, { models, context }).run("x");
    expect(seen).toEqual(["service", "tool", "agent"]);
  });
});
