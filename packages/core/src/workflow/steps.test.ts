import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createAgents } from "../agent/agents.js";
import { createContext } from "../context.js";
import { createEmitter } from "../events/emitter.js";
import { createHooks } from "../hooks/hooks.js";
import { createManualClock } from "../testing/manual-clock.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { createToolRegistry } from "../tools/registry.js";
import { defineTool } from "../tools/tool.js";
import type { Condition, Mapping, Step, Workflow } from "./definition.js";
import { createMemoryWorkflows } from "./repository.js";
import { runWorkflow, startWorkflow } from "./run.js";
import type { WorkflowServices } from "./services.js";
import { parseWorkflow, serializeWorkflow } from "./text.js";
import { validateWorkflow } from "./validate.js";

const output = async (workflow: Workflow, input?: unknown, services: WorkflowServices = {}): Promise<unknown> => {
  const result = await runWorkflow(workflow, input, { services });
  if (result.error !== undefined) throw result.error;
  return result.output;
};

/** Stands for engines: says what it was given, and counts its calls in a variable. */
const script: NonNullable<WorkflowServices["script"]> = async ({ language, source, input, variables }) => ({
  result: `${language}: ${source} of ${String(input)}`,
  variables: { ...variables, count: Number(variables["count"] ?? 0) + 1 },
});

function services(): WorkflowServices {
  const { models } = scriptedModels("about cats", "about dogs");
  const agents = createAgents({ models });
  agents.create({ name: "writer" });
  const tools = createToolRegistry();
  tools.add(
    defineTool({
      name: "add",
      description: "Adds",
      parameters: {
        type: "object",
        properties: { a: { type: "number" }, b: { type: "number" } },
        required: ["a", "b"],
      },
      execute: ({ a, b }) => Number(a) + Number(b),
    }),
  );
  return { agents, tools, script };
}

const nineKinds: Workflow = {
  name: "nine",
  variables: { count: 0, names: [] },
  steps: [
    { id: "ask", agent: "writer", input: { template: "Write about {{ input.topic }}" } },
    { id: "sum", tool: "add", input: { fields: { a: { constant: 2 }, b: { path: "$.input.n" } } } },
    {
      id: "big",
      if: "steps.sum > 4",
      do: [{ id: "yes", transform: { constant: "big" } }],
      else: [{ id: "no", transform: { constant: "small" } }],
    },
    {
      id: "each",
      foreach: { constant: ["x", "y"] },
      do: [{ id: "up", transform: { transform: "upper" }, set: { names: { expression: "vars.names + [output]" } } }],
    },
    {
      id: "both",
      maxConcurrency: 2,
      parallel: [
        { id: "left", transform: { direct: "sum" } },
        { id: "right", sequential: [{ id: "inner", transform: { expression: "steps.sum * 2" } }] },
      ],
    },
    { id: "code", script: "return 1", language: "lua", input: { constant: "it" } },
    { id: "rest", delay: 1 },
    {
      id: "end",
      transform: {
        fields: {
          text: { direct: "ask" },
          size: { direct: "big" },
          names: { direct: "names" },
          both: { direct: "both" },
          count: { direct: "count" },
          code: { direct: "code" },
        },
      },
    },
  ],
};

const ended = {
  text: "about cats",
  size: "big",
  names: ["X", "Y"],
  both: { left: 5, right: 10 },
  count: 1,
  code: "lua: return 1 of it",
};

