import { SpellError } from "@llmspell/errors";
import { systemClock, type Clock } from "../clock.js";

/** Whether a call may go on. */
export interface RateDecision {
  allowed: boolean;
  /** Calls that may follow at once. */
  remaining: number;
  /** Milliseconds until a refused call would be allowed; 0 when it is. */
  retryAfterMs: number;
  /** Milliseconds until all calls of the limit may come at once again, when none comes before. */
  resetMs: number;
}

export interface RateStats {
  allowed: number;
  refused: number;
}

/** Counts calls per key. A refused call does not count. */
export interface RateLimiter {
  readonly limit: number;
  /** Of all keys together. */
  readonly stats: Readonly<RateStats>;
  take(key?: string): RateDecision;
}

/**
 * What an HTTP server tells of a decision: `ratelimit-limit`, `ratelimit-remaining`, `ratelimit-reset`
 * (seconds, after draft-ietf-httpapi-ratelimit-headers-07) and, of a refused call, `retry-after`.
 */
export function rateLimitHeaders(
  { limit }: Pick<RateLimiter, "limit">,
  decision: RateDecision,
): Record<string, string> {
  const seconds = (ms: number): string => String(Math.ceil(ms / 1000));
  const { allowed, remaining, retryAfterMs, resetMs } = decision;
  return {
    "ratelimit-limit": String(limit),
    "ratelimit-remaining": String(remaining),
    "ratelimit-reset": seconds(resetMs),
    ...(allowed ? {} : { "retry-after": seconds(retryAfterMs) }),
  };
}

// Keys may come from outside. The one used longest ago goes first.
const MOST_KEYS = 10_000;

/** A limiter that counts what it decides. */
function counted(limit: number, decide: (key: string) => RateDecision): RateLimiter {
  const stats: RateStats = { allowed: 0, refused: 0 };
  return {
    limit,
    stats,
    take(key = "") {
      const decision = decide(key);
      stats[decision.allowed ? "allowed" : "refused"]++;
      return decision;
    },
  };
}

function keyed<T>(create: () => T): (key: string) => T {
  const states = new Map<string, T>();
  return (key) => {
    const state = states.get(key) ?? create();
    states.delete(key);
    states.set(key, state);
    for (const oldest of states.keys()) {
      if (states.size <= MOST_KEYS) break;
      states.delete(oldest);
    }
    return state;
  };
}

/**
 * At most `limit` calls in any `windowMs` milliseconds.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a limit or window not above 0.
 */
export function slidingWindow({
  limit,
  windowMs,
  clock = systemClock,
}: {
  limit: number;
  windowMs: number;
  clock?: Clock;
}): RateLimiter {
  check(limit, windowMs);
  // Times of the calls in the window, as a ring.
  const of = keyed(() => ({ times: [] as number[], first: 0, count: 0 }));
  return counted(limit, (key) => {
    const state = of(key);
    const now = clock.now();
    const oldest = (): number => state.times[state.first] ?? now;
    while (state.count > 0 && oldest() <= now - windowMs) {
      state.first = (state.first + 1) % limit;
      state.count--;
    }
    if (state.count >= limit) {
      const latest = state.times[(state.first + state.count - 1) % limit] ?? now;
      const [retryAfterMs, resetMs] = [oldest() + windowMs - now, latest + windowMs - now];
      return { allowed: false, remaining: 0, retryAfterMs, resetMs };
    }
    state.times[(state.first + state.count++) % limit] = now;
    return { allowed: true, remaining: limit - state.count, retryAfterMs: 0, resetMs: windowMs };
  });
}

/**
 * A bucket of `capacity` calls that may come at once, refilled by `perSecond`.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a capacity or rate not above 0.
 */
export function tokenBucket({
  capacity,
  perSecond,
  clock = systemClock,
}: {
  capacity: number;
  perSecond: number;
  clock?: Clock;
}): RateLimiter {
  check(capacity, perSecond);
  const of = keyed(() => ({ tokens: capacity, at: clock.now() }));
  return counted(capacity, (key) => {
    const state = of(key);
    const now = clock.now();
    state.tokens = Math.min(capacity, state.tokens + ((now - state.at) / 1000) * perSecond);
    state.at = now;
    // A sum of parts of a token may miss the whole by a rounding error.
    const allowed = state.tokens >= 1 - 1e-9;
    if (allowed) state.tokens = Math.max(0, state.tokens - 1);
    const untilMs = (tokens: number): number => Math.ceil((tokens / perSecond) * 1000 - 1e-6);
    return {
      allowed,
      remaining: Math.floor(state.tokens),
      retryAfterMs: allowed ? 0 : untilMs(1 - state.tokens),
      resetMs: untilMs(capacity - state.tokens),
    };
  });
}

function check(limit: number, per: number): void {
  if (!(Number.isSafeInteger(limit) && limit > 0 && limit <= 1_000_000 && per > 0))
    throw new SpellError("INVALID_ARGUMENT", "a rate limit needs a whole number of calls and a time or rate above 0");
}
