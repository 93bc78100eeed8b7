import { HostFunction, Pending, type FunctionRef, type ScriptValue } from "@llmspell/engine";
import type { RunContext } from "./context.js";

/**
 * A function of the spell with the host around it: a script calls it as it would call its own,
 * and waits for it. `around` decides whether and how often to call it.
 */
export function wrapped(
  name: string,
  run: RunContext,
  fn: FunctionRef,
  around: (call: () => Promise<ScriptValue>) => Promise<ScriptValue>,
): HostFunction {
  return new HostFunction(
    name,
    (args) => {
      const given = new AbortController();
      return new Pending(
        around(() => run.callGuest(fn, args, given.signal)),
        (reason) => given.abort(reason),
      );
    },
    () => fn.release(),
  );
}