describe("definitions", () => {
  it("WF-1: all nine kinds of steps run, with mappings between them", async () => {
    const result = await runWorkflow(nineKinds, { topic: "cats", n: 3 }, { services: services() });
    expect(result).toMatchObject({ status: "completed", output: ended });
    const kinds = ["agent", "tool", "condition", "loop", "parallel", "script", "delay", "transform"];
    expect(result.steps.map(({ kind }) => kind)).toEqual(kinds);
  });

  it.each(["json", "yaml"] as const)("WF-2: %s gives the same definition and the same run", async (format) => {
    const again = await parseWorkflow(await serializeWorkflow(nineKinds, format), format);
    expect(again).toEqual(nineKinds);
    expect(await output(again, { topic: "cats", n: 3 }, services())).toEqual(ended);
  });

  it("WF-2: functions have no form as text, and a wrong text says where", async () => {
    const steps: Step[] = [{ run: () => 1 }, { if: () => true, do: [{ delay: 1 }] }];
    await expect(serializeWorkflow({ steps })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("steps[0].run, steps[1].if"),
    });
    await expect(parseWorkflow("{", "json")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    await expect(parseWorkflow("steps:\n  - agnt: writer\n", "yaml")).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("did you mean 'agent'?"),
    });
  });

  it("WF-3: a sequence chains outputs and records the order", async () => {
    const add = (id: string, n: number): Step => ({ id, run: (input) => Number(input) + n });
    const result = await runWorkflow({ steps: [add("one", 1), add("ten", 10), add("hundred", 100)] }, 0);
    expect(result.steps.map(({ id, output: out }) => [id, out])).toEqual([
      ["one", 1],
      ["ten", 11],
      ["hundred", 111],
    ]);
  });
});

