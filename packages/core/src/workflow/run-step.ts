import { SpellError, toSpellError } from "@llmspell/errors";
import { abortError, deadline, raceAbort } from "../abort.js";
import type { Context } from "../context.js";
import { parseJson, stringifyJson } from "../formats/json.js";
import { defined } from "../json.js";
import { withRetry } from "../resilience/retry.js";
import { stepKind, type ErrorFilter, type FunctionStep, type Mapping, type StepResult } from "./definition.js";
import type { Execution } from "./execution.js";
import { isGroup, runInside, type GroupStep } from "./groups.js";
import { evaluateMapping } from "./mapping.js";
import { allOutputs, readOutputs, withOutput } from "./outputs.js";
import { restoreError, storeError, type StepRecord } from "./run-store.js";
import { setVariables, type Memory, type WorkflowScope } from "./scope.js";
import { doWork, type WorkKind } from "./work.js";
import type { NamedStep } from "./workflow.js";

/** Where a step stands in its run. */
export interface Place {
  readonly path: string;
  /** What the step is given unless its `input` says otherwise. */
  readonly given: unknown;
  readonly memory: Memory;
  readonly signal: AbortSignal;
  readonly context: Context;
  readonly error?: WorkflowScope["error"];
}

/** What rules at a place see; `after` the step its output, too. Its `steps` are to be read at once. */
export const scopeAt = (place: Place, after?: Pick<WorkflowScope, "output">): WorkflowScope =>
  makeScope(place, readOutputs, after);

/** What functions at a place see, who may keep it. */
export const lastingScopeAt = (place: Place): WorkflowScope => makeScope(place, allOutputs);

function makeScope(
  { memory, given, error }: Place,
  read: typeof readOutputs,
  after?: Pick<WorkflowScope, "output">,
): WorkflowScope {
  const { input, vars, steps } = memory;
  return {
    input,
    previous: given,
    vars,
    get steps() {
      return read(steps);
    },
    ...after,
    ...(error === undefined ? {} : { error }),
  };
}

/** Whether an error is one of these; every one without a filter. */
function isOneOf(error: unknown, filter: ErrorFilter | undefined): boolean {
  const { code, category } = toSpellError(error);
  return filter === undefined || filter.some((name) => name === code || name === category);
}

/**
 * Runs one step with what its definition says about failures. What an earlier process
 * finished is taken from its record and not done again. Never throws, except when the
 * record cannot be stored.
 */
export async function runStep(run: Execution, step: NamedStep, place: Place): Promise<StepResult> {
  const turn = run.breathe();
  if (turn !== undefined) await turn;
  let result = await runRecorded(run, step, place);
  const { error, path } = result;
  if (
    result.status === "failed" &&
    error !== undefined &&
    step.fallback !== undefined &&
    isOneOf(error, step.fallbackOn)
  ) {
    run.gate.handOn(path);
    const { code, message } = error;
    const at = { ...place, path: `${path}~fallback`, error: { code, message } };
    const second = await runStep(run, step.fallback as NamedStep, at);
    const { status, output, durationMs } = second;
    result = {
      ...result,
      status,
      output,
      durationMs: result.durationMs + durationMs,
      ...defined({ error: second.error }),
    };
    if (status === "completed") {
      delete result.error;
      result.recovered = error;
    }
  }
  if (result.status === "completed") place.memory.steps = withOutput(place.memory.steps, step.id, result.output);
  run.ended(result);
  return result;
}

async function runRecorded(run: Execution, step: NamedStep, place: Place): Promise<StepResult> {
  const { path, signal, memory } = place;
  const base = { id: step.id, path, kind: stepKind(step) };
  const record = run.records.get(path);
  if (record !== undefined) {
    // The steps inside have changed variables, and may have to be undone.
    if (isGroup(step)) await runInside(run, step, { ...place, given: await inputOf(run, step, place) }).catch(() => {});
    return recall(run, step, memory, record);
  }
  const started = performance.now();
  const cancelled = (): StepResult => ({
    ...base,
    status: "cancelled",
    error: abortError(signal),
    durationMs: performance.now() - started,
  });
  // Groups are walked even then: what is finished inside may have to be undone.
  if (signal.aborted && !isGroup(step)) return cancelled();
  const done: Done = { set: {}, input: undefined, output: undefined };
  let failure: SpellError | undefined;
  try {
    if (!isGroup(step)) await run.begin(path, signal);
    done.input = await inputOf(run, step, place);
    done.output = await place.context.operation(
      "workflow.step",
      done.input,
      { id: step.id, path },
      (input, context) => perform(run, step, { ...place, given: input, context }, done),
      () => ({}),
    );
    if (run.stored) done.output = plain(done.output, `the output of step '${step.id}'`);
  } catch (error) {
    if (signal.aborted) return cancelled();
    failure = toSpellError(error, "SCRIPT_ERROR");
  }
  const entry: Omit<StepRecord, "seq"> = {
    ...base,
    status: failure === undefined ? "completed" : "failed",
    durationMs: performance.now() - started,
    ...defined({
      output: failure === undefined || isGroup(step) ? done.output : undefined,
      input: step.compensate === undefined ? undefined : done.input,
      set: Object.keys(done.set).length === 0 ? undefined : done.set,
      error: failure === undefined ? undefined : storeError(failure),
    }),
  };
  const stored = { ...entry, seq: run.commit(entry) };
  return { ...recall(run, step, memory, stored), ...defined({ error: failure }) };
}

