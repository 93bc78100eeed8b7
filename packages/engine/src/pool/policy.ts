import { SpellError } from "@llmspell/errors";

/** What a pool keeps, how long, and how many guests may live at a time. All of it is optional. */
export interface PoolPolicy {
  /**
   * Instances kept warm for each set of bindings in use: missing ones are made in
   * idle moments of the event loop, one at a time. Default 0.
   */
  readonly min?: number;
  /** Idle instances kept for each set of bindings; at least `min`. Default 16. */
  readonly max?: number;
  /** Guests that may live at the same time. Default: as many as memory allows. */
  readonly maxGuests?: number;
  /** Callers that may wait for a guest at the same time. Default 1,000. */
  readonly maxWaiting?: number;
  /** An instance older than this many milliseconds is not handed out again. Default: it does not age. */
  readonly maxAgeMs?: number;
  /** How many guests an instance serves. Default: any number. */
  readonly maxUses?: number;
  /**
   * Every so many uses an instance is looked at closely before it is kept: 1 is
   * after each guest, 0 never. Default 0.
   */
  readonly checkEvery?: number;
  /**
   * What becomes of an instance whose guest was ended by a trap: it is discarded,
   * or reset, looked at closely, and kept if it is healthy. Default `discard`.
   */
  readonly afterTrap?: "discard" | "reset";
  /** Sets of bindings whose instances are kept; the least recently used one goes first. Default 32. */
  readonly maxBindings?: number;
  /** Milliseconds from any fixed point. Default `performance.now`. */
  readonly clock?: () => number;
  /** Runs something in an idle moment. Default `setImmediate`, without keeping the process alive. */
  readonly defer?: (run: () => void) => void;
}

export type ResolvedPolicy = Required<PoolPolicy>;

const DEFAULTS: ResolvedPolicy = {
  min: 0,
  max: 16,
  maxGuests: Infinity,
  maxWaiting: 1_000,
  maxAgeMs: Infinity,
  maxUses: Infinity,
  checkEvery: 0,
  afterTrap: "discard",
  maxBindings: 32,
  clock: () => performance.now(),
  defer: (run) => void setImmediate(run).unref(),
};

/** The least value of each number. */
const LEAST = { min: 0, max: 0, maxGuests: 1, maxWaiting: 0, maxAgeMs: 0, maxUses: 1, checkEvery: 0, maxBindings: 1 };

/** @throws SpellError `INVALID_ARGUMENT` */
export function resolvePolicy(policy: PoolPolicy = {}): ResolvedPolicy {
  const resolved = { ...DEFAULTS, ...definedOf(policy) };
  for (const [name, least] of Object.entries(LEAST) as [keyof typeof LEAST, number][]) {
    if (!(resolved[name] >= least)) {
      throw new SpellError("INVALID_ARGUMENT", `the pool's ${name} must be ${least} or more, not ${resolved[name]}`);
    }
  }
  if (policy.max === undefined) resolved.max = Math.max(resolved.max, resolved.min);
  if (resolved.min > resolved.max) {
    throw new SpellError("INVALID_ARGUMENT", `the pool's min (${resolved.min}) is above its max (${resolved.max})`);
  }
  return resolved;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function definedOf(policy: PoolPolicy): Partial<Mutable<ResolvedPolicy>> {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}
