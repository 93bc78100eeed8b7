import { Pending, type Guest, type ScriptValue } from "@llmspell/engine";
import { SpellError, isSpellError, toSpellError } from "@llmspell/errors";
import { callScope } from "../run/call-scope.js";
import type { RunContext } from "../run/context.js";
import type { AuditRecord } from "./audit.js";
import type { DoorFunction, Library } from "./module.js";

/** How often a function was called through a door, and with what success. */
export interface CallCount {
  calls: number;
  errors: number;
}

/**
 * The only way out of a guest. Each call is checked against the run's grants,
 * validated, counted and written to the audit log before it is passed on.
 */
export class Door {
  readonly #functions: readonly DoorFunction[];
  readonly #run: RunContext;
  readonly #counts = new Map<string, CallCount>();

  constructor(library: Library, run: RunContext) {
    this.#functions = library.functions;
    this.#run = run;
  }

  get counts(): ReadonlyMap<string, CallCount> {
    return this.#counts;
  }

  /** @throws SpellError what the guest is to get; never an error that shows the host's insides. */
  call(id: number, args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending {
    const fn = this.#functions[id - 1];
    if (fn === undefined) throw new SpellError("NOT_FOUND", `there is no function ${id}`);
    this.#run.guest = guest;
    const count = this.#count(fn.name);
    const record = this.#authorize(fn);
    const fail = (thrown: unknown): SpellError => {
      const error = forGuest(fn.name, thrown);
      record.code = error.code;
      Object.assign(record, guest.position);
      count.errors++;
      return error;
    };
    try {
      const checked = checkArguments(fn, args, this.#run);
      if (!fn.awaitable) return fn.call(this.#run, checked, NEVER) as ScriptValue | undefined;
      const controller = new AbortController();
      const around = callScope.getStore();
      const signal = around === undefined ? controller.signal : AbortSignal.any([controller.signal, around]);
      const answer = fn.call(this.#run, checked, signal);
      if (!(answer instanceof Promise)) return answer;
      return new Pending(
        answer.catch((thrown: unknown) => {
          throw fail(thrown);
        }),
        (reason) => controller.abort(reason),
      );
    } catch (thrown) {
      throw fail(thrown);
    }
  }

  #count(name: string): CallCount {
    let count = this.#counts.get(name);
    if (count === undefined) this.#counts.set(name, (count = { calls: 0, errors: 0 }));
    count.calls++;
    return count;
  }

  #authorize({ name, capability }: DoorFunction): AuditRecord {
    const { audit, grants } = this.#run;
    // Any grant of the capability opens the function; its scope is checked with the arguments.
    const isOpen = capability === undefined || grants.list.some((grant) => grant.capability === capability);
    if (!isOpen) this.#run.authorize(name, capability);
    return audit.add(name, "allowed", capability);
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
