import { SpellError, toSpellError } from "@llmspell/errors";
import { abortError, raceAbort } from "./abort.js";
import { defined } from "./json.js";
import { createContext, type Context } from "./context.js";
import { forEachParallel } from "./parallel.js";

/** One step. `id` is `step-1`, `step-2`, … by place when left out. */
export interface Step {
  id?: string;
  /** `context.run` is the run that an agent of this step belongs inside. */
  run(input: unknown, context: { signal: AbortSignal; run: Context }): unknown;
}

export interface Workflow {
  name?: string;
  /** `sequential` gives each step the output of the one before; `parallel` gives all the same input. */
  pattern: "sequential" | "parallel";
  steps: readonly Step[];
  /** Parallel steps at the same time; all by default. */
  maxConcurrency?: number;
  /** Whether the first failure stops the rest; true by default for sequential, false for parallel. */
  failFast?: boolean;
}

export interface StepResult {
  id: string;
  status: "completed" | "failed" | "cancelled";
  output?: unknown;
  error?: SpellError;
  durationMs: number;
}

/** `output` is the last step's (sequential) or every completed step's by id (parallel). */
export interface WorkflowResult {
  status: "completed" | "failed";
  output: unknown;
  steps: StepResult[];
  durationMs: number;
}

export interface WorkflowRunOptions {
  signal?: AbortSignal;
  /** Told of every step when it has ended. */
  onStep?: (step: StepResult) => void;
  /** What the run is part of: services, hooks and the receiver of events. */
  context?: Context;
}

/** A workflow whose steps all have ids. */
export type NamedWorkflow = Workflow & { steps: (Step & { id: string })[] };

/** Checks a workflow and names its steps. @throws SpellError `INVALID_ARGUMENT`. */
export function createWorkflow(definition: Workflow): NamedWorkflow {
  const { pattern, steps, maxConcurrency } = definition;
  if (pattern !== "sequential" && pattern !== "parallel") throw invalid("'pattern' must be sequential or parallel");
  if (!Array.isArray(steps) || steps.length === 0) throw invalid("a workflow needs at least one step");
  if (maxConcurrency !== undefined && !(Number.isInteger(maxConcurrency) && maxConcurrency > 0)) {
    throw invalid("'maxConcurrency' must be a whole number above 0");
  }
  const seen = new Set<string>();
  const named = definition.steps.map((step, index) => {
    const id = step.id ?? `step-${index + 1}`;
    if (typeof step.run !== "function") throw invalid(`step '${id}' needs a function 'run'`);
    if (seen.has(id)) throw invalid(`two steps are named '${id}'`);
    seen.add(id);
    return { id, run: step.run.bind(step) };
  });
  return { ...definition, steps: named };
}

/**
 * Runs a workflow. Failed steps are in the result; only an abort of `signal` throws.
 *
 * @throws SpellError `CANCELLED` or the signal's own reason; `INVALID_ARGUMENT`.
 */
export async function runWorkflow(
  workflow: Workflow,
  input: unknown,
  options: WorkflowRunOptions = {},
): Promise<WorkflowResult> {
  const checked = createWorkflow(workflow);
  const { context = createContext(), signal } = options;
  const { name } = checked;
  const run = context.child({ source: name === undefined ? "workflow" : `workflow:${name}`, signal });
  return await run.operation(
    "workflow",
    input,
    { runId: run.runId, ...defined({ name }) },
    (given, inner) => runSteps(checked, given, inner, options),
    ({ status }) => ({ status }),
  );
}

async function runSteps(
  { pattern, steps, maxConcurrency = steps.length, failFast = pattern === "sequential" }: NamedWorkflow,
  input: unknown,
  run: Context,
  { signal, onStep }: WorkflowRunOptions,
): Promise<WorkflowResult> {
  const started = performance.now();
  const stop = new AbortController();
  const inner = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const results: StepResult[] = [];
  let previous = input;

  await forEachParallel(steps, pattern === "sequential" ? 1 : maxConcurrency, async (step, index) => {
    const result = await runStep(step, pattern === "sequential" ? previous : input, inner, run);
    results[index] = result;
    if (result.status === "completed") previous = result.output;
    else if (failFast) stop.abort(new SpellError("CANCELLED", `step '${step.id}' failed, so the others were stopped`));
    onStep?.(result);
  });
  if (signal?.aborted === true) throw abortError(signal);

  const done = results.filter(({ status }) => status === "completed");
  return {
    status: done.length === steps.length ? "completed" : "failed",
    output:
      pattern === "sequential" ? done.at(-1)?.output : Object.fromEntries(done.map(({ id, output }) => [id, output])),
    steps: results,
    durationMs: performance.now() - started,
  };
}

async function runStep(
  { id, run }: NamedWorkflow["steps"][number],
  input: unknown,
  signal: AbortSignal,
  within: Context,
): Promise<StepResult> {
  const started = performance.now();
  const durationMs = (): number => performance.now() - started;
  if (signal.aborted) return { id, status: "cancelled", error: abortError(signal), durationMs: 0 };
  try {
    const work = async (given: unknown, inner: Context): Promise<unknown> => await run(given, { signal, run: inner });
    const output = await within.operation(
      "workflow.step",
      input,
      { id },
      async (given, inner) => await raceAbort(work(given, inner), signal),
      () => ({}),
    );
    return { id, status: "completed", output, durationMs: durationMs() };
  } catch (error) {
    const failure = signal.aborted ? abortError(signal) : toSpellError(error, "SCRIPT_ERROR");
    return { id, status: signal.aborted ? "cancelled" : "failed", error: failure, durationMs: durationMs() };
  }
}

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
