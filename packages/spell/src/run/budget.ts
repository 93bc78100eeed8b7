import type { Guest, Limits } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "./context.js";

type Spent = Partial<Pick<Limits, "fuel" | "hostCalls" | "outputBytes">>;

/** What a guest has left of its limits; at least 1 of each. */
function remaining({ limits, usage }: Guest): Required<Spent> {
  return {
    fuel: Math.max(1, limits.fuel - usage.fuel),
    hostCalls: Math.max(1, limits.hostCalls - usage.hostCalls),
    outputBytes: Math.max(1, limits.outputBytes - usage.outputBytes),
  };
}

/** What a run has left of its limits, for a guest that works for it; at least 1 of each. */
export function leftOf({ guest, elapsedMs }: RunContext): Limits {
  const { limits, usage } = guest;
  return {
    ...limits,
    ...remaining(guest),
    memoryBytes: Math.max(1, limits.memoryBytes - usage.memoryBytes),
    timeMs: Math.max(1, limits.timeMs - elapsedMs),
  };
}

/** Charges a guest for what was done for it elsewhere; one that has no more left ends. */
export function spend(guest: Guest, spent: Spent): void {
  const { limits } = guest;
  const left = Object.entries(spent).map(([name, used]) => [name, limits[name as keyof Spent] - used] as const);
  guest.updateLimits(Object.fromEntries(left.map(([name, limit]) => [name, Math.max(1, limit)])));
}

/** Charges a guest for calls that did not cross one by one; one that has not as many left ends. @throws SpellError `LIMIT_CALLS` then. */
export function spendCalls(guest: Guest, count: number): void {
  const { limits, usage } = guest;
  if (usage.hostCalls + count > limits.hostCalls) {
    const error = new SpellError("LIMIT_CALLS", `the spell reached its limit of ${limits.hostCalls} host calls`);
    guest.stop(error);
    throw error;
  }
  spend(guest, { hostCalls: count });
}
