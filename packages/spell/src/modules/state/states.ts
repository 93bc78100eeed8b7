import {
  createEmitter,
  createState,
  createStateTransforms,
  describeErrors,
  loadCheck,
  watchAt,
  type Emitter,
  type JsonSchema,
  type SealedSnapshot,
  type State,
  type StateOptions,
  type StateTransforms,
  type Subscription,
} from "@llmspell/core";
import type { FunctionRef, Handle, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { Numbered } from "../../run/numbered.js";
import { perRun } from "../../run/per-run.js";
import { toScript } from "../shapes.js";

export const stateHandle = t.handle<State>("State");
export const snapshotHandle = t.handle<SealedSnapshot>("Snapshot");

// A script is not to fill the host's memory.
const MOST_BYTES = 4 * 1024 * 1024;

export function newState(run: RunContext, values: ScriptObject, options: StateOptions = {}, name?: string): Handle {
  const state = createState(values, {
    maxBytes: MOST_BYTES,
    onError: (error) => run.log("warn", `a watcher: ${toSpellError(error).message}`, undefined),
    ...options,
  });
  return run.handles.add("State", state, name);
}

/** Refuses values that do not match a schema. */
export async function schemaCheck(schema: JsonSchema): Promise<NonNullable<StateOptions["validateAll"]>> {
  const check = await loadCheck();
  return (values) => {
    const { valid, errors } = check(schema, values);
    if (valid) return;
    throw new SpellError("VALIDATION_FAILED", `the state would not fit its schema: ${describeErrors(errors)}`, {
      details: { errors },
    });
  };
}

/** A function of the spell that is told of changes. */
interface Watch {
  readonly watching: Disposable;
  readonly subscription: Subscription;
  readonly fn: FunctionRef;
}

/** What the functions of `state` share in one run. */
class States implements Disposable {
  readonly transforms: StateTransforms = createStateTransforms();
  /** Functions of the spell behind transforms of its own. */
  readonly functions = new Map<string, FunctionRef>();
  readonly watches = new Numbered<Watch>("watch", "watch", 1000);
  readonly #run: RunContext;
  /** Changes on their way to the spell, one type of event for each watch. */
  readonly #changes: Emitter;
  #last = 0;

  constructor(run: RunContext) {
    this.#run = run;
    this.#changes = createEmitter({
      onError: (error) => run.log("warn", `a watcher: ${toSpellError(error).message}`, undefined),
    });
    run.onSettle(() => this.#changes.flush());
  }

  watch(state: State, pattern: string, fn: FunctionRef): string {
    this.watches.checkRoom();
    const type = `change-${++this.#last}`;
    const watching = watchAt(state, pattern, (change) => void this.#changes.emit({ type, payload: change }));
    const subscription = this.#changes.on(
      type,
      async ({ payload }) => {
        const { key, value, previous } = payload as Parameters<Parameters<typeof watchAt>[2]>[0];
        await this.#run.tellGuest(fn, [toScript(value), toScript(previous), key]);
      },
      // Each may hold a state's whole values.
      { delivery: "async", maxQueue: 1000 },
    );
    return this.watches.add({ watching, subscription, fn });
  }

  unwatch(id: string): boolean {
    const watch = this.watches.find(id);
    if (watch === undefined) return false;
    watch.watching[Symbol.dispose]();
    watch.subscription.off();
    watch.fn.release();
    return this.watches.delete(id);
  }

  [Symbol.dispose](): void {
    for (const [id] of this.watches.entries()) this.unwatch(id);
  }
}

export const statesOf = perRun((run) => new States(run));

/** What a function of the spell makes of the values of a state. @throws SpellError `INVALID_ARGUMENT` for no table. */
export function transformed(
  run: RunContext,
  fn: FunctionRef,
  values: ScriptObject,
  ...more: ScriptValue[]
): ScriptObject {
  const made = run.guest.callSync(fn, [values, ...more]);
  return t.table.check(made, ["what the transform returned"], run.handles);
}

export const valuesOf = (state: State): ScriptObject => toScript(state.toJSON()) as ScriptObject;
