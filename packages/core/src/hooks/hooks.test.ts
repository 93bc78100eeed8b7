import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import type { AgentConfig } from "../agent/agent-config.js";
import { createContext, type Context } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { runWorkflow } from "../workflow/run.js";
import type { Hook } from "./hook.js";
import { createHooks, type Hooks } from "./hooks.js";
import { HOOK_POINTS, type HookPoint } from "./points.js";

const echo = defineTool({
  name: "echo",
  description: "Says it again",
  parameters: { type: "object", properties: { text: { type: "string" } } },
  execute: ({ text }) => text ?? "nothing",
});
const call = (args: object = {}) => ({ toolCalls: [{ id: "c1", name: "echo", args }] });

/** A hook at any point that does nothing but be there. */
function spy(point: HookPoint, name: string, seen: string[], more: Partial<Hook> = {}): Hook {
  const base = { name, point, ...more };
  if (!point.endsWith(".around")) return { ...base, run: () => void seen.push(name) } as Hook;
  const run = async (_: unknown, next: () => Promise<unknown>): Promise<unknown> => {
    seen.push(name);
    return await next();
  };
  return { ...base, run } as Hook;
}

async function run(
  hooks: readonly Hook[],
  steps: Parameters<typeof scriptedModels>,
  { context, config = {} }: { context?: Context; config?: Partial<AgentConfig> } = {},
) {
  const { models, model } = scriptedModels(...steps);
  const services = { models, ...(context === undefined ? {} : { context }) };
  const agent = createAgent({ name: "a", tools: [echo], hooks, ...config }, services);
  return { response: await agent.run("hello"), model };
}

const hooked = (hooks: Hooks): Context => createContext({ hooks });

