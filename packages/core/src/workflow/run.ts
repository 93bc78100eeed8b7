import { SpellError, toSpellError } from "@llmspell/errors";
import { abortError, deadline, throwIfAborted } from "../abort.js";
import { createContext, type Context } from "../context.js";
import { defined } from "../json.js";
import type { Compensation, StepResult, Workflow, WorkflowResult } from "./definition.js";
import { createExecution, createGate, type Execution, type Gate } from "./execution.js";
import { checkInput, runPattern } from "./groups.js";
import { NO_OUTPUTS } from "./outputs.js";
import {
  restoreError,
  storeError,
  type RunStatus,
  type RunStore,
  type StepRecord,
  type StoredRun,
} from "./run-store.js";
import { runStep, type Place } from "./run-step.js";
import type { WorkflowServices } from "./services.js";
import { resolveWorkflow, type ResolvedWorkflow } from "./validate.js";
import { workflowHash } from "./workflow.js";

export interface WorkflowRunOptions {
  /** Interrupts the run: `result` rejects, nothing is undone, and a stored run can be resumed. */
  signal?: AbortSignal;
  /**
   * Told of every step when it has ended; in a resumed run also of those that an earlier process finished. What it
   * throws interrupts the run.
   */
  onStep?: (step: StepResult, options: { signal: AbortSignal }) => void;
  /** What the run is part of: services, hooks and the receiver of events. */
  context?: Context;
  /** What steps find by name. */
  services?: WorkflowServices;
  /** Keeps what is finished, so that another process can go on with the run. All outputs must be plain data then. */
  store?: RunStore;
  /** A new UUID by default. */
  runId?: string;
  /** Starts paused. */
  paused?: boolean;
}

export interface RunState {
  status: RunStatus;
  /** Paths of the steps under way. */
  running: string[];
  /** How many of the workflow's own steps have ended, 0 to 1. */
  progress: number;
  errors: { path: string; error: SpellError }[];
}

/** A workflow that is running. */
export interface WorkflowRun {
  readonly id: string;
  /**
   * How it ends; failed steps are in it. Rejects when the signal interrupts the run, and when
   * the store fails.
   */
  readonly result: Promise<WorkflowResult>;
  status(): RunState;
  /** The steps that have ended, by path. */
  results(): Record<string, StepResult>;
  /** Starts no more steps; resolves when those under way have ended. */
  pause(): Promise<void>;
  resume(): void;
  /** Lets a paused run do one more step; undefined when it is not paused or ended without one. */
  step(): Promise<StepResult | undefined>;
  /** Aborts the steps under way, undoes what is finished, and ends as `cancelled`. */
  cancel(reason?: string): void;
}

/**
 * Runs a workflow to its end. Failed steps are in the result.
 *
 * @throws SpellError `VALIDATION_FAILED` with the `problems` of the workflow or its input;
 *   `CANCELLED` or the signal's own reason.
 */
export async function runWorkflow(
  workflow: Workflow,
  input: unknown,
  options: WorkflowRunOptions = {},
): Promise<WorkflowResult> {
  return await (
    await startWorkflow(workflow, input, options)
  ).result;
}

/**
 * Starts a workflow.
 *
 * @throws SpellError `VALIDATION_FAILED` with the `problems` of the workflow or its input; `ALREADY_EXISTS`
 *   for a `runId` that the store has.
 */
export async function startWorkflow(
  workflow: Workflow,
  input: unknown,
  options: WorkflowRunOptions = {},
): Promise<WorkflowRun> {
  const { store, runId = crypto.randomUUID() } = options;
  const resolved = await resolveWorkflow(workflow, options.services ?? {});
  await checkInput(resolved.root, input);
  const now = Date.now();
  const run: StoredRun = {
    id: runId,
    hash: store === undefined ? "" : await workflowHash(resolved.root, resolved.included),
    input: input ?? null,
    status: options.paused === true ? "paused" : "running",
    createdAt: now,
    updatedAt: now,
    ...defined({ workflow: workflow.name }),
  };
  store?.create(run);
  return begin(resolved, { ...run, input }, [], options);
}

/**
 * Goes on with a run of a store whose process ended, or that was paused. Steps that are finished
 * are not repeated; those that were under way run again, with the same `key`. The result of a
 * run that has ended is given again.
 *
 * @throws SpellError `NOT_FOUND`; `INVALID_STATE` when a living process runs it;
 *   `SNAPSHOT_INVALID` when the workflow or one that it includes is not the one it was started with.
 */
export async function resumeWorkflow(
  workflow: Workflow,
  runId: string,
  options: WorkflowRunOptions & { store: RunStore },
): Promise<WorkflowRun> {
  const resolved = await resolveWorkflow(workflow, options.services ?? {});
  const hash = await workflowHash(resolved.root, resolved.included);
  const { run, records } = options.store.claim(runId);
  if (run.hash === hash) return begin(resolved, run, records, options);
  options.store.release(runId);
  throw new SpellError("SNAPSHOT_INVALID", `run '${runId}' was started with another definition of its workflow`, {
    details: { runId, workflow: run.workflow ?? null },
  });
}

type Ending = NonNullable<StoredRun["ending"]>;

