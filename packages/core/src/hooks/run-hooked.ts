import { SpellError, toSpellError } from "@llmspell/errors";
import { withGrace } from "../abort.js";
import { isRecord } from "../json.js";
import type { Context } from "../context.js";
import { SuspendedCall } from "../tools/suspended-call.js";
import type { Hook, HookChange, HookContext, HookFailure, Next } from "./hook.js";
import { inOrder, type HookEntry, type Hooks } from "./hooks.js";
import { checkShape } from "./shapes.js";
import type { AboutOf, HookPoint, InputOf, Operation, OutputOf, Phase } from "./points.js";

/** What hooks leave behind in a run. */
export interface HookLog {
  readonly changes: HookChange[];
  readonly errors: HookFailure[];
}

/** An operation that hooks surround. */
export interface Hooked<O extends Operation> {
  readonly sources: readonly Hooks[];
  readonly log: HookLog;
  readonly run: Context;
  readonly operation: O;
  readonly about: AboutOf<O>;
  readonly work: (input: InputOf<O>) => Promise<OutputOf<O>>;
}

// A run may be long and its data large.
const MOST_LOGGED = 1000;

/** Ends an operation without its later hooks. */
class Stopped extends Error {
  readonly outcome: { result: unknown } | { error: SpellError };

  constructor(outcome: { result: unknown } | { error: SpellError }) {
    super("stopped by a hook");
    this.outcome = outcome;
  }
}

/**
 * Does an operation with its hooks: `before` in order, `around` from the outermost in,
 * the work, `after` in order; at an error of any of them `error` in order. A run of an
 * agent has `agent.init` before all of these and `agent.cleanup` at the end, however it ended.
 *
 * @throws SpellError `CANCELLED` naming the hook that stopped it without a result; what the work and hooks throw.
 */
export async function runHooked<O extends Operation>(hooked: Hooked<O>, given: InputOf<O>): Promise<OutputOf<O>> {
  try {
    return await runPhases(hooked, given);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if ("error" in error.outcome) throw error.outcome.error;
    return error.outcome.result as OutputOf<O>;
  } finally {
    if (hooked.operation === "agent") await cleanUp(hooked, given);
  }
}

async function runPhases<O extends Operation>(hooked: Hooked<O>, given: InputOf<O>): Promise<OutputOf<O>> {
  const { operation } = hooked;
  let input = given;
  const step = async (phase: Phase, data: unknown): Promise<unknown> =>
    await runPhase(hooked, `${operation}.${phase}`, data, input);
  try {
    if (operation === "agent") await runPhase(hooked, "agent.init", undefined, input);
    input = (await step("before", input)) as InputOf<O>;
    const output = await runAround(hooked, input, (final) => {
      input = final;
    });
    // It has no result yet.
    if (output instanceof SuspendedCall) return output;
    return (await step("after", output)) as OutputOf<O>;
  } catch (error) {
    if (error instanceof Stopped) throw error;
    throw await step("error", toSpellError(error));
  }
}

/** What hooks made of something that was given to them by hand. */
export interface HookTrial {
  /** As the hooks left it; the result of the one that stopped, if it gave one. */
  data: unknown;
  stopped: boolean;
  reason?: string;
  changes: readonly HookChange[];
}

/**
 * Calls the hooks of some points by hand, one point after the other, around nothing at all.
 *
 * @example
 * const { data, stopped } = await tryHooks(hooks, ["tool.before"], { sum: 900 }, { run, about: { step: 0, id: "", name: "pay", args: {} } });
 * @throws what a hook throws.
 */
export async function tryHooks<O extends Operation>(
  hooks: Hooks,
  points: readonly HookPoint[],
  given: unknown,
  { run, about }: { run: Context; about: AboutOf<O> },
): Promise<HookTrial> {
  const log: { changes: HookChange[]; errors: HookFailure[] } = { changes: [], errors: [] };
  let data = given;
  try {
    for (const point of points) {
      const cut = point.lastIndexOf(".");
      const operation = point.slice(0, cut) as O;
      const work = async (input: unknown): Promise<unknown> => input;
      const hooked = { sources: [hooks], log, run, operation, about, work } as unknown as Hooked<O>;
      data = point.endsWith(".around")
        ? await runAround(hooked, data as InputOf<O>, () => {})
        : await runPhase(hooked, point, data, given);
    }
    return { data, stopped: false, changes: log.changes };
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    const { outcome } = error;
    return "result" in outcome
      ? { data: outcome.result, stopped: true, changes: log.changes }
      : { data, stopped: true, reason: outcome.error.message, changes: log.changes };
  }
}