describe("hooks", () => {
  it("HOOK-1: every point is reached", async () => {
    const seen: string[] = [];
    const hooks = createHooks(HOOK_POINTS.map((point) => spy(point, point, seen)));
    const context = hooked(hooks);
    await run([], [call(), "done"], { context });
    const steps = [{ run: () => 1 }];
    await runWorkflow({ pattern: "sequential", steps }, null, { context });
    // Errors of everything: a tool and a model that fail, a workflow whose listener does, a memory that cannot be read.
    const failing = createAgent(
      { name: "b", tools: [defineTool({ ...echo, execute: () => Promise.reject(new Error("no")) })] },
      { models: scriptedModels(call(), { error: new Error("down") }).models, context },
    );
    await expect(failing.run("x")).rejects.toThrow("down");
    const fail = (): never => {
      throw new Error("no");
    };
    await runWorkflow({ pattern: "sequential", steps: [{ run: fail }] }, null, { context });
    await expect(runWorkflow({ pattern: "sequential", steps }, null, { context, onStep: fail })).rejects.toThrow("no");
    const missing = HOOK_POINTS.filter((point) => !seen.includes(point) && !/^(memory|custom)\./.test(point));
    expect(missing).toEqual([]);
  });

  it("HOOK-5: hooks of an agent see its life in order, and the end also after an error", async () => {
    const seen: string[] = [];
    const points = [
      "agent.init",
      "agent.before",
      "model.before",
      "agent.after",
      "agent.error",
      "agent.cleanup",
    ] as const;
    const hooks = points.map((point) => spy(point, point, seen));
    await run(hooks, ["done"]);
    expect(seen).toEqual(["agent.init", "agent.before", "model.before", "agent.after", "agent.cleanup"]);
    seen.length = 0;
    await expect(run(hooks, [{ error: new Error("down") }])).rejects.toThrow("down");
    expect(seen).toEqual(["agent.init", "agent.before", "model.before", "agent.error", "agent.cleanup"]);
  });

  it("HOOK-6: the order is that of priorities, ties go by registration, outer contexts first", async () => {
    const seen: string[] = [];
    const at = (name: string, priority?: number): Hook =>
      spy("model.before", name, seen, priority === undefined ? {} : { priority });
    const context = hooked(createHooks([at("outer"), at("outer late", 10)]));
    await run([at("late", 10), at("a"), at("b"), at("first", -10)], ["x"], { context });
    expect(seen).toEqual(["first", "outer", "a", "b", "outer late", "late"]);
  });

  it("HOOK-2: stop prevents the later hooks and the operation", async () => {
    const seen: string[] = [];
    const stop: Hook = {
      name: "guard",
      point: "tool.before",
      run: () => ({ stop: true, reason: "not on Sundays" }),
    };
    const { response } = await run(
      [stop, spy("tool.before", "later", seen), spy("tool.after", "after", seen)],
      [call(), "ok"],
    );
    expect(seen).toEqual([]);
    expect(response.toolCalls).toEqual([
      {
        id: "c1",
        name: "echo",
        args: {},
        error: { code: "CANCELLED", message: "stopped by hook 'guard': not on Sundays" },
      },
    ]);
  });

  it("HOOK-2: stop with a result takes the place of the operation", async () => {
    const answer: Hook = {
      name: "stand-in",
      point: "tool.before",
      run: () => ({ stop: true, result: "from the hook" }),
    };
    const { response } = await run([answer], [call(), "ok"]);
    expect(response.toolCalls[0]).toMatchObject({ result: "from the hook" });
  });

  it("HOOK-1: hooks modify what goes in and what comes out, with the types of their point", async () => {
    const hooks: Hook[] = [
      { name: "ask louder", point: "model.before", run: ({ data }) => ({ data: { ...data, temperature: 1.5 } }) },
      { name: "args", point: "tool.before", run: () => ({ data: { text: "changed" } }) },
      { name: "result", point: "tool.after", run: ({ data }) => ({ data: `${String(data)}!` }) },
      {
        name: "shout",
        point: "model.after",
        run: ({ data }) => ({ data: { ...data, text: data.text.toUpperCase() } }),
      },
      {
        name: "sign",
        point: "agent.after",
        run: ({ data }) => ({ data: { ...data, content: `${data.content} — a` } }),
      },
    ];
    const { response, model } = await run(hooks, [call({ text: "x" }), "done"]);
    expect(model.requests[0]?.temperature).toBe(1.5);
    expect(response.toolCalls[0]).toMatchObject({ args: { text: "x" }, result: "changed!" });
    expect(response.content).toBe("DONE — a");
  });

  it("arguments that a hook made are checked as the model's are", async () => {
    const hook: Hook = { name: "bad", point: "tool.before", run: () => ({ data: { text: 3 } }) };
    const { response } = await run([hook], [call(), "ok"]);
    expect(response.toolCalls[0]).toMatchObject({ error: { code: "VALIDATION_FAILED" } });
  });

  it("HOOK-9: hooks around an operation wrap each other; next may be called again or not at all", async () => {
    const order: string[] = [];
    const around = (name: string): Hook => ({
      name,
      point: "model.around",
      async run(_, next) {
        order.push(`${name} in`);
        const answer = await next();
        order.push(`${name} out`);
        return answer;
      },
    });
    await run([around("outer"), around("inner")], ["x"]);
    expect(order).toEqual(["outer in", "inner in", "inner out", "outer out"]);

    const again: Hook = {
      name: "again",
      point: "tool.around",
      run: async (_, next) => [await next(), await next({ text: "other" })],
    };
    const { response } = await run([again], [call({ text: "x" }), "ok"]);
    expect(response.toolCalls[0]).toMatchObject({ result: ["x", "other"] });

    const never: Hook = { name: "never", point: "tool.around", run: () => "short" };
    expect((await run([never], [call(), "ok"])).response.toolCalls[0]).toMatchObject({ result: "short" });
  });

  it("HOOK-2: a hook at an error can replace it or recover", async () => {
    const recover: Hook = { name: "recover", point: "tool.error", run: () => ({ stop: true, result: "instead" }) };
    const failing = { tools: [defineTool({ ...echo, execute: () => Promise.reject(new Error("no")) })] };
    const { response } = await run([recover], [call(), "ok"], { config: failing });
    expect(response.toolCalls[0]).toMatchObject({ result: "instead" });
    const { SpellError } = await import("@llmspell/errors");
    const reword: Hook = {
      name: "reword",
      point: "tool.error",
      run: ({ data }) => ({ data: new SpellError("TOOL_FAILED", `sorry: ${data.code}`) }),
    };
    const other = await run([reword], [call(), "ok"], { config: failing });
    expect(other.response.toolCalls[0]).toMatchObject({ error: { message: "sorry: TOOL_FAILED" } });
  });

  it("FUT-6: a hook that promises is waited for, one in the background is not", async () => {
    const seen: string[] = [];
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let ended: Promise<void> | undefined;
    const hooks: Hook[] = [
      {
        name: "slow",
        point: "model.before",
        async run() {
          await new Promise((resolve) => setImmediate(resolve));
          seen.push("waited for");
        },
      },
      {
        name: "background",
        point: "model.before",
        background: true,
        run: () => (ended = held.then(() => void seen.push("background"))),
      },
      { ...spy("model.after", "after", seen) },
    ];
    await run(hooks, ["x"]);
    expect(seen).toEqual(["waited for", "after"]);
    release();
    await ended;
    expect(seen).toEqual(["waited for", "after", "background"]);
  });

  it("HOOK-4: tells who changed what, which errors were passed over, and what it is part of", async () => {
    let context: Context | undefined;
    const hooks: Hook[] = [
      { name: "change", point: "tool.before", run: () => ({ data: { text: "b" } }) },
      { name: "pass", point: "tool.before", run: () => undefined },
      {
        name: "broken",
        point: "tool.before",
        onError: "ignore",
        run() {
          throw new Error("oops");
        },
      },
      { name: "wrap", point: "tool.around", run: async (_, next) => `${String(await next({ text: "c" }))}d` },
      {
        name: "look",
        point: "tool.after",
        run({ run: inner, input, about, parent, values }) {
          context = inner;
          expect([input, about.name, parent?.operation, values.get("from")]).toEqual([
            { text: "c" },
            "echo",
            "agent",
            "before",
          ]);
        },
      },
      { name: "hand on", point: "tool.before", run: ({ values }) => void values.set("from", "before") },
      {
        name: "filter",
        point: "tool.before",
        onError: "ignore",
        filter: () => {
          throw new Error("no filter");
        },
        run: () => ({ stop: true }),
      },
    ];
    await run(hooks, [call({ text: "a" }), "ok"]);
    expect(context?.changes).toEqual([
      { hook: "change", point: "tool.before", before: { text: "a" }, after: { text: "b" } },
      { hook: "wrap", point: "tool.around", before: { text: "b" }, after: { text: "c" } },
      { hook: "wrap", point: "tool.around", before: "c", after: "cd" },
    ]);
    expect(context?.hookErrors.map(({ hook, error }) => [hook, error.message])).toEqual([
      ["broken", "oops"],
      ["filter", "no filter"],
    ]);
  });

  it("what a hook throws ends its operation; what one at the end of a run throws is noted", async () => {
    const fail = (point: "agent.before" | "agent.cleanup"): Hook => ({
      name: "fail",
      point,
      run() {
        throw new Error(`at ${point}`);
      },
    });
    await expect(run([fail("agent.before")], ["x"])).rejects.toThrow("at agent.before");
    const broken = (point: "tool.before" | "tool.around"): Hook => ({
      name: "guard",
      point,
      filter: () => {
        throw new Error(`no filter at ${point}`);
      },
      run: () => undefined as never,
    });
    for (const point of ["tool.before", "tool.around"] as const)
      expect((await run([broken(point)], [call({ text: "a" }), "ok"])).response.toolCalls[0]).toMatchObject({
        error: { message: `no filter at ${point}` },
      });
    const seen: string[] = [];
    await run([fail("agent.cleanup"), spy("agent.cleanup", "second", seen)], ["x"]);
    expect(seen).toEqual(["second"]);
  });

  it("HOOK-2: a stop at the begin refuses the run, one at the end only passes over the hooks after it", async () => {
    const seen: string[] = [];
    const skip: Hook = { name: "skip", point: "agent.cleanup", run: () => ({ stop: true }) };
    const { response } = await run([skip, spy("agent.cleanup", "later", seen)], ["x"]);
    expect([response.content, seen]).toEqual(["x", []]);
    const refuse: Hook = { name: "refuse", point: "agent.init", run: () => ({ stop: true, reason: "closed" }) };
    const { models, model } = scriptedModels("x");
    const events = createEmitter();
    const types: string[] = [];
    events.on("**", ({ type }) => void types.push(type));
    const agent = createAgent(
      { name: "a", hooks: [refuse, spy("agent.before", "before", seen), spy("agent.cleanup", "cleanup", seen)] },
      { models, context: createContext({ events }) },
    );
    await expect(agent.run("x")).rejects.toMatchObject({ code: "CANCELLED", details: { hook: "refuse" } });
    expect([seen, types, model.requests.length]).toEqual([["cleanup"], ["agent.started", "agent.failed"], 0]);
  });

  it("HOOK-1: the hooks of one run hand things on from its begin to its end", async () => {
    const seen: unknown[] = [];
    const key = Symbol("begun");
    const hooks: Hook[] = [
      { name: "begin", point: "agent.init", run: ({ values, input }) => void values.set(key, input.messages.length) },
      { name: "end", point: "agent.cleanup", run: ({ values }) => void seen.push(values.get(key)) },
    ];
    await run(hooks, ["x"]);
    expect(seen).toEqual([1]);
  });

  it.each(["model.before", "model.around", "agent.around"] as const)(
    "a hook that hangs at %s is given up with the run",
    async (point) => {
      const seen: string[] = [];
      const hang = { name: "hang", point, run: () => new Promise<never>(() => {}) } as Hook;
      const { models } = scriptedModels("x");
      const agent = createAgent({ name: "a", hooks: [hang, spy("agent.cleanup", "end", seen)] }, { models });
      await expect(agent.run("x", { timeoutMs: 20 })).rejects.toMatchObject({ code: "TIMEOUT" });
      expect(seen).toEqual(["end"]);
    },
  );

  it("the answer of a hook reaches those who follow the run", async () => {
    const answer: Hook = {
      name: "answer",
      point: "model.before",
      run: () => ({
        stop: true,
        result: {
          text: "from a hook",
          parts: [{ type: "text", text: "from a hook" }],
          toolCalls: [],
          finishReason: "stop",
          usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
        },
      }),
    };
    const heard: string[] = [];
    const { models, model } = scriptedModels();
    const agent = createAgent({ name: "a", hooks: [answer] }, { models });
    await agent.run("x", { onEvent: (event) => event.type === "model.text" && heard.push(event.payload.text) });
    expect([heard, model.requests.length]).toEqual([["from a hook"], 0]);
  });
});

