import { getEventListeners } from "node:events";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { deadline, overdue } from "../abort.js";
import { cachedTool } from "./cached-tool.js";
import { pipelineTool, runTools } from "./compose.js";
import { executeTool } from "./execute.js";
import { startTool } from "./start-tool.js";
import { createToolStats } from "./stats.js";
import { defineTool, type Tool, type ToolContext } from "./tool.js";

const context: ToolContext = { signal: new AbortController().signal };
const tool = (execute: Tool["execute"], extra: Partial<Tool> = {}): Tool =>
  defineTool({
    name: "t",
    description: "A tool",
    parameters: { type: "object", properties: { n: { type: "number" } } },
    execute,
    ...extra,
  });
const endless = (extra: Partial<Tool> = {}): Tool =>
  tool(
    (_args, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    extra,
  );

describe("executeTool", () => {
  it("TOOL-2: every way to fail has its own code, and is counted", async () => {
    const stats = createToolStats();
    const deny = (): never => {
      throw new SpellError("PERMISSION_DENIED", "no");
    };
    const cancelled = AbortSignal.timeout(5);
    const cases: [string, Tool, unknown, Partial<ToolContext>][] = [
      ["VALIDATION_FAILED", tool(() => 1), { n: "x" }, {}],
      ["PERMISSION_DENIED", tool(() => 1, { permissions: ["p"] }), {}, { authorize: deny }],
      ["TIMEOUT", endless({ timeoutMs: 5 }), {}, {}],
      ["CANCELLED", endless(), {}, { signal: cancelled }],
      ["TOOL_OUTPUT_INVALID", tool(() => "one", { output: { type: "number" } }), {}, {}],
      ["TOOL_FAILED", tool(() => Promise.reject(new Error("boom"))), {}, {}],
      ["NOT_FOUND", tool(() => Promise.reject(new SpellError("NOT_FOUND", "gone"))), {}, {}],
    ];
    for (const [code, failing, args, extra] of cases)
      await expect(executeTool(failing, args, { ...context, ...extra }, { stats }), `${code}`).rejects.toMatchObject({
        code,
      });
    expect(
      await executeTool(
        tool(() => 1, { output: { type: "number" } }),
        {},
        context,
        { stats },
      ),
    ).toBe(1);
    const { calls, failures, totalMs, maxMs } = stats.get("t");
    expect(calls).toBe(cases.length + 1);
    expect(failures).toEqual(Object.fromEntries(cases.map(([code]) => [code, 1])));
    expect(totalMs).toBeGreaterThanOrEqual(maxMs);
    expect(createToolStats(stats.all()).all()).toEqual(stats.all());
    expect(stats.get("other").calls).toBe(0);
    for (const bad of [null, { calls: -1 }, { ...stats.get("t"), failures: { NONSENSE: 1 } }])
      expect(() => createToolStats({ t: bad as never })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("TOOL-2: a timeout cancels the tool itself", async () => {
    let aborted = false;
    const obedient = tool((_args, { signal }) => {
      signal.addEventListener("abort", () => (aborted = true));
      return new Promise(() => {});
    });
    await expect(executeTool(obedient, {}, context, { timeoutMs: 5 })).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(aborted).toBe(true);
  });

  it("asks for every declared power, and refuses one that is not declared, also while the tool runs", async () => {
    const asked: string[] = [];
    const allow: ToolContext = { ...context, authorize: ({ capability }) => void asked.push(capability) };
    await executeTool(
      tool(() => 1, { permissions: ["a", "b"] }),
      {},
      allow,
    );
    expect(asked).toEqual(["a", "b"]);
    const early = tool(() => 1, { permissions: ["a"], capabilities: () => [{ capability: "c" }] });
    const late = tool(async (_args, { authorize }) => await authorize?.({ capability: "c" }), {
      permissions: ["a"],
      capabilities: () => [],
    });
    for (const sly of [early, late])
      await expect(executeTool(sly, {}, allow)).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
        message: "tool 't' does not declare that it needs 'c'",
      });
    expect(asked).toEqual(["a", "b"]);
  });
});

describe("pipelineTool", () => {
  const add = tool(({ n }) => ({ n: Number(n) + 1 }), { name: "add" });
  const show = tool(({ input, n }) => `${String(n ?? input)}!`, { name: "show", parameters: {} });

  it("TOOL-18: gives each stage what the one before returned", async () => {
    const line = pipelineTool({
      name: "line",
      description: "Adds twice and shows",
      parameters: add.parameters,
      stages: [
        { tool: add },
        { tool: add },
        { tool: show },
        { tool: show, args: (previous, input) => ({ input: `${String(previous)} of ${String(input["n"])}` }) },
        { tool: show },
      ],
    });
    const news: unknown[] = [];
    expect(await executeTool(line, { n: 1 }, { ...context, report: (progress) => news.push(progress) })).toBe(
      "3! of 1!!",
    );
    expect(news).toHaveLength(5);
    expect(news[1]).toEqual({ message: "add", fraction: 0.2 });
  });

  it("TOOL-18: ends with the first error, which says where", async () => {
    const broken = tool(() => Promise.reject(new Error("boom")), { name: "broken" });
    let ran = false;
    const line = pipelineTool({
      name: "line",
      description: "Breaks",
      parameters: {},
      stages: [{ tool: add }, { tool: broken }, { tool: tool(() => (ran = true)) }],
    });
    await expect(executeTool(line, { n: 1 }, context)).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: "tool 'broken' failed: boom",
      details: { stage: 2, tool: "broken" },
    });
    expect(ran).toBe(false);
    expect(() => pipelineTool({ name: "none", description: "x", parameters: {}, stages: [] })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
  });

  it("gives nobody a power that its stages were not given", async () => {
    const powerful = tool(() => 1, { permissions: ["p"] });
    const line = pipelineTool({ name: "line", description: "x", parameters: {}, stages: [{ tool: powerful }] });
    const authorize = (): never => {
      throw new SpellError("PERMISSION_DENIED", "no");
    };
    await expect(executeTool(line, {}, { ...context, authorize })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });
});

describe("runTools", () => {
  it("TOOL-18: keeps the order and the cap", async () => {
    let [running, most] = [0, 0];
    const slow = tool(async ({ n }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 10 - Number(n)));
      running--;
      return n;
    });
    const calls = Array.from({ length: 9 }, (_, n) => ({ tool: slow, args: { n } }));
    expect(await runTools(calls, context, { concurrency: 3 })).toEqual(
      calls.map(({ args }) => ({ status: "completed", result: args.n })),
    );
    expect(most).toBe(3);
    await expect(runTools(calls, context, { concurrency: 0 })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("TOOL-18: a failure stops the others only when that is wanted", async () => {
    const broken = { tool: tool(() => Promise.reject(new Error("boom"))), args: {} };
    const fine = { tool: tool(() => 1), args: {} };
    expect((await runTools([broken, fine], context)).map(({ status }) => status)).toEqual(["failed", "completed"]);
    const stopped = await runTools([{ tool: endless(), args: {} }, broken, fine], context, {
      concurrency: 2,
      stopOnError: true,
    });
    expect(stopped.map(({ status }) => status)).toEqual(["cancelled", "failed", "cancelled"]);
    await expect(runTools([{ tool: endless(), args: {} }], { signal: AbortSignal.timeout(5) })).rejects.toMatchObject({
      code: "CANCELLED",
    });
  });
});

describe("a call that keeps the event loop from running", () => {
  const computing = tool((_args, { signal }) => {
    // Not for ever, when it is not told.
    const end = performance.now() + 5000;
    while (overdue(signal) === undefined && performance.now() < end);
    return "not told";
  });

  it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ["runTools", (signal) => runTools([{ tool: computing, args: {} }], { signal })],
    ["startTool", (signal) => startTool(computing, {}, { signal }).result],
  ])("ends with the time of who asked for it, through %s", async (_name, run) => {
    using limit = deadline("the run", 20);
    await expect(run(limit.signal)).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("leaves nothing behind on the signal that it followed", async () => {
    const { signal } = new AbortController();
    await startTool(
      tool(() => 1),
      {},
      { signal },
    ).result;
    await runTools([{ tool: tool(() => 1), args: {} }], { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("startTool", () => {
  const counting = tool(async ({ n }, { report, signal }) => {
    for (let done = 1; done <= Number(n); done++) {
      if (signal.aborted) return "never seen";
      report?.({ fraction: done / Number(n), partial: done });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return "counted";
  });

  it("TOOL-19: returns at once, tells its progress, then its result", async () => {
    const heard: unknown[] = [];
    const run = startTool(counting, { n: 3 }, { ...context, report: ({ partial }) => heard.push(partial) });
    expect([run.status, run.progress]).toEqual(["running", undefined]);
    const seen: unknown[] = [];
    for await (const { partial } of run.updates()) seen.push([partial, run.status]);
    expect(seen).toEqual([
      [1, "running"],
      [2, "running"],
      [3, "running"],
    ]);
    expect(heard).toEqual([1, 2, 3]);
    expect([await run.result, run.status, run.progress]).toEqual(["counted", "completed", { fraction: 1, partial: 3 }]);
    run.cancel();
    expect(run.status).toBe("completed");
  });

  it("TOOL-19: cancelling aborts the call", async () => {
    const run = startTool(counting, { n: 1e9 }, context);
    for await (const { partial } of run.updates()) if (partial === 2) run.cancel();
    await expect(run.result).rejects.toMatchObject({
      code: "CANCELLED",
      message: "the call of tool 't' was cancelled",
    });
    expect(run.status).toBe("cancelled");
    const failed = startTool(
      tool(() => Promise.reject(new Error("boom"))),
      {},
      context,
    );
    await expect(failed.result).rejects.toMatchObject({ code: "TOOL_FAILED" });
    expect(failed.status).toBe("failed");
  });

  it("keeps a bounded number of news that nobody reads", async () => {
    const noisy = tool((_args, { report }) => {
      for (let index = 0; index < 10_002; index++) report?.({ partial: index });
    });
    const run = startTool(noisy, {}, context);
    await run.result;
    let first: unknown;
    for await (const { partial } of run.updates()) first ??= partial;
    expect(first).toBe(2);
  });
});

describe("cachedTool", () => {
  it("TOOL-17: runs once for the same arguments, in whatever order they are written", async () => {
    let runs = 0;
    const asked: string[] = [];
    const counting = tool(() => ++runs, { parameters: {}, capabilities: () => [{ capability: "p" }] });
    const allow: ToolContext = { ...context, authorize: ({ capability }) => void asked.push(capability) };
    const kept = cachedTool(counting, { maxEntries: 2 });
    const call = (args: object, cached = kept): Promise<unknown> => executeTool(cached, args, allow);
    expect([await call({ a: 1, b: [{ c: 1, d: 2 }] }), await call({ b: [{ d: 2, c: 1 }], a: 1 })]).toEqual([1, 1]);
    expect(asked).toEqual(["p", "p"]);
    expect([await call({ a: 2 }), await call({ a: 3 }), await call({ a: 2 })]).toEqual([2, 3, 2]);
    // The oldest of three was forgotten, and results do not stay for ever.
    expect(await call({ a: 1, b: [{ c: 1, d: 2 }] })).toBe(4);
    const brief = cachedTool(counting, { ttlMs: 1 });
    const first = await call({}, brief);
    await expect.poll(() => call({}, brief), { timeout: 20_000 }).not.toBe(first);
    let fails = 0;
    const failing = cachedTool(tool(() => Promise.reject(new Error(String(++fails)))));
    for (const attempt of [1, 2])
      await expect(executeTool(failing, {}, context)).rejects.toMatchObject({ message: `tool 't' failed: ${attempt}` });
  });
});
