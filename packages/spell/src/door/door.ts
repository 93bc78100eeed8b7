import { Pending, type Guest, type ScriptValue } from "@llmspell/engine";
import { SpellError, isSpellError, toSpellError } from "@llmspell/errors";
import { callScope } from "../run/call-scope.js";
import type { RunContext } from "../run/context.js";
import { CallControllers } from "./call-controllers.js";
import { inLaterTurn, isTurnLong } from "./long-turn.js";
import { Memos } from "./memos.js";
import type { DoorFunction, Library } from "./module.js";

/** How often a function was called through a door, with what success, and how long it took. */
export interface CallCount {
  calls: number;
  errors: number;
  /** Calls that were answered with a result that was kept. */
  memoized: number;
  /** Milliseconds of all calls that have ended, waiting included. */
  totalMs: number;
  maxMs: number;
}

/**
 * The only way out of a guest. Each call is checked against the run's grants,
 * validated, counted and written to the audit log before it is passed on.
 */
export class Door {
  readonly #library: Library;
  readonly #run: RunContext;
  readonly #counts = new Map<string, CallCount>();
  readonly #controllers = new CallControllers();
  readonly memos = new Memos();

  constructor(library: Library, run: RunContext) {
    this.#library = library;
    this.#run = run;
  }

  /** The names of the modules of the script API, older ones among them. */
  get modules(): ReadonlySet<string> {
    return new Set(this.#library.bindings.modules.flatMap(({ name, aliases }) => [name, ...aliases]));
  }

  get counts(): ReadonlyMap<string, CallCount> {
    return this.#counts;
  }

  /** @throws SpellError `NOT_FOUND` */
  find(name: string): DoorFunction {
    const found = this.#library.find(name);
    if (found === undefined) throw new SpellError("NOT_FOUND", `there is no function '${name}' that the host answers`);
    return found;
  }

  /** @throws SpellError what the guest is to get; never an error that shows the host's insides. */
  call(id: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending {
    const fn = this.#library.functions[id - 1];
    if (fn === undefined) throw new SpellError("NOT_FOUND", `there is no function ${id}`);
    this.#run.guest = guest;
    if (!fn.awaitable) return this.pass(fn, args, NEVER) as ScriptValue | undefined;
    const controller = this.#controllers.take();
    const around = callScope();
    const own = controller.signal;
    const answer = this.pass(fn, args, around === undefined ? own : AbortSignal.any([own, around]));
    if (!(answer instanceof Promise)) return answer;
    let isOver = false;
    const over = (): void => {
      isOver = true;
      this.#controllers.giveBack(controller);
    };
    answer.then(over, over);
    return new Pending(isTurnLong() ? inLaterTurn(answer) : answer, (reason) => {
      if (!isOver) controller.abort(reason);
    });
  }

  /** One call, with all that belongs to it. @throws SpellError as {@link call}, at once or later. */
  pass(
    fn: DoorFunction,
    args: readonly ScriptValue[],
    signal: AbortSignal,
  ): ScriptValue | undefined | Promise<ScriptValue | undefined> {
    const started = performance.now();
    const count = this.#count(fn.name);
    const record = this.#run.audit.add(fn.name, "allowed");
    const slot = this.memos.slot(fn, args);
    const ended = fn.depends === undefined ? this.memos.begin() : undefined;
    const end = (): void => {
      const ms = performance.now() - started;
      count.totalMs += ms;
      if (ms > count.maxMs) count.maxMs = ms;
      ended?.();
    };
    const fail = (thrown: unknown): SpellError => {
      const error = forGuest(fn.name, thrown);
      record.code = error.code;
      Object.assign(record, this.#run.guest.position);
      count.errors++;
      end();
      return error;
    };
    const keep = (value: ScriptValue | undefined): ScriptValue | undefined => {
      end();
      slot?.keep(value);
      return value;
    };
    let answer: ScriptValue | undefined | Promise<ScriptValue | undefined>;
    try {
      for (const { capability, scopeIn } of fn.powers) {
        const scope = scopeIn(args);
        // An argument that tells no scope is refused for that.
        if (scope !== undefined) this.#run.authorize(fn.name, capability, scope);
      }
      if (slot?.found !== undefined) {
        count.memoized++;
        return slot.found.value;
      }
      answer = fn.call(this.#run, checkArguments(fn, args, this.#run), signal);
    } catch (thrown) {
      throw fail(thrown);
    }
    if (!(answer instanceof Promise)) return keep(answer);
    return answer.then(keep, (thrown: unknown) => {
      throw fail(thrown);
    });
  }

  #count(name: string): CallCount {
    let count = this.#counts.get(name);
    if (count === undefined)
      this.#counts.set(name, (count = { calls: 0, errors: 0, memoized: 0, totalMs: 0, maxMs: 0 }));
    count.calls++;
    return count;
  }
}

const NEVER = new AbortController().signal;

/**
 * Matches arguments to parameters by position. Leading optional parameters may
 * be left out: `create(config)` for `create(name?, config)`.
 */
function checkArguments(
  { name: fn, params }: DoorFunction,
  args: readonly ScriptValue[],
  run: RunContext,
): Record<string, unknown> {
  if (args.length > params.length && args.slice(params.length).some((extra) => extra !== null)) {
    throw new SpellError("INVALID_ARGUMENT", `${fn} takes ${params.length} arguments, not ${args.length}`);
  }
  const checked: Record<string, unknown> = {};
  let skipped = 0;
  let i = 0;
  for (const { label, name, type, leading } of params) {
    const value = args[i++ - skipped] ?? null;
    try {
      checked[name] = type.check(value, [label], run.handles);
    } catch (error) {
      if (!leading || args.length - skipped >= params.length) throw error;
      skipped++;
    }
  }
  return checked;
}

/** An error of the host's own making must not show the guest what the host looks like inside. */
function forGuest(name: string, thrown: unknown): SpellError {
  if (isSpellError(thrown)) return thrown;
  return new SpellError("INTERNAL", `${name} failed inside the host`, { cause: toSpellError(thrown) });
}
