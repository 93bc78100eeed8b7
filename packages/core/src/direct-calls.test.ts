import { describe, expect, it } from "vitest";
import { createAgent } from "./agent/agent.js";
import { createContext } from "./context.js";
import { createEmitter } from "./events/emitter.js";
import type { SpellEvent } from "./events/event.js";
import { createHooks } from "./hooks/hooks.js";
import { callModel } from "./models/call-model.js";
import { createScriptedModel } from "./models/scripted.js";
import { scriptedModels } from "./testing/scripted-models.js";
import { createScriptedTool } from "./testing/spy.js";
import { pipelineTool, runTools } from "./tools/compose.js";
import { executeTool } from "./tools/execute.js";

function listening() {
  const events = createEmitter();
  const heard: SpellEvent[] = [];
  events.on("**", (event) => void heard.push(event));
  const hooks = createHooks();
  return { run: createContext({ events, hooks }), hooks, heard, types: () => heard.map(({ type }) => type) };
}
const { signal } = new AbortController();
const echo = () => createScriptedTool({ name: "echo" }, { every: ({ text }) => ({ text }) });

describe("a tool that is called outside of an agent", () => {
  it("HOOK-1, EVT-7: passes the hooks of its run and tells events", async () => {
    const { run, hooks, heard, types } = listening();
    hooks.add({ name: "args", point: "tool.before", run: () => ({ data: { text: "changed" } }) });
    expect(await executeTool(echo(), { text: "x" }, { signal, run })).toEqual({ text: "changed" });
    expect(types()).toEqual(["tool.started", "tool.completed"]);
    expect(heard[0]?.payload).toEqual({ step: 0, id: "", name: "echo", args: { text: "x" } });
    hooks.add({ name: "guard", point: "tool.before", run: () => ({ stop: true, reason: "no" }) });
    await expect(executeTool(echo(), {}, { signal, run })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(types().slice(2)).toEqual(["tool.started", "tool.failed"]);
  });

  it("HOOK-1: each tool of a pipeline and of several at once is an operation, once", async () => {
    const { run, heard } = listening();
    const pipeline = pipelineTool({
      name: "both",
      description: "x",
      parameters: {},
      stages: [{ tool: echo() }, { tool: echo() }],
    });
    await executeTool(pipeline, { text: "x" }, { signal, run });
    await runTools([{ tool: echo(), args: {} }], { signal, run });
    const agent = createAgent(
      { name: "a", tools: [echo()] },
      { ...scriptedModels({ toolCalls: [{ name: "echo" }] }, "done"), context: run },
    );
    await agent.run("go");
    const started = heard.filter(({ type }) => type === "tool.started");
    expect(started.map(({ payload }) => (payload as { name: string }).name)).toEqual([
      "both",
      "echo",
      "echo",
      "echo",
      "echo",
    ]);
  });

  it("EVT-7: who hears of arguments and results cannot change them", async () => {
    const { run, heard } = listening();
    const spoil = createEmitter();
    spoil.on("tool.*", ({ payload }) => {
      const { args, result } = payload as { args: { text: string }; result?: { text: string } };
      args.text = "spoiled";
      if (result !== undefined) result.text = "spoiled";
    });
    const tool = echo();
    const call = { toolCalls: [{ name: "echo", args: { text: "x" } }] };
    const agent = createAgent(
      { name: "a", tools: [tool] },
      { ...scriptedModels(call, "done"), context: createContext({ events: spoil }) },
    );
    const { toolCalls } = await agent.run("go");
    expect(toolCalls[0]).toMatchObject({ args: { text: "x" }, result: { text: "x" } });
    // Nor does what the tool does with them later change what was told.
    const greedy = createScriptedTool({ name: "greedy" }, { every: (args) => delete args["text"] });
    await executeTool(greedy, { text: "x" }, { signal, run });
    expect(heard[0]?.payload).toMatchObject({ args: { text: "x" } });
    const odd = createScriptedTool({ name: "odd" }, { every: () => ({ work: () => 1 }) });
    await executeTool(odd, {}, { signal, run });
    expect(heard.at(-1)?.payload).toMatchObject({ result: { work: expect.any(Function) } });
  });
});

describe("a model that is asked outside of an agent", () => {
  const request = { messages: [{ role: "user" as const, content: "hello" }] };

  it("HOOK-1, EVT-7: passes the hooks of its run and tells events", async () => {
    const { run, hooks, heard, types } = listening();
    hooks.add({
      name: "shout",
      point: "model.after",
      run: ({ data }) => ({ data: { ...data, text: data.text.toUpperCase() } }),
    });
    const model = createScriptedModel(["hello", { error: new Error("down") }]);
    expect((await callModel(model, request, { context: run })).text).toBe("HELLO");
    await expect(callModel(model, request, { context: run, retry: { maxAttempts: 1 } })).rejects.toThrow("down");
    expect(types()).toEqual(["model.started", "model.completed", "model.started", "model.failed"]);
    expect(heard[0]?.payload).toEqual({ step: 0, provider: "scripted", model: "scripted" });
  });

  it("tells and calls nothing without a run", async () => {
    expect((await callModel(createScriptedModel(["hello"]), request)).text).toBe("hello");
  });
});