function begin(
  resolved: ResolvedWorkflow,
  stored: StoredRun,
  records: StepRecord[],
  options: WorkflowRunOptions,
): WorkflowRun {
  const { store, services = {}, signal, onStep, context = createContext() } = options;
  const { root, included } = resolved;
  const { id } = stored;
  const gate = createGate(options.paused === true);
  const interrupted = deadline("the run", undefined, signal);
  // Not a failure of the step that it happens in, nor of those around it: nothing is undone.
  const interrupt = (error: unknown): void => interrupted.abort(toSpellError(error));
  const results = new Map<string, StepResult>();
  let hasEnded = false;
  /** Those who asked for one more step, the first first. */
  let asking: ((result: StepResult | undefined) => void)[] = [];
  const execution = createExecution({
    runId: id,
    services,
    root,
    included,
    gate,
    stored: store !== undefined,
    records,
    store(record) {
      // Another process may have the run by then.
      if (hasEnded) return;
      try {
        store?.record(id, record);
      } catch (error) {
        interrupt(error);
        throw error;
      }
    },
    onEnd(result, didWork) {
      results.set(result.path, result);
      if (didWork) asking.shift()?.(result);
      try {
        onStep?.(result, { signal: over });
      } catch (error) {
        interrupt(toSpellError(error, "SCRIPT_ERROR"));
      }
    },
  });
  let status: RunStatus = options.paused === true ? "paused" : "running";
  const change = (next: RunStatus): void => {
    if (status !== "running" && status !== "paused") return;
    status = next;
    store?.update(id, { status });
  };
  if (stored.status !== status && ["running", "paused"].includes(stored.status)) store?.update(id, { status });
  const stop = new AbortController();
  /** Aborts when the run is cut short. */
  let over = stop.signal;
  const limited = (by: AbortSignal): void => void (over = by);

  const work = async (): Promise<WorkflowResult> => {
    try {
      const outcome = await perform({
        execution,
        stored,
        stop,
        limited,
        signal: interrupted.signal,
        context,
        gate,
        ...defined({ store }),
      });
      ({ status } = outcome);
      const { output, error } = outcome;
      store?.update(id, { status, ...defined({ output: output, error: error && storeError(error) }) });
      return outcome;
    } finally {
      hasEnded = true;
      interrupted[Symbol.dispose]();
      store?.release(id);
      for (const tell of asking) tell(undefined);
      asking = [];
    }
  };
  const result = work();
  // Whoever does not wait for the result is not told of it.
  result.catch(() => {});
  const own = root.steps.map((step) => step.id);
  return {
    id,
    result,
    status: () => ({
      status,
      running: gate.running(),
      progress: own.filter((name) => results.has(name)).length / own.length,
      errors: [...results.values()].flatMap(({ path, status: ended, error }) =>
        ended === "failed" && error !== undefined ? [{ path, error }] : [],
      ),
    }),
    results: () => Object.fromEntries(results),
    async pause() {
      gate.close();
      change("paused");
      await gate.idle();
    },
    resume() {
      change("running");
      gate.open();
    },
    async step() {
      await gate.idle();
      if (!gate.closed || hasEnded) return undefined;
      const ended = new Promise<StepResult | undefined>((resolve) => asking.push(resolve));
      gate.letOne();
      return await ended;
    },
    cancel: (reason = "the run was cancelled") => stop.abort(new SpellError("CANCELLED", reason)),
  };
}

interface Performing {
  execution: Execution;
  stored: StoredRun;
  stop: AbortController;
  /** Told what the run is limited by once it has begun. */
  limited: (by: AbortSignal) => void;
  signal: AbortSignal;
  context: Context;
  gate: Gate;
  store?: RunStore;
}

/** One run with its hooks and events. */
async function perform({
  execution,
  stored,
  stop,
  limited,
  signal,
  context,
  gate,
  store,
}: Performing): Promise<WorkflowResult> {
  const { root, runId } = execution;
  const run = context.child({ runId, source: root.name === undefined ? "workflow" : `workflow:${root.name}`, signal });
  return await run.operation(
    "workflow",
    stored.input,
    { runId, ...defined({ name: root.name }) },
    async (input, inner) => {
      const started = performance.now();
      using limit = deadline(`workflow '${root.name ?? runId}'`, root.timeoutMs, stop.signal, signal);
      limited(limit.signal);
      let { ending } = stored;
      // It was being undone: nothing starts that is not finished.
      if (ending !== undefined) limit.abort(restoreError(ending.error));
      const memory = { input, vars: { ...root.variables }, steps: NO_OUTPUTS };
      const place: Place = { path: "", given: input, memory, signal: limit.signal, context: inner };
      const { output, steps, error } = await runPattern(execution, root, place);
      throwIfAborted(signal);
      ending ??= endingOf(limit.signal, stop.signal, error);
      if (ending === undefined)
        return { status: "completed" as const, output, steps, durationMs: performance.now() - started };
      store?.update(runId, { ending });
      gate.open();
      const compensations = await compensate(execution, inner, signal);
      return {
        status: ending.status,
        output,
        error: restoreError(ending.error),
        steps,
        ...(compensations.length === 0 ? {} : { compensations }),
        durationMs: performance.now() - started,
      };
    },
    ({ status }) => ({ status }),
  );
}

function endingOf(limit: AbortSignal, stop: AbortSignal, error: SpellError | undefined): Ending | undefined {
  if (stop.aborted) return { status: "cancelled", error: storeError(abortError(stop)) };
  if (limit.aborted) return { status: "failed", error: storeError(abortError(limit)) };
  return error && { status: "failed", error: storeError(error) };
}

/** Undoes what is finished, the last first. One that fails does not keep the others from it. */
async function compensate(run: Execution, context: Context, signal: AbortSignal): Promise<Compensation[]> {
  const results: Compensation[] = [];
  for (const { path, step, input, output, memory } of run.undo.toSorted((a, b) => b.seq - a.seq)) {
    const undo = step.compensate;
    if (undo === undefined) continue;
    using limit = deadline("compensation", undefined, signal);
    const at = {
      path: `${path}~compensate`,
      given: { input, output },
      memory: { ...memory },
      signal: limit.signal,
      context,
    };
    results.push({ ...(await runStep(run, undo as Parameters<typeof runStep>[1], at)), of: path });
    throwIfAborted(signal);
  }
  return results;
}
