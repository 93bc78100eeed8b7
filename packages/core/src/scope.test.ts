import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createAgent } from "./agent/agent.js";
import { createContext, type Context } from "./context.js";
import { createEmitter } from "./events/emitter.js";
import { createScope } from "./scope.js";
import { trackLeaks } from "./testing/leaks.js";
import { scriptedModels } from "./testing/scripted-models.js";
import { defineTool } from "./tools/tool.js";
import { runWorkflow } from "./index.js";

/** A tool that opens something of each kind for the run that calls it. */
function openingTool(seen: Context[], opened: unknown[] = []) {
  return defineTool({
    name: "open",
    description: "Opens things",
    parameters: { type: "object" },
    async execute(_, { run }) {
      if (run === undefined) throw new Error("no run");
      seen.push(run);
      run.scope.own("file", await open(fileURLToPath(import.meta.url)), (file) => file.close());
      run.scope.own(
        "timer",
        setInterval(() => {}, 60_000),
        (timer) => clearInterval(timer),
      );
      const listener = (): void => {};
      process.on("SIGUSR2", listener);
      run.scope.own("listener", listener, () => process.off("SIGUSR2", listener));
      run.scope.own("buffer", new Uint8Array(1024), () => {});
      opened.push(run.scope.counts());
    },
  });
}
const call = { toolCalls: [{ name: "open", args: {} }] };
const COUNTS = { file: 1, timer: 1, listener: 1, buffer: 1 };

describe("what a run opens", () => {
  it.each(["ends well", "fails", "is cancelled"])("CORE-9: is released when the run %s", async (how) => {
    await using _ = trackLeaks();
    const seen: Context[] = [];
    const opened: unknown[] = [];
    const stop = new AbortController();
    const last = {
      "ends well": "done",
      fails: { error: new Error("down") },
      "is cancelled": () => {
        stop.abort();
        return new Promise<string>(() => {});
      },
    }[how];
    const { models } = scriptedModels(call, last ?? "done");
    const agent = createAgent({ name: "a", tools: [openingTool(seen, opened)] }, { models });
    const [outcome] = await Promise.allSettled([agent.run("go", { signal: stop.signal })]);
    expect(outcome.status).toBe(how === "ends well" ? "fulfilled" : "rejected");
    expect(opened).toEqual([COUNTS]);
    expect(seen[0]?.scope.counts()).toEqual({});
  });

  it("CORE-9: what is forgotten makes a test fail", async () => {
    let forgotten: NodeJS.Timeout | undefined;
    const tool = defineTool({
      name: "open",
      description: "Forgets to release",
      parameters: { type: "object" },
      execute: () => void (forgotten = setInterval(() => {}, 60_000)),
    });
    const run = async (): Promise<void> => {
      await using _ = trackLeaks({ graceMs: 20 });
      await createAgent({ name: "a", tools: [tool] }, scriptedModels(call, "done")).run("go");
    };
    await expect(run()).rejects.toThrow("something was not released:\n  timer:");
    clearInterval(forgotten);
  });

  it("CORE-9: each run inside another has its own, and a workflow too", async () => {
    const seen: Context[] = [];
    const inner = createAgent({ name: "inner", tools: [openingTool(seen)] }, scriptedModels(call, "done"));
    const counts: unknown[] = [];
    await runWorkflow(
      {
        pattern: "sequential",
        steps: [
          {
            async run(_, { run }) {
              run?.scope.own("lock", {}, () => {});
              await inner.run("go", run === undefined ? {} : { context: run });
              counts.push(run?.scope.counts(), seen[0]?.scope.counts());
            },
          },
        ],
      },
      null,
      { context: createContext() },
    );
    expect(counts).toEqual([{ lock: 1 }, {}]);
  });

  it("CORE-9: a tool that goes on after its run has ended gets nothing more", async () => {
    let late: Context | undefined;
    const tool = defineTool({
      name: "open",
      description: "Keeps its run",
      parameters: { type: "object" },
      execute: (_, { run }) => void (late = run),
    });
    await createAgent({ name: "a", tools: [tool] }, scriptedModels(call, "done")).run("go");
    let released = false;
    expect(() => late?.scope.own("file", {}, () => (released = true))).toThrow("the run has ended");
    expect(released).toBe(true);
  });

  it("CORE-9: is released in reverse order, once, also before the end", async () => {
    const order: string[] = [];
    const scope = createScope();
    const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];
    for (const thing of [a, b, c]) scope.own("thing", thing, async ({ name }) => void order.push(name));
    expect([await scope.release(b), await scope.release(b)]).toEqual([true, false]);
    expect(scope.counts()).toEqual({ thing: 2 });
    await scope[Symbol.asyncDispose]();
    await scope[Symbol.asyncDispose]();
    expect([order, scope.counts()]).toEqual([["b", "c", "a"], {}]);
    expect(() => scope.own("thing", { name: "late" }, ({ name }) => order.push(name))).toThrow("the run has ended");
    expect(order.at(-1)).toBe("late");
  });

  it("CORE-9: what cannot be released is told and holds up nothing", async () => {
    const events = createEmitter();
    const told: unknown[] = [];
    events.on("run.release.failed", ({ payload }) => void told.push(payload));
    let released = false;
    const tool = defineTool({
      name: "open",
      description: "Opens what cannot be closed",
      parameters: { type: "object" },
      execute(_, { run }) {
        run?.scope.own("file", {}, () => (released = true));
        run?.scope.own("socket", {}, () => Promise.reject(new Error("stuck")));
      },
    });
    const { models } = scriptedModels(call, "done");
    const agent = createAgent({ name: "a", tools: [tool] }, { models, context: createContext({ events }) });
    expect((await agent.run("go")).content).toBe("done");
    expect([released, told]).toEqual([true, [{ kind: "socket", error: { code: "INTERNAL", message: "stuck" } }]]);
  });
});