interface Done {
  set: Record<string, unknown>;
  input: unknown;
  output: unknown;
}

/** The result of a finished step, with its effect on the variables. */
function recall(run: Execution, step: NamedStep, memory: Memory, record: StepRecord): StepResult {
  const { id, path, kind, durationMs, output, seq } = record;
  if (record.status === "completed") {
    setVariables(memory, record.set ?? {});
    if (step.compensate !== undefined)
      run.undo.push({ seq, path, step, input: record.input, output, memory: { ...memory } });
  }
  return {
    id,
    path,
    kind,
    status: record.status === "completed" ? "completed" : "failed",
    durationMs,
    ...defined({ output, error: record.error && restoreError(record.error) }),
  };
}

async function perform(run: Execution, step: NamedStep, place: Place, done: Done): Promise<unknown> {
  const { defaults = {} } = run.root;
  const work = isGroup(step) || "delay" in step || "transform" in step ? step : { ...defaults, ...step };
  using limit = deadline(`step '${step.id}'`, work.timeoutMs, place.signal);
  const at = { ...place, signal: limit.signal };
  try {
    const given = await (isGroup(step)
      ? doGroup(run, step, at, done)
      : doWithPolicy(run, work as NamedStep & WorkKind, at, done));
    const output = await mapped(run, step.output, scopeAt(place, { output: given }), given);
    const scope = scopeAt(place, { output });
    const set = Object.entries(step.set ?? {}).map(
      async ([name, rule]) => [name, await mapped(run, rule, scope, undefined)] as const,
    );
    Object.assign(done.set, Object.fromEntries(await Promise.all(set)));
    if (run.stored) done.set = plain(done.set, `what step '${step.id}' sets`) as Done["set"];
    return output;
  } catch (error) {
    throw limit.signal.aborted ? abortError(limit.signal) : error;
  }
}

async function doGroup(run: Execution, step: NamedStep & GroupStep, at: Place, done: Done): Promise<unknown> {
  const { output, error } = await runInside(run, step, at);
  // Of a group that failed what did work is known all the same.
  done.output = output;
  if (error !== undefined) throw error;
  return output;
}

async function doWithPolicy(run: Execution, step: NamedStep & WorkKind, at: Place, done: Done): Promise<unknown> {
  const { retry, breaker } = "retry" in step || "breaker" in step ? (step as FunctionStep) : {};
  const once = async (attempt: number): Promise<unknown> => {
    const { output, set = {} } = await raceAbort(doWork(run, step, at, attempt), at.signal);
    done.set = { ...set };
    return output;
  };
  const guarded =
    breaker === undefined
      ? once
      : (attempt: number): Promise<unknown> => {
          const { on, name = step.id, ...options } = breaker;
          const countsAsFailure = (error: unknown): boolean => !at.signal.aborted && isOneOf(error, on);
          return run.breaker({ ...options, name, countsAsFailure }).call(() => once(attempt));
        };
  if (retry === undefined) return await guarded(1);
  const { on, ...options } = retry;
  const retryIf = (error: unknown): boolean => isOneOf(error, on);
  return await withRetry(guarded, { ...options, retryIf, clock: run.clock }, at.signal);
}

const inputOf = (run: Execution, step: NamedStep, place: Place): Promise<unknown> =>
  mapped(run, step.input, scopeAt(place), place.given);

async function mapped(
  run: Execution,
  rule: Mapping | undefined,
  scope: WorkflowScope,
  otherwise: unknown,
): Promise<unknown> {
  return rule === undefined ? otherwise : await evaluateMapping(rule, scope, run.services.transforms);
}

/** What a store gives back of `value`, so that a run goes on with the same after a restart. */
function plain(value: unknown, what: string): unknown {
  if (value === undefined) return undefined;
  try {
    return parseJson(stringifyJson(value));
  } catch (error) {
    throw new SpellError("INVALID_ARGUMENT", `${what} cannot be stored: ${toSpellError(error).message}`);
  }
}