describe("mappings", () => {
  const rules: [string, Mapping, unknown][] = [
    ["direct", { direct: "who" }, "Ada"],
    ["path", { path: "$.input.items[?@.price > 10].name" }, ["b", "c"]],
    [
      "template",
      { template: "Hi {{ vars.who | upcase }}{% for i in input.items %} {{ i.name }}{% endfor %}" },
      "Hi ADA a b c",
    ],
    ["transform", { transform: "sum", of: { path: "$.input.items[*].price" } }, 36],
    ["constant", { constant: { any: [1] } }, { any: [1] }],
    ["expression", { expression: "input.items.filter(i, i.price > 10).map(i, i.price * 2 + 0.5)" }, [24.5, 42.5]],
  ];
  const input = {
    items: [
      { name: "a", price: 3 },
      { name: "b", price: 12 },
      { name: "c", price: 21 },
    ],
  };

  it.each(rules)(
    "WF-8: the rule %s gives the input of a step and of a workflow in a workflow",
    async (_, rule, wanted) => {
      const workflows = createMemoryWorkflows();
      await workflows.save("inner", { steps: [{ transform: { direct: "input" } }] });
      const steps: Step[] = [
        { id: "step", transform: rule },
        { id: "flow", workflow: "inner", input: rule },
        { id: "end", transform: { fields: { step: { direct: "step" }, flow: { direct: "flow" } } } },
      ];
      expect(await output({ variables: { who: "Ada" }, steps }, input, { workflows })).toEqual({
        step: wanted,
        flow: wanted,
      });
    },
  );

  it("WF-8: output and set rules see the output; own transforms come first", async () => {
    const steps: Step[] = [
      {
        id: "a",
        run: () => ({ n: 2 }),
        output: { transform: "twice", of: { path: "$.output.n" } },
        set: { kept: { direct: "output" } },
      },
      { transform: { expression: "[vars.kept, previous]" } },
    ];
    expect(await output({ steps }, null, { transforms: { twice: (n) => Number(n) * 2 } })).toEqual([4, 4]);
  });

  it.each([
    ["lines", "a\nb", ["a", "b"]],
    ["trim", " a ", "a"],
    ["lower", "A", "a"],
    ["text", { a: 1 }, '{"a":1}'],
    ["number", "4", 4],
    ["to_json", [1], "[1]"],
    ["parse_json", "[1]", [1]],
    ["length", "abc", 3],
    ["first", [1, 2], 1],
    ["last", [1, 2], 2],
    ["reverse", [1, 2], [2, 1]],
    ["flatten", [[1], [2]], [1, 2]],
    ["keys", { a: 1 }, ["a"]],
    ["values", { a: 1 }, [1]],
  ])("WF-8: the transform %s", async (transform, given, wanted) => {
    expect(await output({ steps: [{ transform: { transform } }] }, given)).toEqual(wanted);
  });

  it.each([
    [{ path: "$" }, { input: 1, previous: 2, vars: { v: 3, name: "a" }, steps: { a: 2 } }],
    [{ path: "$.*" }, [1, 2, { v: 3, name: "a" }, { a: 2 }]],
    [{ path: "$['steps'].a" }, 2],
    [{ path: "$..a" }, [2]],
    [{ path: "$.vars[?@ > $['steps']['a']]" }, [3]],
    [{ path: "$.output" }, undefined],
    [{ expression: "'steps' in vars || input in [steps.a - 1]" }, true],
    [{ expression: "output" }, "the expression 'output' cannot be used: Unknown variable: output"],
    [{ template: "{{ steps.a }}{{ vars.v }}" }, "23"],
    [{ template: "{{ steps['a'] }}{{ steps.size }}{% for s in steps %}{{ s[1] }}{% endfor %}" }, "212"],
    [{ template: "{% assign all = steps %}{{ all.a }}{{ steps[vars.name] }}{{ steps | json }}" }, '22{"a":2}'],
    [{ template: "{{ steps.b }}" }, expect.stringContaining("'steps.b' is missing")],
    [{ template: "{{ constructor }}" }, expect.stringContaining("'constructor' is missing")],
  ])("WF-8: %j sees what it names", async (rule: Mapping, wanted) => {
    const steps: Step[] = [{ id: "a", transform: { constant: 2 } }, { transform: rule }];
    const { error, output: seen } = await runWorkflow({ variables: { v: 3, name: "a" }, steps }, 1);
    expect(error?.message ?? seen).toEqual(wanted);
  });

  it("WF-8: what functions see and paths find stays as it was", async () => {
    const seen: unknown[] = [];
    const see = (id: string): Step => ({ id, run: (_, { scope }) => void seen.push(scope.steps) });
    const found: Step = { id: "found", transform: { path: "$.steps" } };
    const around: Step = { id: "around", transform: { path: "$" } };
    const reads: Step = { id: "reads", transform: { expression: "size(steps)" } };
    const one: Step = { id: "one", transform: { constant: 1 } };
    const steps: Step[] = [one, see("a"), found, around, reads, see("b"), { ...reads, id: "more" }];
    const { steps: results } = await runWorkflow({ steps }, 0);
    expect(seen[0]).toEqual({ one: 1 });
    expect(Object.keys(seen[1] as object)).toEqual(["one", "a", "found", "around", "reads"]);
    expect(results[2]?.output).toEqual({ one: 1, a: undefined });
    expect(results[3]?.output).toHaveProperty("steps", { one: 1, a: undefined, found: { one: 1, a: undefined } });
    expect([results[4]?.output, results[6]?.output]).toEqual([4, 6]);
  });

  it("WF-8: a rule is compiled once, and sees what is there each time", async () => {
    const steps: Step[] = [
      {
        id: "sum",
        for: { from: 1, to: 3 },
        do: [{ id: "n", transform: { expression: "has(steps.n) ? steps.n + vars.item : vars.item" } }],
      },
    ];
    for (const _ of [1, 2]) expect(await output({ steps }, null)).toEqual([1, 3, 6]);
    const wrong = { steps: [{ transform: { expression: "input.none" } }] };
    expect((await runWorkflow(wrong, {})).error?.message).toContain("No such key: none");
    expect(await output(wrong, { none: 1 })).toBe(1);
    expect((await runWorkflow(wrong, {})).error?.message).toContain("No such key: none");
  });

  it("WF-8: an expression ends whatever stands between a function and what it is given", async () => {
    const steps: Step[] = [{ transform: { expression: "input.matches //-\n('^(a+)+$')" } }];
    expect((await runWorkflow({ steps }, `${"a".repeat(40)}!`)).error?.message).toContain("takes longer than");
  });

  it("WF-8: expressions reach nothing but data, and end", async () => {
    const fails = async (expression: string): Promise<unknown> =>
      (await runWorkflow({ steps: [{ transform: { expression } }] }, { s: `${"a".repeat(40)}!` })).error?.message;
    expect(await fails("input.constructor")).toContain("No such key: constructor");
    expect(await fails("input.__proto__")).toContain("No such key");
    expect(await fails("input.s.matches('^(a+)+$')")).toContain("takes longer than");
    expect(await fails("9007199254740993")).toContain("beyond 2^53");
    const template = "{% for i in (1..100000000) %}x{% endfor %}";
    expect((await runWorkflow({ steps: [{ transform: { template } }] }, {})).error?.message).toContain(
      "the template is too much",
    );
  });
});

