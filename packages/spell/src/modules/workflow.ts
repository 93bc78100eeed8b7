import {
  createWorkflow,
  executeTool,
  runWorkflow,
  type Agent,
  type Step,
  type Tool,
  type Workflow,
} from "@llmspell/core";
import { FunctionRef, type Handle, type ScriptObject, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import type { RunContext } from "../run/context.js";
import { coreContext } from "../run/core-context.js";
import { scriptResponse, toScript } from "./shapes.js";

const target = { agent: t.handle<Agent>("Agent"), tool: t.union(t.string, t.handle<Tool>("Tool")) };
const stepTable = t.object(
  {
    id: t.optional(t.string),
    fn: t.optional(t.fn),
    agent: t.optional(target.agent),
    tool: t.optional(target.tool),
  },
  "WorkflowStep",
);
const step = t.union(t.fn, t.handle<Agent>("Agent"), stepTable);
type ScriptStep = ReturnType<typeof step.check>;

const options = t.object(
  {
    name: t.optional(t.string),
    max_concurrency: t.optional(t.integer(1)),
    fail_fast: t.optional(t.boolean),
  },
  "WorkflowOptions",
);
type Options = ReturnType<typeof options.check>;

/** A step of the framework for a function, an agent or a tool of the spell. */
function coreStep(run: RunContext, given: ScriptStep): Step {
  if (given instanceof FunctionRef) return { run: (value) => run.callGuest(given, [value as ScriptValue]) };
  if (isAgent(given)) return agentStep(run, given);
  const { id, fn, agent, tool } = given;
  const named = id === undefined ? {} : { id };
  if (fn !== undefined) return { ...named, ...coreStep(run, fn) };
  if (agent !== undefined) return { ...named, ...agentStep(run, agent) };
  if (tool === undefined) throw new SpellError("INVALID_ARGUMENT", "a step needs a function, an agent or a tool");
  const found = typeof tool === "string" ? run.tools.get(tool) : tool;
  const authorize = run.authorizer("workflow.run");
  return {
    ...named,
    run: (value, { signal, run: inside }) => executeTool(found, value, { signal, authorize, run: inside }),
  };
}

function isAgent(value: Exclude<ScriptStep, FunctionRef>): value is Agent {
  return "run" in value;
}

function agentStep(run: RunContext, agent: Agent): Step {
  return {
    async run(value, { signal, run: inside }) {
      const { model, provider } = agent.info();
      run.authorizeModel("workflow.run", model, provider);
      run.progress(`agent ${agent.name}`);
      const text = typeof value === "string" ? value : contentOf(value);
      return scriptResponse(
        await agent.run(text, { signal, context: inside, authorize: run.authorizer("workflow.run") }),
      );
    },
  };
}

/** What an agent is told when a step before it did not return text. */
function contentOf(value: unknown): string {
  const content = typeof value === "object" && value !== null ? (value as ScriptObject)["content"] : undefined;
  return typeof content === "string" ? content : JSON.stringify(toScript(value));
}

function create(
  run: RunContext,
  pattern: NonNullable<Workflow["pattern"]>,
  steps: readonly ScriptStep[],
  opts: Options = {},
): Handle {
  const workflow = createWorkflow({
    pattern,
    steps: steps.map((given) => coreStep(run, given)),
    ...(opts.name === undefined ? {} : { name: opts.name }),
    ...(opts.max_concurrency === undefined ? {} : { maxConcurrency: opts.max_concurrency }),
    ...(opts.fail_fast === undefined ? {} : { failFast: opts.fail_fast }),
  });
  return run.handles.add("Workflow", workflow, opts.name);
}

const TWO_STEPS = "{ function(n) return n + 1 end, function(n) return n * 2 end }";

export const workflowModule = defineModule({
  name: "workflow",
  doc: "Steps run one after the other or at the same time.",
  aliases: ["workflows"],
  handles: ["Workflow"],
  functions: {
    sequential: sync({
      doc: "A workflow whose steps run in order; each gets what the one before returned.",
      params: { steps: t.list(step), opts: t.optional(options) },
      result: "Workflow",
      aliases: ["serial"],
      example: `return workflow.sequential(${TWO_STEPS}):run(3).output`,
      call: (run, { steps, opts }) => create(run, "sequential", steps, opts),
    }),
    parallel: sync({
      doc: "A workflow whose steps run at the same time with the same input; outputs by step id.",
      params: { steps: t.list(step), opts: t.optional(options) },
      result: "Workflow",
      example: `return workflow.parallel(${TWO_STEPS}):run(3).output["step-2"]`,
      call: (run, { steps, opts }) => create(run, "parallel", steps, opts),
    }),
    run: awaitable({
      doc: "Runs a workflow to its end. A failed step is in the result, not an error.",
      params: { workflow: t.handle<Workflow>("Workflow"), input: t.optional(t.any) },
      result:
        "{status: string, output: any, steps: list<{id: string, status: string, output: any, error: error or nil, duration_ms: number}>, duration_ms: number}",
      aliases: ["execute", "agent.workflow_execute"],
      example: `return workflow.sequential(${TWO_STEPS}):run(3).status`,
      async call(run, { workflow, input = null }, signal) {
        const { status, output, steps, durationMs } = await runWorkflow(workflow, input, {
          signal,
          context: coreContext(run),
        });
        return {
          status,
          output: (output ?? null) as ScriptValue,
          steps: steps.map((done) => ({
            id: done.id,
            status: done.status,
            output: (done.output ?? null) as ScriptValue,
            error: done.error ?? null,
            duration_ms: done.durationMs,
          })),
          duration_ms: durationMs,
        };
      },
    }),
  },
});
