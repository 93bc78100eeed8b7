import { createWorkflow, toMermaid, validateWorkflow, type Step, type Workflow } from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { toScript } from "../shapes.js";
import { resting, servicesOf, workflowOf, type HeldWorkflow } from "./held.js";
import { coreStep, settings, stepType } from "./steps.js";

const workflow = t.handle<HeldWorkflow>("Workflow");

const idOf = (step: Step): string => step.id ?? "";

/** What a step is, without functions. */
function stepInfo(step: Step): ScriptObject {
  return toScript(
    JSON.parse(JSON.stringify(step, (_key, value: unknown) => (typeof value === "function" ? "function" : value))),
  ) as ScriptObject;
}

function change(held: HeldWorkflow, what: string, steps: readonly Step[]): void {
  resting(held, what);
  held.definition = createWorkflow({ ...held.definition, steps });
}

function placeOf({ definition }: HeldWorkflow, id: string): number {
  const place = definition.steps.findIndex((step) => step.id === id);
  if (place >= 0) return place;
  const known = definition.steps.map(idOf);
  throw new SpellError("NOT_FOUND", `there is no step '${id}'; known: ${known.join(", ")}`, { details: { known } });
}

const policy = t.object(
  {
    retry: t.optional(t.table),
    circuit_breaker: t.optional(t.table),
    fallback: t.optional(stepType),
    compensate: t.optional(stepType),
    filter: t.optional(t.list(t.string)),
    timeout: t.optional(t.duration),
  },
  "ErrorPolicy",
);

const EXAMPLE = 'local w = workflow.sequential({ { id = "a", fn = function(n) return n end } })\n';