describe("conditions and loops", () => {
  const choose = async (condition: Condition, input: unknown): Promise<unknown> =>
    await output(
      {
        steps: [{ if: condition, do: [{ transform: { constant: "yes" } }], else: [{ transform: { constant: "no" } }] }],
      },
      input,
      { script: async ({ source, input: given }) => ({ result: source === "positive" && Number(given) > 0 }) },
    );

  it.each<[string, Condition, unknown, unknown]>([
    ["simple", "input.n > 2 && input.k == 'x'", { n: 3, k: "x" }, { n: 3, k: "y" }],
    ["JSONPath", { path: "$.input.items[?@.price > 10]" }, { items: [{ price: 11 }] }, { items: [{ price: 1 }] }],
    ["JSONPath", { path: "$.input.ok" }, { ok: true }, { ok: false }],
    ["script", { script: "positive", language: "any" }, 1, -1],
    ["function", ({ input }) => input === 1, 1, 2],
  ])("WF-5: a %s condition picks the branch", async (_, condition, yes, no) => {
    expect([await choose(condition, yes), await choose(condition, no)]).toEqual(["yes", "no"]);
  });

  it("WF-5: a bad expression is a problem of the definition", async () => {
    const steps: Step[] = [
      { if: "input.n >", do: [{ delay: 1 }] },
      { if: { path: "$.a[" }, do: [{ delay: 1 }] },
      { transform: { template: "{% if %}" } },
      { transform: { template: "{{ a | nope }}" } },
      { if: "nope(1)", do: [{ delay: 1 }] },
    ];
    const problems = await validateWorkflow({ steps });
    expect(problems.map(({ at }) => at)).toEqual([
      "steps[0].if",
      "steps[1].if.path",
      "steps[2].transform.template",
      "steps[3].transform.template",
      "steps[4].if",
    ]);
    expect(problems[0]?.message).toContain("the expression 'input.n >' cannot be used: Unexpected token");
    await expect(runWorkflow({ steps }, {})).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { problems },
    });
    await expect(choose("input.n", { n: 1 })).rejects.toThrow("neither true nor false");
  });

  it("WF-6: while asks again before each round", async () => {
    let asked = 0;
    const body: Step = { id: "up", transform: { expression: "vars.n * 2" }, set: { n: { direct: "output" } } };
    const both: Step[] = [
      { id: "w", while: "vars.n < 20", do: [body] },
      { id: "f", while: () => ++asked < 4, do: [{ transform: { direct: "index" } }] },
    ];
    const result = await runWorkflow({ variables: { n: 1 }, steps: both }, null);
    expect(result.steps.map(({ output: out }) => out)).toEqual([
      [2, 4, 8, 16, 32],
      [0, 1, 2],
    ]);
  });

  it("WF-6: for, foreach, nested names, break and the limit", async () => {
    const count: Step = { transform: { direct: "index" } };
    const item: Step = { transform: { expression: "[vars.item, vars.index]" } };
    expect(
      await output({ steps: [{ for: { from: 3, to: { expression: "input" }, by: -2 }, do: [item] }] }, -1),
    ).toEqual([
      [3, 0],
      [1, 1],
      [-1, 2],
    ]);
    const nested: Step = {
      foreach: { constant: ["a", "b"] },
      do: [
        {
          foreach: { constant: [1, 2] },
          as: "inner",
          do: [{ transform: { template: "{{ vars.item }}{{ vars.inner }}" } }],
        },
        { transform: { fields: { list: { direct: "previous" }, item: { direct: "item" } } } },
      ],
    };
    expect(await output({ steps: [nested] })).toEqual([
      { list: ["a1", "a2"], item: "a" },
      { list: ["b1", "b2"], item: "b" },
    ]);
    expect(
      await output({
        steps: [{ while: "true", break: "previous >= 3", do: [{ transform: { expression: "vars.index + 1" } }] }],
      }),
    ).toEqual([1, 2, 3]);
    await expect(output({ steps: [{ id: "l", while: "true", maxIterations: 5, do: [count] }] })).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
      message: "loop 'l' takes more than 5 rounds",
    });
    await expect(output({ maxSteps: 3, steps: [{ while: "true", do: [count] }] })).rejects.toMatchObject({
      code: "BUDGET_EXCEEDED",
      details: { limit: "maxSteps" },
    });
    await expect(output({ steps: [{ foreach: { constant: 5 }, do: [item] }] })).rejects.toThrow("needs a list");
    await expect(output({ steps: [{ for: { from: { constant: "x" }, to: 1 }, do: [item] }] })).rejects.toThrow(
      "whole numbers",
    );
  });
});

