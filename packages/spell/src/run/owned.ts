import type { FunctionRef } from "@llmspell/engine";
import type { RunContext } from "./context.js";
import { perRun } from "./per-run.js";

/** Functions of the spell by the objects that call them. One for each run: it must not outlive what it holds. */
const ownersOf = perRun(() => {
  const owners = new WeakMap<FunctionRef, number>();
  const collected = new FinalizationRegistry<FunctionRef>((fn) => {
    const left = (owners.get(fn) ?? 1) - 1;
    owners.set(fn, left);
    if (left === 0) fn.release();
  });
  return { owners, collected };
});

/**
 * Gives a function of the spell to `owner`, an object that nobody says is no longer used: when the
 * last owner is collected, the guest may collect the function. Name what calls it, of which every
 * copy has it: of a tool its `execute`.
 */
export function own<T extends object>(run: RunContext, owner: T, fn: FunctionRef): T {
  const { owners, collected } = ownersOf(run);
  owners.set(fn, (owners.get(fn) ?? 0) + 1);
  collected.register(owner, fn);
  return owner;
}