/** There is nothing left to stop but the hooks that follow, and errors are noted. */
async function cleanUp<O extends Operation>(hooked: Hooked<O>, input: InputOf<O>): Promise<void> {
  try {
    await runPhase(hooked, "agent.cleanup", undefined, input);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

/** Hooks at `point`, those of outer contexts first where priorities are the same. */
function entriesAt(sources: readonly Hooks[], point: HookPoint): readonly HookEntry[] {
  const lists = sources.map((source) => source.at(point)).filter((list) => list.length > 0);
  return lists.length <= 1 ? (lists[0] ?? []) : inOrder(lists.flat());
}

async function runPhase<O extends Operation>(
  hooked: Hooked<O>,
  point: HookPoint,
  start: unknown,
  input: unknown,
): Promise<unknown> {
  let data = start;
  for (const entry of entriesAt(hooked.sources, point)) {
    const context = contextOf(hooked, point, data, input);
    if (!applies(entry, context, hooked.log)) continue;
    const { hook } = entry;
    if (hook.background === true) {
      void callHook(entry, context, undefined, hooked.log, true);
      continue;
    }
    const decision = await callHook(entry, context, undefined, hooked.log, isQuiet(hook, point));
    if (!isRecord(decision)) continue;
    if (decision["stop"] === true) throw stoppedBy(entry, hooked.operation, point, data, decision, hooked.log);
    if (!("data" in decision)) continue;
    const changed = atError(point) ? toSpellError(decision["data"]) : decision["data"];
    if (point.endsWith(".before")) checkShape(hook.name, hooked.operation, "input", changed);
    if (point.endsWith(".after")) checkShape(hook.name, hooked.operation, "output", changed);
    logChange(hooked.log, { hook: hook.name, point, before: data, after: changed });
    data = changed;
  }
  return data;
}

const atError = (point: HookPoint): boolean => point.endsWith(".error");

function stoppedBy(
  { hook }: HookEntry,
  operation: Operation,
  point: HookPoint,
  before: unknown,
  decision: Record<string, unknown>,
  log: HookLog,
): Stopped {
  if ("result" in decision) {
    checkShape(hook.name, operation, "output", decision["result"]);
    logChange(log, { hook: hook.name, point, before, after: decision["result"] });
    return new Stopped({ result: decision["result"] });
  }
  const reason = typeof decision["reason"] === "string" ? `: ${decision["reason"]}` : "";
  const details = { hook: hook.name, point };
  return new Stopped({ error: new SpellError("CANCELLED", `stopped by hook '${hook.name}'${reason}`, { details }) });
}

async function runAround<O extends Operation>(
  hooked: Hooked<O>,
  start: InputOf<O>,
  onInput: (input: InputOf<O>) => void,
): Promise<OutputOf<O>> {
  const point: HookPoint = `${hooked.operation}.around`;
  const entries = entriesAt(hooked.sources, point);
  const from = async (index: number, input: InputOf<O>): Promise<OutputOf<O>> => {
    const entry = entries[index];
    if (entry === undefined) {
      onInput(input);
      return await hooked.work(input);
    }
    const context = contextOf(hooked, point, input, input);
    if (!applies(entry, context, hooked.log)) return await from(index + 1, input);
    const { name } = entry.hook;
    const inner: Promise<OutputOf<O>>[] = [];
    const next = (changed: InputOf<O> = input): Promise<OutputOf<O>> => {
      if (changed !== input) {
        checkShape(name, hooked.operation, "input", changed);
        logChange(hooked.log, { hook: name, point, before: input, after: changed });
      }
      const done = from(index + 1, changed);
      // A hook need not wait for it.
      done.catch(() => {});
      inner.push(done);
      return done;
    };
    /** The output of the last one, when all have ended. */
    const settled = async (): Promise<OutputOf<O> | undefined> => {
      const last = (await Promise.allSettled(inner)).at(-1);
      return last?.status === "fulfilled" ? last.value : undefined;
    };
    try {
      const output = (await callHook(entry, context, next, hooked.log, false)) as OutputOf<O>;
      const before = await settled();
      const isOwn = before !== output || inner.length === 0;
      if (isOwn && !(output instanceof SuspendedCall)) checkShape(name, hooked.operation, "output", output);
      if (before !== output) logChange(hooked.log, { hook: name, point, before, after: output });
      return output;
    } catch (error) {
      // After an abort the hook is given up at once, but what it surrounds ends first.
      await settled();
      throw error;
    }
  };
  return await from(0, start);
}

function contextOf<O extends Operation>(
  { operation, about, run }: Hooked<O>,
  point: HookPoint,
  data: unknown,
  input: unknown,
): HookContext {
  // Inside an operation there always is its frame.
  const { values, parent } = run.frame ?? { values: new Map(), parent: undefined };
  return { point, operation, data, input, about, run, values, parent } as HookContext;
}

/** @throws what its filter throws, as if it were the hook itself: one that guards must not be passed over. */
function applies({ hook, enabled, stats }: HookEntry, context: HookContext, log: HookLog): boolean {
  if (!enabled) return false;
  try {
    return hook.filter?.(context) ?? true;
  } catch (error) {
    stats.errors++;
    if (!isQuiet(hook, context.point) && hook.background !== true) throw error;
    logFailure(log, { hook: hook.name, point: context.point, error: toSpellError(error) });
    return false;
  }
}

const isQuiet = ({ onError }: Hook, point: HookPoint): boolean => onError === "ignore" || point === "agent.cleanup";

async function callHook(
  { hook, stats, call }: HookEntry,
  context: HookContext,
  next: ((input?: never) => Promise<unknown>) | undefined,
  log: HookLog,
  ignoreErrors: boolean,
): Promise<unknown> {
  const started = performance.now();
  stats.calls++;
  try {
    // A hook may not obey the signal.
    return await withGrace(`hook '${hook.name}'`, context.run.signal, (signal) =>
      call({ ...context, signal }, next as Next<Operation> | undefined),
    );
  } catch (error) {
    stats.errors++;
    if (!ignoreErrors) throw error;
    logFailure(log, { hook: hook.name, point: context.point, error: toSpellError(error) });
    return undefined;
  } finally {
    stats.totalMs += performance.now() - started;
  }
}

function logChange({ changes }: HookLog, change: HookChange): void {
  if (changes.length < MOST_LOGGED) changes.push(change);
}

function logFailure({ errors }: HookLog, failure: HookFailure): void {
  if (errors.length < MOST_LOGGED) errors.push(failure);
}
