import { SpellError } from "@llmspell/errors";
import type { RunContext } from "./context.js";

/**
 * What each run has one of, made when it is first asked for. One that can be disposed of
 * is, when its run is over; a call that ends only then is refused it.
 *
 * @example
 * const subscriptions = perRun(() => new Map<string, Subscription>());
 * subscriptions(run).set(id, subscription);
 * @throws SpellError (what it gives) `CANCELLED` when the run is over.
 */
export function perRun<T extends object>(make: (run: RunContext) => T): (run: RunContext) => T {
  const made = new WeakMap<RunContext, T>();
  return (run) => {
    if (run.isOver) throw new SpellError("CANCELLED", "the run is over");
    const known = made.get(run);
    if (known !== undefined) return known;
    const value = make(run);
    made.set(run, value);
    if (Symbol.asyncDispose in value) run.onEnd(() => (value as AsyncDisposable)[Symbol.asyncDispose]());
    else if (Symbol.dispose in value) run.onEnd(() => (value as Disposable)[Symbol.dispose]());
    return value;
  };
}
