import { SpellError, toSpellError } from "@llmspell/errors";
import { abortError, deadline, raceAbort, throwIfAborted } from "../abort.js";
import { defined } from "../json.js";
import { forEachParallel } from "../parallel.js";
import { aggregate } from "../resilience/fallback.js";
import { describeErrors, validateJson } from "../schema/validate.js";
import {
  stepKind,
  type Condition,
  type ConditionStep,
  type ForRange,
  type LoopStep,
  type Mapping,
  type ParallelStep,
  type SequentialStep,
  type StepResult,
  type WorkflowStep,
} from "./definition.js";
import type { Execution } from "./execution.js";
import { compile } from "./languages.js";
import { evaluateMapping } from "./mapping.js";
import { NO_OUTPUTS } from "./outputs.js";
import { lastingScopeAt, runStep, scopeAt, type Place } from "./run-step.js";
import { mergeBranches, setVariables } from "./scope.js";
import { runScript } from "./work.js";
import { named, type NamedStep, type NamedWorkflow } from "./workflow.js";

/** The steps that consist of others. */
export type GroupStep = ConditionStep | LoopStep | ParallelStep | SequentialStep | WorkflowStep;

export const isGroup = (step: NamedStep): step is NamedStep & GroupStep =>
  ["condition", "loop", "parallel", "sequential", "workflow"].includes(stepKind(step));

/** What a group gives. With an `error` it has failed, and `output` is what did work. */
export interface GroupResult {
  output: unknown;
  error?: SpellError;
  steps: StepResult[];
}

/** Runs the steps inside a step. @throws SpellError of the signal when it was stopped. */
export async function runInside(run: Execution, step: NamedStep & GroupStep, place: Place): Promise<GroupResult> {
  if ("parallel" in step) return await runParallel(run, { ...step, steps: named(step.parallel) }, place);
  if ("sequential" in step) return await runSequence(run, named(step.sequential), place, step.failFast);
  if ("workflow" in step) return await runIncluded(run, step, place);
  if (!("if" in step)) return await runLoop(run, step, place);
  const way = (await holds(run, step.if, place, `${place.path}!if`)) ? step.do : step.else;
  return way === undefined ? { output: place.given, steps: [] } : await runSequence(run, named(way), place, undefined);
}

/** The steps of a workflow in its pattern. */
export function runPattern(run: Execution, workflow: NamedWorkflow, place: Place): Promise<GroupResult> {
  if (workflow.pattern === "parallel") return runParallel(run, workflow, place);
  return runSequence(run, workflow.steps, place, workflow.failFast);
}

async function runIncluded(run: Execution, { workflow }: NamedStep & WorkflowStep, place: Place): Promise<GroupResult> {
  const found = typeof workflow === "string" ? run.included.get(workflow) : (workflow as NamedWorkflow);
  if (found === undefined) throw new SpellError("NOT_FOUND", `there is no workflow '${String(workflow)}'`);
  await checkInput(found, place.given);
  const memory = { input: place.given, vars: { ...found.variables }, steps: NO_OUTPUTS };
  using limit = deadline(`workflow '${found.name ?? place.path}'`, found.timeoutMs, place.signal);
  return await runPattern(run, found, { ...place, memory, signal: limit.signal });
}

/** @throws SpellError `VALIDATION_FAILED`. */
export async function checkInput({ inputSchema, name = "the workflow" }: NamedWorkflow, input: unknown): Promise<void> {
  if (inputSchema === undefined) return;
  const { valid, errors } = await validateJson(inputSchema, input);
  if (valid) return;
  throw new SpellError("VALIDATION_FAILED", `the input of '${name}' is not valid: ${describeErrors(errors)}`, {
    details: { errors },
  });
}

const inside = ({ path }: Place, id: string): string => (path === "" ? id : `${path}/${id}`);

const neverStarted = (step: NamedStep, place: Place, error: SpellError): StepResult => ({
  id: step.id,
  path: inside(place, step.id),
  kind: stepKind(step),
  status: "cancelled",
  error,
  durationMs: 0,
});

