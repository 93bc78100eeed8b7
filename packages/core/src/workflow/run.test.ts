import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it, onTestFinished } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { buildWorkflow } from "./build-workflow.js";
import type { Step, Workflow } from "./definition.js";
import { toMermaid } from "./mermaid.js";
import { createFileWorkflows, createMemoryWorkflows } from "./repository.js";
import { createMemoryRuns, type RunStore } from "./run-store.js";
import { resumeWorkflow, runWorkflow, startWorkflow } from "./run.js";
import { openRuns } from "./sqlite-runs.js";
import { validateWorkflow } from "./validate.js";

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "llmspell-workflows-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const endless: Step = { id: "endless", run: () => new Promise(() => {}) };

/** Steps that note when they ran. */
function noted(): { ran: string[]; step: (id: string, more?: Partial<Step>) => Step } {
  const ran: string[] = [];
  const step = (id: string, more: Partial<Step> = {}): Step => ({ id, run: () => (ran.push(id), id), ...more }) as Step;
  return { ran, step };
}

describe("a run", () => {
  it("WF-11: cancel aborts the step under way, undoes what is finished and says so", async () => {
    const undone: unknown[] = [];
    let aborted = false;
    const steps: Step[] = [
      { id: "a", run: () => 1, compensate: { run: (given) => void undone.push(given) } },
      {
        id: "p",
        parallel: [
          {
            id: "b",
            run: (_, { signal }) =>
              new Promise((_resolve, reject) =>
                signal.addEventListener("abort", () => ((aborted = true), reject(new Error("stop")))),
              ),
          },
          endless,
        ],
      },
      { id: "never", run: () => expect.unreachable() },
    ];
    const run = await startWorkflow({ steps }, "in");
    while (run.status().running.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(run.status()).toEqual({ status: "running", running: ["p/b", "p/endless"], progress: 1 / 3, errors: [] });
    run.cancel("enough");
    const result = await run.result;
    expect(result).toMatchObject({ status: "cancelled", error: { code: "CANCELLED", message: "enough" } });
    expect(result.steps.map(({ status }) => status)).toEqual(["completed", "cancelled", "cancelled"]);
    expect([undone, aborted]).toEqual([[{ input: "in", output: 1 }], true]);
    expect(run.status()).toMatchObject({ status: "cancelled", running: [] });
  });

  it("WF-11: pause lets steps end and starts no more; step does one; resume goes on", async () => {
    const clock = createManualClock();
    const { ran, step } = noted();
    const slow: Step = { id: "slow", run: (_, { signal }) => clock.sleep(10, signal) };
    const run = await startWorkflow({ steps: [slow, step("a"), step("b"), step("c")] }, null);
    while (run.status().running.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const paused = run.pause();
    await clock.advance(10);
    await paused;
    expect([run.status().status, ran]).toEqual(["paused", []]);
    expect(await run.step()).toMatchObject({ path: "a", status: "completed" });
    expect([ran, Object.keys(run.results())]).toEqual([["a"], ["slow", "a"]]);
    run.resume();
    expect(await run.result).toMatchObject({ status: "completed", output: "c" });
    expect(await run.step()).toBeUndefined();
    run.resume();
    expect([run.status().status, run.status().progress]).toEqual(["completed", 1]);
  });

  it("WF-11: a step that fails has ended, its fallback is another one", async () => {
    const { step } = noted();
    const failing: Step = { id: "a", run: () => Promise.reject(new Error("no")), fallback: step("b") };
    const run = await startWorkflow({ steps: [failing, step("c")] }, null);
    await run.pause();
    expect([run.status().running, run.results()]).toEqual([[], {}]);
    run.resume();
    expect(await run.result).toMatchObject({ status: "completed", output: "c" });
  });

  it("WF-11: step does one that works, with the conditions before it and its fallback", async () => {
    const { ran, step } = noted();
    const failing: Step = { id: "f", run: () => Promise.reject(new Error("no")), fallback: step("b") };
    const loop: Step = { id: "l", while: () => ran.length < 3, do: [step("a")], break: () => ran.length === 2 };
    const steps = [failing, { id: "p", parallel: [loop, step("c")] }, step("d")];
    const run = await startWorkflow({ steps }, null, { paused: true });
    const paths: unknown[] = [];
    for (let count = 0; count < 5; count++) {
      paths.push((await run.step())?.path);
      expect([ran.length, run.status().running]).toEqual([Math.min(count + 1, 4), []]);
    }
    expect(paths).toEqual(["f~fallback", "p/c", "p/l[0]/a", "d", undefined]);
    expect(await run.result).toMatchObject({ status: "completed", output: "d" });
  });

  it("WF-11: two who ask for a step get one each", async () => {
    const { ran, step } = noted();
    const run = await startWorkflow({ steps: ["a", "b", "c"].map((id) => step(id)) }, null, { paused: true });
    const both = await Promise.all([run.step(), run.step()]);
    expect([both.map((ended) => ended?.path), ran]).toEqual([
      ["a", "b"],
      ["a", "b"],
    ]);
    run.cancel();
    await run.result;
  });

  it("WF-10: what the caller's function throws interrupts the run, all of it, and the run can go on", async () => {
    const store = createMemoryRuns();
    const { ran, step } = noted();
    let signalOfB: AbortSignal | undefined;
    let finish = (): void => {};
    const bEnds = new Promise<string>((resolve) => (finish = () => resolve("b")));
    const parallel: Step[] = [
      { id: "b", run: (_, { signal }) => ((signalOfB ??= signal), bEnds) },
      step("a"),
      { id: "c", sequential: [{ id: "c1", run: () => bEnds }, step("c2")] },
    ];
    const onStep = ({ id }: { id: string }): void => {
      if (id === "a") throw new Error("no more");
    };
    const run = await startWorkflow({ steps: [{ id: "p", parallel }] }, null, { store, onStep, runId: "r" });
    await expect(run.result).rejects.toThrow("no more");
    expect(signalOfB?.aborted).toBe(true);
    finish();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(store.records("r").map(({ id }) => id)).toEqual(["a"]);
    const again = await resumeWorkflow({ steps: [{ id: "p", parallel }] }, "r", { store });
    expect(await again.result).toMatchObject({ status: "completed", output: { a: "a", b: "b", c: "c2" } });
    expect(ran).toEqual(["a", "c2"]);
  });

  it("WF-10: a store that fails interrupts the run, also inside of groups: nothing is undone", async () => {
    const memory = createMemoryRuns();
    const broken = new SpellError("IO_ERROR", "the disk is full");
    let isFull = true;
    const store: RunStore = {
      ...memory,
      record(id, record) {
        if (isFull && record.id === "b") throw broken;
        memory.record(id, record);
      },
    };
    const { ran, step } = noted();
    const a = step("a", { compensate: { run: () => expect.unreachable() } });
    const inner = { id: "inner", sequential: [a, step("b"), step("c")], fallback: { run: () => expect.unreachable() } };
    const workflow = { steps: [{ id: "outer", sequential: [inner] }, step("d")] };
    await expect(runWorkflow(workflow, null, { store, runId: "r" })).rejects.toBe(broken);
    expect(ran).toEqual(["a", "b"]);
    isFull = false;
    const again = await resumeWorkflow(workflow, "r", { store });
    expect(await again.result).toMatchObject({ status: "completed", output: "d" });
    expect(ran).toEqual(["a", "b", "b", "c", "d"]);
  });

  it("WF-11: starts paused, and a paused one can be cancelled", async () => {
    const { ran, step } = noted();
    const run = await startWorkflow({ steps: [step("a")] }, null, { paused: true });
    expect(run.status().status).toBe("paused");
    run.cancel();
    expect([(await run.result).status, ran]).toEqual(["cancelled", []]);
  });

  it("WF-11: the input has a schema", async () => {
    const workflow: Workflow = {
      name: "w",
      inputSchema: { type: "number" },
      steps: [{ transform: { direct: "input" } }],
    };
    await expect(runWorkflow(workflow, "x")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    const outer = await runWorkflow({ steps: [{ workflow, input: { constant: "x" } }] }, null);
    expect(outer.error?.message).toContain("the input of 'w' is not valid");
  });
});

const stores: [string, () => Promise<RunStore>][] = [
  ["memory", async () => createMemoryRuns()],
  ["SQLite", async () => openRuns(path.join(await folder(), "runs.db"))],
  ["SQLite in memory", () => openRuns(":memory:")],
];

describe.each(stores)("a run stored in %s", (_, open) => {
  it("WF-10: goes on after an interruption without repeating what is finished", async () => {
    using store = await open();
    const { ran, step } = noted();
    const controller = new AbortController();
    let broken = true;
    const stuck: Step = { id: "stuck", run: () => (broken ? (controller.abort(), new Promise(() => {})) : "free") };
    const workflow: Workflow = {
      name: "w",
      variables: { n: 0 },
      steps: [
        step("a", { set: { n: { expression: "vars.n + 1" } } }),
        { id: "p", parallel: [step("b"), { foreach: { constant: [1, 2] }, do: [step("c")] }] },
        { id: "choice", if: () => broken, do: [step("then")], else: [step("else")] },
        stuck,
        { id: "end", transform: { fields: { n: { direct: "n" }, p: { path: "$.steps.p.b" } } } },
      ],
    };
    const first = startWorkflow(workflow, { any: 1 }, { store, runId: "r", signal: controller.signal });
    await expect((await first).result).rejects.toMatchObject({ code: "CANCELLED" });
    expect(store.get("r")).toMatchObject({ status: "running", workflow: "w", input: { any: 1 } });
    const before = [...ran];
    store.copy("r", "copy");
    broken = false;
    for (const id of ["r", "copy"]) {
      const again = await resumeWorkflow(workflow, id, { store, paused: true });
      await expect(resumeWorkflow(workflow, id, { store })).rejects.toMatchObject({ code: "INVALID_STATE" });
      expect(() => store.delete(id)).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
      again.resume();
      expect(await again.result).toMatchObject({ status: "completed", output: { n: 1, p: "b" } });
    }
    expect(ran).toEqual(before);
    expect(ran).toContain("then");
    expect(await (await resumeWorkflow(workflow, "r", { store })).result).toMatchObject({ output: { n: 1, p: "b" } });
    expect(
      store
        .list({ status: "completed" })
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(["copy", "r"]);
    expect(store.list({ workflow: "other" })).toEqual([]);
    expect([store.delete("r"), store.delete("r"), store.get("r")]).toEqual([true, false, undefined]);
  });

  it("WF-10: a function with other code is another definition", async () => {
    using store = await open();
    const adding = (): Workflow => ({ steps: [{ run: (n) => Number(n) + 1 }] });
    await runWorkflow(adding(), 1, { store, runId: "r" });
    expect((await (await resumeWorkflow(adding(), "r", { store })).result).output).toBe(2);
    const taking: Workflow = { steps: [{ run: (n) => Number(n) - 1 }] };
    await expect(resumeWorkflow(taking, "r", { store })).rejects.toMatchObject({ code: "SNAPSHOT_INVALID" });
  });

  it("WF-10: another definition, an unknown run and one that is there already are refused", async () => {
    using store = await open();
    const workflow: Workflow = { steps: [{ transform: { constant: 1 } }] };
    await runWorkflow(workflow, null, { store, runId: "r" });
    await expect(runWorkflow(workflow, null, { store, runId: "r" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await expect(resumeWorkflow({ steps: [{ transform: { constant: 2 } }] }, "r", { store })).rejects.toMatchObject({
      code: "SNAPSHOT_INVALID",
      message: "run 'r' was started with another definition of its workflow",
    });
    await expect(resumeWorkflow(workflow, "x", { store })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(() => store.copy("x", "y")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
    // The refused one was given back.
    expect((await (await resumeWorkflow(workflow, "r", { store })).result).output).toBe(1);
  });

  it("WF-10: what was paused, cancelled or stopped by a sibling stays so", async () => {
    using store = await open();
    const { ran, step } = noted();
    const workflow: Workflow = {
      steps: [
        step("a", { compensate: step("undo") }),
        {
          id: "p",
          failFast: true,
          parallel: [
            { id: "bad", run: () => Promise.reject(new SpellError("NOT_FOUND", "gone")) },
            endless,
            step("late"),
          ],
        },
      ],
    };
    const failed = await runWorkflow(workflow, null, { store, runId: "r" });
    expect(failed).toMatchObject({ status: "failed", error: { code: "NOT_FOUND" } });
    const before = ran.length;
    const again = await (await resumeWorkflow(workflow, "r", { store })).result;
    expect(again).toMatchObject({
      status: "failed",
      error: { code: "NOT_FOUND" },
      compensations: [{ path: "a~compensate" }],
    });
    expect(ran).toHaveLength(before);

    const pausing: Workflow = { steps: [step("x"), step("y")] };
    const run = await startWorkflow(pausing, null, { store, runId: "paused", paused: true });
    expect(store.get("paused")?.status).toBe("paused");
    run.cancel();
    await run.result;
    expect((await (await resumeWorkflow(pausing, "paused", { store })).result).status).toBe("cancelled");
    expect(ran).toHaveLength(before);
  });

  it("WF-10: rounds that give nothing can be stored", async () => {
    const loop: Step = { for: { from: 1, to: 2 }, do: [{ run: () => {} }] };
    const result = await runWorkflow({ steps: [loop] }, null, { store: createMemoryRuns() });
    expect(result).toMatchObject({ status: "completed", output: [null, null] });
  });

  it("WF-10: an output that cannot be stored fails its step; a wait is not begun again", async () => {
    using store = await open();
    const result = await runWorkflow({ steps: [{ id: "s", run: () => new Map() }] }, null, { store });
    expect(result.error).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("the output of step 's' cannot be stored"),
    });

    const clock = createManualClock(1000);
    const waits: Workflow = { steps: [{ delay: 100 }] };
    const controller = new AbortController();
    const options = { store, runId: "w", services: { clock } };
    const run = await startWorkflow(waits, 7, { ...options, signal: controller.signal });
    await clock.advance(60);
    controller.abort();
    await expect(run.result).rejects.toMatchObject({ code: "CANCELLED" });
    const rest = await resumeWorkflow(waits, "w", options);
    await clock.advance(40);
    expect((await rest.result).output).toBe(7);
  });
});

describe("validation", () => {
  it("WF-11: names the cycle of workflows that include each other", async () => {
    const workflows = createMemoryWorkflows();
    const including = (name: string): Workflow => ({ steps: [{ workflow: name }] });
    await workflows.save("a", including("b"));
    await workflows.save("b", including("c"));
    await workflows.save("c", including("a"));
    const problems = await validateWorkflow({ name: "main", ...including("a") }, { workflows });
    expect(problems).toEqual([
      { at: "workflow 'c': steps[0].workflow", message: "workflows include each other: a → b → c → a" },
    ]);
    const self: { steps: Step[] } = { steps: [] };
    self.steps.push({ workflow: self });
    expect((await validateWorkflow(self))[0]?.message).toBe("the workflow includes itself");
    expect((await validateWorkflow({ name: "a", ...including("a") }, { workflows }))[0]?.message).toContain("a → a");
    expect((await validateWorkflow(including("x")))[0]?.message).toContain("no repository");
    expect((await validateWorkflow(including("aa"), { workflows }))[0]?.message).toContain("did you mean 'a'?");
  });

  it.each<[unknown, string, string]>([
    [5, "", "a workflow must be an object"],
    [{ stepz: [] }, "", "at least one step"],
    [{ steps: [{ delay: 1 }], patern: "parallel" }, "", "there is no field 'patern' here, did you mean 'pattern'?"],
    [
      {
        steps: [
          { id: "a", delay: 1 },
          { id: "a", delay: 1 },
        ],
      },
      "steps[1].id",
      "two steps are named 'a'",
    ],
    [{ steps: [{ id: "step-2", delay: 1 }, { delay: 1 }] }, "steps[1]", "its place names it 'step-2'"],
    [
      {
        steps: [
          { id: "x", if: "true", do: [{ delay: 1 }], else: [{ delay: 1 }] },
          { id: "x.else", parallel: [{ delay: 1 }] },
        ],
      },
      "steps[1].parallel[0]",
      "its place names it 'x.else.1'",
    ],
    [{ steps: [{ transform: { direct: "step-2" } }] }, "steps[0].transform.direct", "no variable or step is named"],
    [{ steps: [{ id: "a b", delay: 1 }] }, "steps[0].id", "an id is a letter"],
    [{ steps: [{ delay: 1, tool: "x" }] }, "steps[0]", "more than one of"],
    [{ steps: ["x"] }, "steps[0]", "a step must be an object"],
    [{ steps: [{ delay: -1 }] }, "steps[0].delay", "0 or more"],
    [
      { steps: [{ transform: { direct: "tota" } }], variables: { total: 1 } },
      "steps[0].transform.direct",
      "did you mean 'total'?",
    ],
    [{ steps: [{ transform: { transform: "uper" } }] }, "steps[0].transform.transform", "did you mean 'upper'?"],
    [{ steps: [{ transform: { konstant: 1 } }] }, "steps[0].transform", "did you mean 'constant'?"],
    [{ steps: [{ transform: { direct: "input", of: { constant: 1 } } }] }, "steps[0].transform", "'of' belongs"],
    [{ steps: [{ if: 5, do: [{ delay: 1 }] }] }, "steps[0].if", "it must be an expression"],
    [{ steps: [{ if: "true" }] }, "steps[0]", "'do' is missing"],
    [{ steps: [{ script: "x" }] }, "steps[0]", "'language' is missing"],
    [{ steps: [{ if: { script: "x" }, do: [{ delay: 1 }] }] }, "steps[0].if", "'language' is missing"],
    [{ steps: [{ tool: "x", retry: { strategy: "fibonaci" } }] }, "steps[0].retry.strategy", "fibonacci"],
    [{ steps: [{ tool: "x", retry: { on: ["NETWORK_EROR"] } }] }, "steps[0].retry.on", "did you mean 'NETWORK_ERROR'?"],
    [{ steps: [{ tool: "x", retry: { on: "io" } }] }, "steps[0].retry.on", "a list of codes"],
    [{ steps: [{ tool: {} }] }, "steps[0].tool", "a function 'execute'"],
    [{ steps: [{ delay: 1, retry: {} }] }, "steps[0]", "there is no field 'retry' here"],
    [{ steps: [{ for: { from: 0.5, to: 2 }, do: [{ delay: 1 }] }] }, "steps[0].for.from", "a whole number"],
    [{ steps: [{ for: { from: 0, to: 2, by: 0 }, do: [{ delay: 1 }] }] }, "steps[0].for.by", "other than 0"],
    [{ steps: [{ run: 5 }] }, "steps[0]", "'run' must be a function"],
    [{ steps: [{ delay: 1 }], variables: { __proto__: null, "a-b": 1 } }, "variables.a-b", "a variable's name"],
    [{ steps: [{ transform: { fields: 5 } }] }, "steps[0].transform.fields", "it must be an object"],
    [{ steps: [{ transform: { expression: "x".repeat(10_001) } }] }, "steps[0].transform.expression", "longer than"],
  ])("WF-11: %j is told with its place", async (definition, at, message) => {
    expect(await validateWorkflow(definition)).toContainEqual({ at, message: expect.stringContaining(message) });
  });

  it("WF-11: looks names up, and bounds how deep a definition is", async () => {
    const get = (name: string): never => {
      throw new SpellError("NOT_FOUND", `no ${name}`);
    };
    const problems = await validateWorkflow(
      { steps: [{ agent: "a" }, { tool: "t" }] },
      { agents: { get }, tools: { get } },
    );
    expect(problems).toEqual([
      { at: "steps[0].agent", message: "no a" },
      { at: "steps[1].tool", message: "no t" },
    ]);
    let deep: Step = { delay: 1 };
    for (let level = 0; level < 1000; level++) deep = { sequential: [deep] };
    expect((await validateWorkflow({ steps: [deep] }))[0]?.message).toContain("nested more than 50 levels");
  });
});

describe("workflows by name", () => {
  const workflow: Workflow = { name: "w", steps: [{ id: "a", transform: { constant: [1] } }] };

  it("WF-8: memory and files keep workflows", async () => {
    const place = await folder();
    await writeFile(path.join(place, "by-hand.json"), JSON.stringify(workflow));
    for (const repository of [createMemoryWorkflows(), createFileWorkflows(path.join(place, "new"))]) {
      await repository.save("one", workflow);
      await repository.save("one", workflow);
      expect([await repository.load("one"), await repository.list()]).toEqual([workflow, ["one"]]);
      await expect(repository.load("on")).rejects.toThrow("there is no workflow 'on', did you mean 'one'?");
      await expect(repository.load("../x")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      await expect(repository.save("f", { steps: [{ run: () => 1 }] })).rejects.toMatchObject({ code: "UNSUPPORTED" });
      expect([await repository.delete("one"), await repository.delete("one"), await repository.list()]).toEqual([
        true,
        false,
        [],
      ]);
    }
    const files = createFileWorkflows(place);
    expect(await files.load("by-hand")).toEqual(workflow);
    await files.save("by-hand", workflow);
    expect((await readdir(place)).toSorted()).toEqual(["by-hand.yaml", "new"]);
    await expect(createFileWorkflows(path.join(place, "by-hand.yaml")).list()).rejects.toMatchObject({
      code: "IO_ERROR",
    });
  });

  it("WF-8: workflows in workflows have variables of their own, and are part of the definition", async () => {
    const workflows = createMemoryWorkflows();
    await workflows.save("inner", {
      variables: { n: 1 },
      pattern: "parallel",
      steps: [{ id: "x", transform: { expression: "vars.n + input" } }],
    });
    const outer: Workflow = {
      variables: { n: 100 },
      steps: [{ id: "i", workflow: "inner" }, { transform: { expression: "[vars.n, previous.x]" } }],
    };
    using store = createMemoryRuns();
    const options = { services: { workflows }, store, runId: "r" };
    expect((await runWorkflow(outer, 5, options)).output).toEqual([100, 6]);
    await workflows.save("inner", { steps: [{ transform: { constant: { x: 0 } } }] });
    await expect(resumeWorkflow(outer, "r", options)).rejects.toMatchObject({ code: "SNAPSHOT_INVALID" });
  });

  it("WF-8: a builder makes the same data", async () => {
    const built = buildWorkflow({ name: "b" })
      .variable("n", 2)
      .step("a", { transform: { expression: "vars.n * 2" } })
      .step({ transform: { expression: "previous + 1" } })
      .output({ fields: { a: { direct: "a" }, last: { direct: "step-2" } } })
      .build();
    expect((await runWorkflow(built, null)).output).toEqual({ a: 4, last: 5 });
    expect(() => buildWorkflow().build()).toThrow("at least one step");
  });
});

describe("toMermaid", () => {
  it("WF-11: draws every kind of step", () => {
    const workflow: Workflow = {
      name: 'say "hi"',
      steps: [
        { id: "ask", agent: "writer", fallback: { id: "plan-b", tool: "search" } },
        { id: "pay", tool: "pay", compensate: { id: "refund", tool: "refund" } },
        {
          id: "ok",
          if: "input.n > 1",
          do: [{ id: "t", delay: 5 }],
          else: [{ id: "e", script: "x", language: "lua" }],
        },
        { id: "maybe", if: { path: "$.a" }, do: [{ id: "m", workflow: "sub" }] },
        { id: "again", while: () => false, do: [{ id: "d", run: () => 1 }] },
        {
          id: "fan",
          parallel: [
            { id: "l", sequential: [{ id: "in", transform: { constant: 1 } }] },
            { id: "r", delay: 1 },
          ],
        },
      ],
    };
    expect(toMermaid(workflow)).toMatchInlineSnapshot(`
      "flowchart TD
        n1(["say #34;hi#34;"])
        n2["ask: agent writer"]
        n1 --> n2
        n3["plan-b: tool search"]
        n2 -.->|"on failure"| n3
        n4["pay: tool pay"]
        n2 --> n4
        n5["refund: tool refund"]
        n4 -.->|"to undo"| n5
        n6{"ok: input.n #62; 1"}
        n4 --> n6
        n7("t: 5 ms")
        n6 -->|"yes"| n7
        n8["e: lua script"]
        n6 -->|"no"| n8
        n9{"maybe: $.a"}
        n7 --> n9
        n8 --> n9
        n10[["m: workflow sub"]]
        n9 -->|"yes"| n10
        n11{{"again: while a function"}}
        n10 --> n11
        n9 --> n11
        n12["d: function"]
        n11 -->|"each round"| n12
        n12 -->|"next"| n11
        n13["fan: parallel"]
        n11 --> n13
        n14["l: sequential"]
        n13 --> n14
        n15["in: transform"]
        n14 --> n15
        n16("r: 1 ms")
        n13 --> n16
        n17(["end"])
        n15 --> n17
        n16 --> n17
      "
    `);
    expect(toMermaid({ pattern: "parallel", steps: [{ delay: 1 }, { delay: 2 }] })).toContain("n1 --> n3");
  });
});