describe("parallel", () => {
  it("WF-4: steps overlap up to the cap, and branches that set the same variable end in order", async () => {
    const clock = createManualClock();
    let [now, most] = [0, 0];
    const step = (id: string, ms: number): Step => ({
      id,
      async run(_, { signal }) {
        most = Math.max(most, ++now);
        await clock.sleep(ms, signal);
        now--;
        return id;
      },
      set: { last: { direct: "output" } },
    });
    const steps: Step[] = [
      { id: "all", parallel: [step("a", 30), step("b", 20), step("c", 10)], maxConcurrency: 2 },
      { transform: { expression: "[vars.last, steps.all.a]" } },
    ];
    const running = output({ variables: { last: "" }, steps });
    for (let moment = 0; moment < 10; moment++) await clock.advance(10);
    expect(await running).toEqual(["c", "a"]);
    expect(most).toBe(2);
  });

  it("WF-4: fail-fast stops the siblings, also those inside groups; without it all failures are told", async () => {
    const endless = (id: string): Step => ({ id, run: () => new Promise(() => {}) });
    const fail = (id: string): Step => ({ id, run: () => Promise.reject(new Error(`${id} broke`)) });
    const run = await startWorkflow(
      {
        steps: [{ id: "g", failFast: true, parallel: [{ sequential: [endless("deep")] }, endless("e"), fail("bad")] }],
      },
      1,
    );
    expect(await run.result).toMatchObject({ status: "failed", error: { message: "bad broke" } });
    expect(Object.entries(run.results()).map(([path, { status }]) => [path, status])).toEqual(
      expect.arrayContaining([
        ["g/g.1/deep", "cancelled"],
        ["g/e", "cancelled"],
        ["g/bad", "failed"],
        ["g", "failed"],
      ]),
    );
    const both = await runWorkflow(
      { steps: [{ id: "g", parallel: [fail("x"), fail("y"), { id: "ok", transform: { constant: 1 } }] }] },
      1,
    );
    expect(both).toMatchObject({ error: { code: "AGGREGATE" }, steps: [{ output: { ok: 1 }, status: "failed" }] });
  });
});