describe("what hooks give", () => {
  it.each([
    ["agent.before", { data: {} }, "an input of 'agent' whose 'messages' is not a list"],
    ["agent.after", { data: undefined }, "an output of 'agent' that is no object"],
    ["agent.before", { stop: true, result: "hi" }, "an output of 'agent' that is no object"],
    ["model.before", { data: { messages: null } }, "an input of 'model' whose 'messages' is not a list"],
    ["model.after", { data: { text: 5 } }, "an output of 'model' whose 'text' is not a text"],
    ["model.around", undefined, "an output of 'model' that is no object"],
    ["model.around", "hi", "an output of 'model' that is no object"],
    ["agent.error", { data: "told otherwise" }, "told otherwise"],
  ] as const)("HOOK-1: at %s %j is refused by name", async (point, given, message) => {
    const hook = { name: "odd", point, run: () => given } as unknown as Hook;
    const steps = point === "agent.error" ? [{ error: new Error("down") }] : ["x"];
    const named = point === "agent.error" ? message : `hook 'odd' gives ${message}`;
    await expect(run([hook], steps)).rejects.toMatchObject({ name: "SpellError", message: named });
  });

  it("HOOK-1: a workflow has a status, whatever they make of its result", async () => {
    const context = hooked(createHooks([{ name: "odd", point: "workflow.after", run: () => ({ data: {} as never }) }]));
    await expect(runWorkflow({ steps: [{ delay: 0 }] }, 1, { context })).rejects.toThrow(
      "hook 'odd' gives an output of 'workflow' whose 'status' is not a text",
    );
  });

  it("HOOK-9: one that does not wait for what it surrounds does not end the process when that fails", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    let done = 0;
    const twice: Hook = { name: "twice", point: "custom.around", run: (_, next) => (void next(), void next(), 5) };
    const fails = async (): Promise<never> => {
      await new Promise((resolve) => setImmediate(resolve));
      done++;
      throw new Error("no");
    };
    const context = hooked(createHooks([twice]));
    const about = { name: "x" };
    expect(await context.operation("custom", 1, about, fails, () => ({}))).toBe(5);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect([done, unhandled]).toEqual([2, []]);
  });
});

