import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";
import type { Hook, HookContext, Next } from "./hook.js";
import { HOOK_POINTS, type HookPoint, type Operation } from "./points.js";

/** Calls of one hook. */
export interface HookStats {
  calls: number;
  errors: number;
  totalMs: number;
}

/** A hook that is in place. `using` it, or `remove()`, takes it away, also while it runs. */
export interface RegisteredHook extends Disposable {
  readonly hook: Hook;
  readonly stats: Readonly<HookStats>;
  /** A disabled hook stays in its place and is passed over. */
  enabled: boolean;
  /** Lower ones come first. @throws (when set) SpellError `INVALID_ARGUMENT` for what is no number. */
  priority: number;
  /** Calls the hook with what wraps it, as its operation would. */
  call: HookCall;
  /** Puts `around` around each call of this hook, outside of what is there, until it is disposed. */
  wrap(around: (context: HookContext, call: (context: HookContext) => unknown) => unknown): Disposable;
  remove(): void;
}

/** A hook as it is called; `next` is there around operations. */
type HookCall = (context: HookContext, next?: Next<Operation>) => Promise<unknown>;

/** Hooks that come and go while agents run. */
export interface Hooks {
  /** @throws SpellError `INVALID_ARGUMENT` naming what is wrong with the hook. */
  add(hook: Hook): RegisteredHook;
  /** In the order of their calls. */
  list(point?: HookPoint): RegisteredHook[];
  /** Those of a point, in order. The list is never changed: additions make a new one. */
  at(point: HookPoint): readonly HookEntry[];
  /** Whether there are none at all. */
  readonly empty: boolean;
}

/** @internal What the runner of hooks works on. */
export interface HookEntry {
  readonly hook: Hook;
  readonly call: HookCall;
  readonly stats: HookStats;
  priority: number;
  enabled: boolean;
}

const NONE: readonly HookEntry[] = [];

/**
 * Makes a list of hooks.
 *
 * @example
 * const hooks = createHooks();
 * hooks.add({ name: "shout", point: "model.after", run: ({ data }) => ({ data: { ...data, text: data.text.toUpperCase() } }) });
 */
export function createHooks(initial: readonly Hook[] = []): Hooks {
  const byPoint = new Map<HookPoint, readonly HookEntry[]>();
  const registered = new Map<HookEntry, RegisteredHook>();
  const hooks: Hooks = {
    add(hook) {
      checkHook(hook);
      const { point, priority = 0 } = hook;
      let wraps: readonly Parameters<RegisteredHook["wrap"]>[0][] = [];
      // The type of a hook ties its context to its point, which only the table of hooks knows here.
      const run = hook.run.bind(hook) as (context: HookContext, next: unknown) => unknown;
      const call: HookCall = async (context, next) =>
        await wraps.reduce<(context: HookContext) => unknown>(
          (inner, around) => (given) => around(given, inner),
          (given) => run(given, next),
        )(context);
      const entry: HookEntry = { hook, call, priority, stats: { calls: 0, errors: 0, totalMs: 0 }, enabled: true };
      byPoint.set(point, inOrder([...hooks.at(point), entry]));
      const remove = (): void => {
        entry.enabled = false;
        registered.delete(entry);
        byPoint.set(
          point,
          hooks.at(point).filter((other) => other !== entry),
        );
      };
      const handle: RegisteredHook = {
        hook,
        stats: entry.stats,
        get enabled() {
          return entry.enabled;
        },
        set enabled(on) {
          entry.enabled = on && registered.has(entry);
        },
        get priority() {
          return entry.priority;
        },
        set priority(next) {
          checkPriority(hook.name, next);
          entry.priority = next;
          byPoint.set(point, inOrder(hooks.at(point)));
        },
        call,
        wrap(around) {
          wraps = [...wraps, around];
          return { [Symbol.dispose]: () => void (wraps = wraps.filter((other) => other !== around)) };
        },
        remove,
        [Symbol.dispose]: remove,
      };
      registered.set(entry, handle);
      return handle;
    },
    at: (point) => byPoint.get(point) ?? NONE,
    list(point) {
      const points = point === undefined ? HOOK_POINTS : [point];
      return points.flatMap((each) => hooks.at(each).flatMap((entry) => registered.get(entry) ?? []));
    },
    get empty() {
      return registered.size === 0;
    },
  };
  for (const hook of initial) hooks.add(hook);
  return hooks;
}

/**
 * The hooks of this process: called in every context of it, outside of all others. For what an
 * operator wants everywhere, such as an audit; a library leaves them alone.
 */
export const globalHooks: Hooks = createHooks();

/** By priority; those of the same priority as they are. */
export function inOrder(entries: readonly HookEntry[]): HookEntry[] {
  return entries.toSorted((a, b) => a.priority - b.priority);
}

function checkHook(hook: Hook): void {
  if (!isRecord(hook)) throw invalid("a hook must be an object");
  const { name, point, priority = 0, run } = hook;
  if (typeof name !== "string" || name === "") throw invalid("a hook needs a 'name'");
  if (!HOOK_POINTS.includes(point)) {
    throw new SpellError(
      "INVALID_ARGUMENT",
      `there is no hook point '${point}'${didYouMean(String(point), HOOK_POINTS)}`,
      {
        details: { hook: name, known: HOOK_POINTS },
      },
    );
  }
  checkPriority(name, priority);
  if (typeof run !== "function") throw invalid(`hook '${name}' needs a function 'run'`);
  if (hook.background === true && point.endsWith(".around"))
    throw invalid(`hook '${name}' is around an operation, so it cannot be in the background`);
}

function checkPriority(name: string, priority: number): void {
  if (!Number.isFinite(priority)) throw invalid(`'priority' of hook '${name}' must be a number`);
}

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