describe("failures", () => {
  const failing = (
    times: number,
    code: "NETWORK_ERROR" | "INVALID_ARGUMENT" = "NETWORK_ERROR",
  ): { step: Step; tries: () => number } => {
    let tries = 0;
    return {
      tries: () => tries,
      step: {
        id: "shaky",
        run(_, { attempt, key }) {
          tries++;
          if (tries <= times) throw new SpellError(code, `try ${attempt}`);
          return key.endsWith("/shaky") ? attempt : key;
        },
      },
    };
  };

  it.each([
    ["fixed", [100, 100, 100]],
    ["linear", [100, 200, 300]],
    ["exponential", [100, 200, 400]],
    ["fibonacci", [100, 100, 200]],
  ] as const)("WF-9: retry waits %s", async (strategy, waits) => {
    const clock = createManualClock();
    const slept: number[] = [];
    const watched = { now: clock.now, sleep: async (ms: number) => void slept.push(ms) };
    const { step } = failing(3);
    const retry = { maxAttempts: 4, strategy, initialDelayMs: 100, jitter: false };
    expect(await output({ steps: [{ ...step, retry } as Step] }, null, { clock: watched })).toBe(4);
    expect(slept).toEqual(waits);
  });

  it("WF-9: filters say which errors are tried again, counted and made good", async () => {
    const retry = { maxAttempts: 3, initialDelayMs: 0, on: ["io"] };
    const [one, two] = [failing(9, "INVALID_ARGUMENT"), failing(9)];
    await expect(output({ defaults: { retry }, steps: [one.step] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    const fallback: Step = { transform: { expression: "error.code" } };
    const result = await runWorkflow(
      { steps: [{ ...two.step, retry, fallback, fallbackOn: ["NETWORK_ERROR"] } as Step] },
      null,
    );
    expect([one.tries(), two.tries()]).toEqual([1, 3]);
    expect(result).toMatchObject({
      output: "NETWORK_ERROR",
      steps: [{ status: "completed", recovered: { code: "NETWORK_ERROR" } }],
    });
    await expect(output({ steps: [{ ...failing(1).step, fallback, fallbackOn: ["usage"] } as Step] })).rejects.toThrow(
      "try 1",
    );
  });

  it("WF-9: a breaker stops calling, for all runs that share it", async () => {
    const breakers = new Map();
    const { step, tries } = failing(9);
    const steps = [{ ...step, breaker: { failures: 2, resetMs: 60_000 } } as Step];
    const codes: unknown[] = [];
    for (let run = 0; run < 3; run++)
      codes.push((await runWorkflow({ steps }, null, { services: { breakers } })).error?.code);
    expect([codes, tries()]).toEqual([["NETWORK_ERROR", "NETWORK_ERROR", "CIRCUIT_OPEN"], 2]);
  });

  it("WF-9: what is finished is undone in reverse order, whatever fails meanwhile", async () => {
    const undone: unknown[] = [];
    const undo = (id: string, more: Partial<Step> = {}): Step =>
      ({
        id,
        run: (input: unknown) => `${id}${String(input)}`,
        compensate: { run: (given: unknown) => void undone.push([id, given]) },
        ...more,
      }) as Step;
    const result = await runWorkflow(
      {
        steps: [
          undo("a"),
          { id: "p", parallel: [undo("b"), { foreach: { constant: [1, 2] }, do: [undo("c")] }] },
          undo("d", { compensate: { run: () => Promise.reject(new Error("stuck")) } }),
          { id: "e", run: () => Promise.reject(new Error("broke")), compensate: { run: () => undone.push("never") } },
          undo("f"),
        ],
      },
      "!",
    );
    expect(result).toMatchObject({ status: "failed", error: { message: "broke" } });
    expect(undone).toEqual([
      ["c", { input: 2, output: "c2" }],
      ["c", { input: 1, output: "c1" }],
      ["b", { input: "a!", output: "ba!" }],
      ["a", { input: "!", output: "a!" }],
    ]);
    expect(result.compensations?.map(({ path, status }) => [path, status])[0]).toEqual(["d~compensate", "failed"]);
  });

  it("WF-9: a step has its time, and ends with TIMEOUT", async () => {
    await expect(
      output({ steps: [{ id: "slow", timeoutMs: 5, run: () => new Promise(() => {}) }] }),
    ).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "step 'slow' did not finish within 5 ms",
    });
    const group: Step = { id: "g", timeoutMs: 5, sequential: [{ run: () => new Promise(() => {}) }] };
    await expect(output({ steps: [group] })).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(output({ timeoutMs: 5, steps: [{ run: () => new Promise(() => {}) }] })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
  });
});

describe("hooks and events", () => {
  it("WF-12: every step, inside others too, has its hooks and events", async () => {
    const events = createEmitter();
    const told: unknown[] = [];
    events.on("workflow.**", ({ type, payload }) => void told.push([type, (payload as { path?: string }).path ?? ""]));
    const hooks = createHooks([
      {
        point: "workflow.step.after",
        name: "shout",
        run: ({ data, about }) => (about.id === "inner" ? { data: `${String(data)}!` } : undefined),
      },
    ]);
    const steps: Step[] = [
      { id: "outer", sequential: [{ id: "inner", transform: { constant: "hi" } }] },
      { id: "bad", run: () => Promise.reject(new Error("no")) },
    ];
    const result = await runWorkflow({ steps }, null, { context: createContext({ events, hooks }) });
    expect(result.steps[0]?.output).toBe("hi!");
    expect(told).toEqual([
      ["workflow.started", ""],
      ["workflow.step.started", "outer"],
      ["workflow.step.started", "outer/inner"],
      ["workflow.step.completed", "outer/inner"],
      ["workflow.step.completed", "outer"],
      ["workflow.step.started", "bad"],
      ["workflow.step.failed", "bad"],
      ["workflow.completed", ""],
    ]);
  });

  it("WF-1: an agent in person, with a schema, and one that waits for approval", async () => {
    const { models } = scriptedModels('{"n":4}', { toolCalls: [{ name: "danger" }] });
    const agent = createAgent({ name: "a" }, { models });
    const schema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
    expect(await output({ steps: [{ agent, schema }] }, { any: 1 })).toEqual({ n: 4 });
    const danger = defineTool({
      name: "danger",
      description: "d",
      parameters: {},
      needsApproval: true,
      execute: () => 1,
    });
    const careful = createAgent({ name: "b", tools: [danger] }, { models });
    await expect(output({ steps: [{ agent: careful }] }, "go")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(output({ steps: [{ agent: "x" }] }, "go")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(output({ steps: [{ script: "1", language: "lua" }] }, "go")).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });
});

describe("hostile sizes", () => {
  it("of names that nothing has are not all compared with each other", async () => {
    const steps = Array.from({ length: 20_000 }, (_, i) => ({ id: `s${i}`, transform: { direct: `nope${i}` } }));
    expect(await validateWorkflow({ steps })).toHaveLength(20_000);
    const called = Array.from({ length: 20_000 }, (_, i) => ({ tool: `ad${i}` }));
    expect(await validateWorkflow({ steps: called }, services())).toHaveLength(100);
  });

  it("let others have their turn", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const steps = Array.from({ length: 3000 }, () => ({ transform: { constant: 1 } }));
    await runWorkflow({ steps }, null);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });

  it("take no time that grows with the square of the steps", async () => {
    const steps = Array.from({ length: 10_000 }, (_, i): Step => ({
      id: `s${i}`,
      transform: { expression: "previous + 1" },
      compensate: { run: () => i },
    }));
    const undone = [...steps.slice(1), { run: () => Promise.reject(new Error("no")) }];
    const result = await runWorkflow({ maxSteps: 20_000, steps: undone }, 0);
    expect(result.compensations).toHaveLength(9_999);
    expect(result.output).toBe(9_999);
  });

  it.each<Mapping>([
    { direct: "first" },
    { path: "$.steps.first" },
    { expression: "steps.first" },
    { template: "{{ steps.first }}" },
  ])("take no time that grows with the square of the steps that %j names", async (rule) => {
    const steps = Array.from({ length: 9999 }, (): Step => ({ transform: rule }));
    const first: Step = { id: "first", transform: { constant: 7 } };
    expect((await runWorkflow({ steps: [first, ...steps] }, 0)).output).toEqual("template" in rule ? "7" : 7);
  });

  it("take no time that grows with the square of the branches", async () => {
    const parallel = Array.from({ length: 20_000 }, (_, i) => ({ run: () => i }));
    const result = await runWorkflow({ maxSteps: 20_000, pattern: "parallel", steps: parallel }, null);
    expect(Object.keys(result.output as object)).toHaveLength(20_000);
  });
});