export const changingFunctions = {
  add_step: sync({
    doc: "Adds a step at the end, or behind the step `opts.after`; gives its id.",
    params: {
      workflow,
      step: stepType,
      opts: t.optional(t.object({ after: t.optional(t.string), id: t.optional(t.name) }, "AddStepOptions")),
    },
    result: "string",
    aliases: ["agent.workflow_add_step"],
    example: `${EXAMPLE}return w:add_step({ id = "b", fn = function(n) return n end }, { after = "a" })`,
    call(run, { workflow: held, step, opts = {} }) {
      const { steps } = held.definition;
      const place = opts.after === undefined ? steps.length : placeOf(held, opts.after) + 1;
      const made = coreStep(run, step);
      const named = { ...made, id: opts.id ?? made.id ?? freeId(steps) } as Step;
      change(held, "adding a step", steps.toSpliced(place, 0, named));
      return idOf(named);
    },
  }),
  remove_step: sync({
    doc: "Removes a step; an error when a rule of another one names it.",
    params: { workflow, step_id: t.string },
    result: "boolean",
    example: `${EXAMPLE}w:add_step({ id = "b", fn = function(n) return n end })\nreturn w:remove_step("b")`,
    call(_, { workflow: held, step_id }) {
      const { steps } = held.definition;
      const rest = steps.toSpliced(placeOf(held, step_id), 1);
      const user = rest.find((step) =>
        new RegExp(`steps\\.${step_id}\\b|"direct":"${step_id}"`).test(JSON.stringify(step)),
      );
      if (user !== undefined)
        throw new SpellError("INVALID_STATE", `step '${step_id}' is used by step '${idOf(user)}'`);
      change(held, "removing a step", rest);
      return true;
    },
  }),
  get_steps: sync({
    doc: "The steps of a workflow as tables.",
    params: { workflow },
    result: "list<table>",
    example: `${EXAMPLE}return w:get_steps()[1].id`,
    call: (_, { workflow: held }) => held.definition.steps.map(stepInfo),
  }),
  get_info: sync({
    doc: "What a workflow is.",
    params: { workflow },
    result: "WorkflowInfo",
    example: `${EXAMPLE}return w:get_info().steps`,
    call: (_, { workflow: held }) => describe(held),
  }),
  list: sync({
    doc: "Every workflow of this run.",
    result: "list<WorkflowInfo>",
    example: `${EXAMPLE}return #workflow.list()`,
    call: (run) => run.handles.all<HeldWorkflow>("Workflow").map(describe),
  }),
  destroy: sync({
    doc: "Forgets a workflow; its handle can no longer be used.",
    params: { workflow },
    result: "boolean",
    example: `${EXAMPLE}return w:destroy()`,
    call(run, { workflow: held }) {
      resting(held, "destroying it");
      return run.handles.remove(held);
    },
  }),
  validate: awaitable({
    doc: "All problems of a workflow or a definition: wrong fields, expressions that do not compile, unknown names, cycles.",
    params: { workflow: t.union(workflow, t.table) },
    result: "{valid: boolean, errors: list<{at: string, message: string}>, warnings: list<string>}",
    example: 'return workflow.validate({ steps = { { ["if"] = "input >", ["do"] = {} } } }).valid',
    async call(run, { workflow: given }) {
      try {
        const { definition } = workflowOf(given) ?? heldOf(run, given as ScriptObject);
        const problems = await validateWorkflow(definition, servicesOf(run, "workflow.validate"));
        return { valid: problems.length === 0, errors: toScript(problems), warnings: [] };
      } catch (error) {
        if (!isSpellError(error) || !["VALIDATION_FAILED", "INVALID_ARGUMENT", "NOT_FOUND"].includes(error.code))
          throw error;
        const problems = error.details["problems"] ?? [{ at: "", message: error.message }];
        return { valid: false, errors: toScript(problems), warnings: [] };
      }
    },
  }),
  visualize: sync({
    doc: "A workflow as a flowchart in Mermaid, or its steps as data.",
    params: { workflow, format: t.optional(t.oneOf("mermaid", "json")) },
    result: "any",
    example: `${EXAMPLE}return w:visualize()`,
    call: (_, { workflow: held, format = "mermaid" }) =>
      format === "mermaid" ? toMermaid(held.definition) : { steps: held.definition.steps.map(stepInfo) },
  }),
  on_error: sync({
    doc: "What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves.",
    params: { workflow, policy, step_id: t.optional(t.string) },
    example: `${EXAMPLE}w:on_error({ retry = { attempts = 2, delay = 1 } })\nreturn w:get_info().steps`,
    call(run, { workflow: held, policy: given, step_id }) {
      const { retry, circuit_breaker, fallback, compensate, filter, timeout } = given;
      const on = filter === undefined ? {} : { on: filter };
      const own = {
        ...(retry === undefined ? {} : { retry: { ...(settings(retry) as object), ...on } }),
        ...(circuit_breaker === undefined ? {} : { breaker: { ...(settings(circuit_breaker) as object), ...on } }),
        ...(fallback === undefined
          ? {}
          : { fallback: coreStep(run, fallback), ...(filter === undefined ? {} : { fallbackOn: filter }) }),
        ...(compensate === undefined ? {} : { compensate: coreStep(run, compensate) }),
        ...(timeout === undefined ? {} : { timeoutMs: timeout }),
      };
      if (step_id !== undefined) placeOf(held, step_id);
      const steps = held.definition.steps.map((step) =>
        step_id === undefined ? { ...own, ...step } : step.id === step_id ? { ...step, ...own } : step,
      );
      change(held, "a change of its policy", steps as Step[]);
      return undefined;
    },
  }),
};

function heldOf(run: RunContext, table: ScriptObject): HeldWorkflow {
  const { steps = [], ...rest } = table as Record<string, ScriptValue>;
  const list = (Array.isArray(steps) ? steps : []).map((each) =>
    coreStep(run, stepType.check(each, ["steps"], run.handles)),
  );
  return { definition: { ...rest, steps: list } as Workflow };
}

function freeId(steps: readonly Step[]): string {
  for (let number = steps.length + 1; ; number++) {
    const id = `step-${number}`;
    if (!steps.some((step) => step.id === id)) return id;
  }
}

function describe({ definition, run, result }: HeldWorkflow): ScriptObject {
  const { name, description, pattern = "sequential", steps } = definition;
  return {
    name: name ?? null,
    description: description ?? null,
    pattern,
    steps: steps.length,
    status: result?.status ?? run?.status().status ?? "created",
  };
}