const stoppedBy = (id: string): SpellError =>
  new SpellError("CANCELLED", `step '${id}' failed, so the others were stopped`);

async function runSequence(
  run: Execution,
  steps: readonly NamedStep[],
  place: Place,
  failFast = true,
): Promise<GroupResult> {
  const results: StepResult[] = [];
  let given = place.given;
  let failed: StepResult | undefined;
  for (const step of steps) {
    if (failed !== undefined && failFast) {
      const result = neverStarted(step, place, stoppedBy(failed.id));
      results.push(result);
      run.ended(result);
      continue;
    }
    const result = await runStep(run, step, { ...place, path: inside(place, step.id), given });
    results.push(result);
    if (result.status === "completed") given = result.output;
    else if (result.status === "failed") failed ??= result;
  }
  throwIfStopped(place, results);
  const anyDone = results.some(({ status }) => status === "completed");
  return { output: anyDone ? given : undefined, steps: results, ...errorOf(results) };
}

/**
 * A group whose steps were stopped was stopped itself; when all of them had been finished, so
 * was the group, whatever the signal says. The whole run has a result in any case.
 */
function throwIfStopped({ path, signal }: Place, results: readonly StepResult[]): void {
  if (path !== "" && results.some(({ status }) => status === "cancelled")) throwIfAborted(signal);
}

function errorOf(results: readonly StepResult[]): { error?: SpellError } {
  const failures = results.flatMap(({ status, id: name, error }) =>
    status === "failed" && error !== undefined ? [{ name, error }] : [],
  );
  const [first] = failures;
  if (first === undefined) return {};
  return { error: failures.length === 1 ? first.error : aggregate("several steps failed", failures) };
}

// Each step that is running follows the signal of its group; Node looks through all who do for each one more.
const MOST_AT_ONCE = 1000;

async function runParallel(
  run: Execution,
  group: { steps: readonly NamedStep[]; maxConcurrency?: number; failFast?: boolean },
  place: Place,
): Promise<GroupResult> {
  const { steps, maxConcurrency = MOST_AT_ONCE, failFast = false } = group;
  const { memory } = place;
  const base = { ...memory };
  const branches = steps.map(() => ({ ...base }));
  const results: StepResult[] = [];
  using stop = deadline("the group", undefined, place.signal);
  const mark = `${place.path}!stop`;
  // What was stopped stays stopped when another process goes on with the run.
  const stopped = run.records.get(mark);
  if (stopped !== undefined) stop.abort(stoppedBy(stopped.id));
  await forEachParallel([...steps.entries()], Math.min(maxConcurrency, MOST_AT_ONCE), async ([index, step]) => {
    const at = { ...place, path: inside(place, step.id), signal: stop.signal, memory: branches[index] ?? memory };
    const result = await runStep(run, step, at);
    results[index] = result;
    if (result.status !== "failed" || !failFast || stop.signal.aborted) return;
    run.commit({ path: mark, id: step.id, kind: "parallel", status: "mark", durationMs: 0 });
    stop.abort(stoppedBy(step.id));
  });
  throwIfStopped(place, results);
  const done = results.filter(({ status }) => status === "completed");
  // In the order of the definition, so that two branches that set the same variable always end the same way.
  const finished = branches.filter((_, index) => results[index]?.status === "completed");
  mergeBranches(memory, finished, base);
  const output = Object.fromEntries(done.map((result) => [result.id, result.output]));
  return { output, steps: results, ...errorOf(results) };
}

const MAX_ITERATIONS = 1000;

