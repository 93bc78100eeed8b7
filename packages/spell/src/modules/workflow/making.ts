import { defined, createWorkflow, type Step, type Workflow } from "@llmspell/core";
import { FunctionRef, type Handle, type ScriptObject, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { hold, type HeldWorkflow } from "./held.js";
import { coreCondition, coreStep, stepType, type ScriptStep } from "./steps.js";

const workflow = t.handle<HeldWorkflow>("Workflow");
const steps = t.list(stepType);
const options = t.object(
  {
    name: t.optional(t.name),
    description: t.optional(t.string),
    max_concurrency: t.optional(t.integer(1)),
    fail_fast: t.optional(t.boolean),
    timeout: t.optional(t.duration),
    variables: t.optional(t.table),
    input_schema: t.optional(t.table),
    max_steps: t.optional(t.integer(1)),
  },
  "WorkflowOptions",
);
type Options = ReturnType<typeof options.check>;

const condition = t.union(t.string, t.fn, t.table);

function settingsOf({
  name,
  description,
  max_concurrency,
  fail_fast,
  timeout,
  variables,
  input_schema,
  max_steps,
}: Options): Partial<Workflow> {
  return defined({
    name,
    description,
    maxConcurrency: max_concurrency,
    failFast: fail_fast,
    timeoutMs: timeout,
    variables,
    inputSchema: input_schema,
    maxSteps: max_steps,
  });
}

/** A workflow with its steps named, as a handle. */
export function make(run: RunContext, definition: Workflow): Handle {
  return hold(run, { definition: createWorkflow(definition) });
}

const made = (
  run: RunContext,
  pattern: "sequential" | "parallel",
  given: readonly ScriptStep[],
  opts: Options = {},
): Handle => make(run, { pattern, steps: given.map((each) => coreStep(run, each)), ...settingsOf(opts) });

/** A definition as a table: `steps`, `pattern` and options. */
function fromTable(run: RunContext, table: ScriptObject, opts: Options = {}): Handle {
  const { steps: given, pattern = "sequential", ...rest } = table as Record<string, ScriptValue>;
  if (!Array.isArray(given)) throw new SpellError("INVALID_ARGUMENT", "workflow.create: 'steps' must be a list");
  if (pattern !== "sequential" && pattern !== "parallel")
    throw new SpellError("INVALID_ARGUMENT", "workflow.create: 'pattern' must be sequential or parallel");
  const own = options.check(rest, ["definition"], run.handles);
  return made(
    run,
    pattern,
    (given as ScriptValue[]).map((each) => stepType.check(each, ["steps"], run.handles)),
    { ...own, ...opts },
  );
}

const TWO_STEPS = "{ function(n) return n + 1 end, function(n) return n * 2 end }";

export const makingFunctions = {
  create: sync({
    doc: "A workflow: create(steps, opts?), create(name, steps), or create({ steps, pattern, name, … }).",
    params: { name: t.optional(t.name), definition: t.union(steps, t.table), opts: t.optional(options) },
    result: "Workflow",
    aliases: ["agent.workflow_create"],
    example: `return workflow.create({ name = "two", steps = ${TWO_STEPS} }):run(3).output`,
    call(run, { name, definition, opts = {} }) {
      const all = name === undefined ? opts : { name, ...opts };
      return Array.isArray(definition)
        ? made(run, "sequential", definition, all)
        : fromTable(run, definition as ScriptObject, all);
    },
  }),
  sequential: sync({
    doc: "A workflow whose steps run in order; each gets what the one before returned.",
    params: { steps, opts: t.optional(options) },
    result: "Workflow",
    aliases: ["serial"],
    example: `return workflow.sequential(${TWO_STEPS}):run(3).output`,
    call: (run, { steps: given, opts }) => made(run, "sequential", given, opts),
  }),
  parallel: sync({
    doc: "A workflow whose steps run at the same time with the same input; outputs by step id.",
    params: { steps, opts: t.optional(options) },
    result: "Workflow",
    example: `return workflow.parallel(${TWO_STEPS}):run(3).output["step-2"]`,
    call: (run, { steps: given, opts }) => made(run, "parallel", given, opts),
  }),
  conditional: sync({
    doc: "A workflow that goes one of two ways: by a function, an expression (CEL), or `{ path = JSONPath }`.",
    params: {
      condition,
      then_step: t.union(steps, stepType),
      else_step: t.optional(t.union(steps, stepType)),
      opts: t.optional(options),
    },
    result: "Workflow",
    example:
      'return workflow.conditional("input > 2", function() return "many" end, function() return "few" end):run(3).output',
    call(run, { condition: given, then_step, else_step, opts = {} }) {
      const way = (value: unknown): Step[] =>
        (Array.isArray(value) ? value : [value]).map((each) => coreStep(run, each as ScriptStep));
      return make(run, {
        steps: [
          {
            id: "condition",
            if: coreCondition(run, given),
            do: way(then_step),
            ...(else_step === undefined ? {} : { else: way(else_step) }),
          },
        ],
        ...settingsOf(opts),
      });
    },
  }),
  loop: sync({
    doc: "A workflow that repeats its body: `{ times = n }`, `{ while = condition }` or `{ each = list }`. Its output is the list of what each round gave.",
    params: {
      spec: t.table,
      body: t.union(steps, stepType),
      opts: t.optional(options),
    },
    result: "Workflow",
    example: "return #workflow.loop({ each = { 1, 2, 3 } }, function(n) return n * 2 end):run().output",
    call(run, { spec, body, opts = {} }) {
      const round = coreStep(run, { ...(spec as ScriptObject), do: body as ScriptValue });
      // In `each` the body works on the entry, as in other languages.
      const inner = "foreach" in round ? { ...round, do: onItem(round.do, round.as ?? "item") } : round;
      return make(run, { steps: [{ id: "loop", ...inner } as Step], ...settingsOf(opts) });
    },
  }),
  script_step: sync({
    doc: "A step that runs a function, or source in a guest of its own, where it sees `input` and `vars`.",
    params: {
      fn_or_source: t.union(t.fn, t.string),
      opts: t.optional(t.object({ engine: t.optional(t.string), name: t.optional(t.name) }, "ScriptStepOptions")),
    },
    result: "table",
    example: 'return workflow.sequential({ workflow.script_step("return input + 1") }):run(1).output',
    call(run, { fn_or_source: given, opts = {} }) {
      const id = opts.name === undefined ? {} : { id: opts.name };
      if (given instanceof FunctionRef) return { ...id, fn: given };
      return { ...id, script: given, language: opts.engine ?? run.info.engine };
    },
  }),
  compose: sync({
    doc: 'A workflow of workflows, "sequential" or "parallel"; each may be a table with `workflow` and the rules `input` and `output`.',
    params: {
      workflows: t.list(t.union(workflow, t.table)),
      composition: t.optional(t.oneOf("sequential", "parallel")),
      opts: t.optional(options),
    },
    result: "Workflow",
    example: `local w = workflow.sequential(${TWO_STEPS})\nreturn workflow.compose({ w, w }):run(1).output`,
    call: (run, { workflows, composition = "sequential", opts }) =>
      made(run, composition, workflows as ScriptStep[], opts),
  }),
};

/** The first step is given the entry, unless it says itself what it is given. */
function onItem([first, ...others]: readonly Step[], name: string): Step[] {
  return first === undefined ? [] : [{ input: { direct: name }, ...first }, ...others];
}