describe("a list of hooks", () => {
  it("HOOK-3: can be changed while its hooks run", async () => {
    const seen: string[] = [];
    const hooks = createHooks();
    hooks.add({
      name: "first",
      point: "model.before",
      run() {
        seen.push("first");
        second.remove();
        second.enabled = true;
        hooks.add(spy("model.before", "new", seen));
      },
    });
    const second = hooks.add(spy("model.before", "second", seen));
    const third = hooks.add(spy("model.before", "third", seen));
    await run([], ["x"], { context: hooked(hooks) });
    expect(seen).toEqual(["first", "third"]);
    third.enabled = false;
    await run([], ["x"], { context: hooked(hooks) });
    expect(seen.slice(2)).toEqual(["first", "new"]);
    expect(third.stats).toMatchObject({ calls: 1, errors: 0 });
  });

  it("HOOK-3: lists hooks in the order of their calls and counts", async () => {
    const hooks = createHooks([spy("model.after", "b", []), spy("model.before", "a", [])]);
    {
      using broken = hooks.add({
        name: "broken",
        point: "model.before",
        priority: -1,
        run() {
          throw new Error("x");
        },
      });
      expect(hooks.list().map(({ hook }) => hook.name)).toEqual(["broken", "a", "b"]);
      await expect(run([], ["x"], { context: hooked(hooks) })).rejects.toThrow("x");
      expect(broken.stats).toMatchObject({ calls: 1, errors: 1 });
    }
    expect(hooks.list("model.before").map(({ hook }) => hook.name)).toEqual(["a"]);
    expect([hooks.empty, createHooks().empty]).toEqual([false, true]);
  });

  it.each([
    [null, "a hook must be an object"],
    [{ point: "model.before" }, "needs a 'name'"],
    [{ name: "x", point: "model.befor", run() {} }, "no hook point 'model.befor', did you mean 'model.before'?"],
    [{ name: "x", point: "model.before" }, "needs a function 'run'"],
    [{ name: "x", point: "model.before", priority: "high", run() {} }, "'priority'"],
    [{ name: "x", point: "model.around", background: true, run() {} }, "cannot be in the background"],
  ])("says what is wrong with %j", (hook, message) => {
    expect(() => createHooks([hook as never])).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });
});