async function runLoop(run: Execution, step: NamedStep & LoopStep, place: Place): Promise<GroupResult> {
  const { memory, path, given } = place;
  const { maxIterations = MAX_ITERATIONS } = step;
  const name = ("for" in step ? step.for.as : "foreach" in step ? step.as : undefined) ?? "item";
  const before = memory.vars;
  const outputs: unknown[] = [];
  const steps: StepResult[] = [];
  let error: SpellError | undefined;
  let last = given;
  const rounds = await roundsOf(run, step, place);
  for (let index = 0; ; index++) {
    const here = `${path}[${index}]`;
    const at = { ...place, path: here, given: last };
    const round = rounds?.next();
    if (round?.done === true) break;
    setVariables(memory, { index, ...(round === undefined ? {} : { [name]: round.value }) });
    if ("while" in step && !(await holds(run, step.while, at, `${here}!while`))) break;
    if (index >= maxIterations) {
      const details = { limit: "maxIterations", maxIterations };
      throw new SpellError("BUDGET_EXCEEDED", `loop '${step.id}' takes more than ${maxIterations} rounds`, { details });
    }
    const done = await runSequence(
      run,
      named(step.do),
      round === undefined ? at : { ...at, given: round.value },
      undefined,
    );
    for (const result of done.steps) steps.push(result);
    ({ error } = done);
    if (error !== undefined) break;
    // So that a list of them has a form in a store.
    outputs.push(done.output ?? null);
    last = done.output;
    if (step.break !== undefined && (await holds(run, step.break, { ...at, given: last }, `${here}!break`))) break;
  }
  restore(place, name, before);
  return { output: outputs, steps, ...defined({ error }) };
}

/** A loop around this one has its own `item` and `index`. */
function restore({ memory }: Place, name: string, before: Readonly<Record<string, unknown>>): void {
  const vars = { ...memory.vars };
  for (const own of [name, "index"]) {
    if (Object.hasOwn(before, own)) vars[own] = before[own];
    else delete vars[own];
  }
  memory.vars = vars;
}

/** The values of the rounds; undefined for a loop with a condition. */
async function roundsOf(
  run: Execution,
  step: NamedStep & LoopStep,
  place: Place,
): Promise<Iterator<unknown> | undefined> {
  if ("while" in step) return undefined;
  const value = (rule: Mapping): Promise<unknown> => evaluateMapping(rule, scopeAt(place), run.services.transforms);
  if ("for" in step) {
    const bound = async (given: ForRange["from"]): Promise<number> => {
      const found = typeof given === "number" ? given : await value(given);
      if (typeof found === "number" && Number.isSafeInteger(found)) return found;
      throw new SpellError("INVALID_ARGUMENT", `loop '${step.id}' needs whole numbers for 'from' and 'to'`);
    };
    return numbers(await bound(step.for.from), await bound(step.for.to), step.for.by ?? 1);
  }
  const list = await value(step.foreach);
  if (Array.isArray(list)) return list.values();
  throw new SpellError("INVALID_ARGUMENT", `loop '${step.id}' needs a list to go through`);
}

function* numbers(from: number, to: number, by: number): Iterator<number> {
  for (let value = from; by > 0 ? value <= to : value >= to; value += by) yield value;
}

const isTrue = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

/** What a condition says. Of one that may be different the next time the answer is stored at `path`. */
async function holds(run: Execution, condition: Condition, place: Place, path: string): Promise<boolean> {
  const scope = scopeAt(place);
  if (typeof condition === "string") {
    const answer = await (await compile("expression", condition))(scope);
    if (typeof answer === "boolean") return answer;
    throw new SpellError("INVALID_ARGUMENT", `the condition '${condition.slice(0, 200)}' is neither true nor false`);
  }
  if (typeof condition === "object" && "path" in condition) {
    const found = await (await compile("path", condition.path))(scope);
    return Array.isArray(found) ? found.some(isTrue) : isTrue(found);
  }
  const known = run.records.get(path);
  if (known !== undefined) return known.output === true;
  if (place.signal.aborted) throw abortError(place.signal);
  await run.gate.enter(path, place.signal);
  let answer: boolean;
  try {
    answer = isTrue(
      typeof condition === "function"
        ? await raceAbort(Promise.resolve(condition(lastingScopeAt(place), { signal: place.signal })), place.signal)
        : (await runScript(run, condition, { ...place, path })).output,
    );
  } catch (error) {
    throw toSpellError(error, "SCRIPT_ERROR");
  } finally {
    run.gate.handOn(path);
  }
  run.commit({ path, id: path, kind: "condition", status: "mark", output: answer, durationMs: 0 });
  return answer;
}
