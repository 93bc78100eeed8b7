import { systemClock, type Clock } from "../clock.js";
import type { HookContext } from "./hook.js";
import type { RateLimiter } from "./rate-limiter.js";

/** Whether a hook is called. */
export type HookFilter = (context: HookContext) => boolean;

/** Calls the hook only as often as `limiter` allows. */
export function atRate(limiter: RateLimiter): HookFilter {
  return () => limiter.take().allowed;
}

/** Calls the hook from `from` until before `until`, milliseconds since 1970; without one of them there is no bound. */
export function duringTime({
  from,
  until,
  clock = systemClock,
}: {
  from?: number;
  until?: number;
  clock?: Clock;
}): HookFilter {
  return () => {
    const now = clock.now();
    return (from === undefined || now >= from) && (until === undefined || now < until);
  };
}

/** Calls the hook where a named field of what the operation is about has this value, e.g. `about("name", "weather")`. */
export function aboutIs(field: string, value: unknown): HookFilter {
  return ({ about }) => Object.is((about as unknown as Record<string, unknown>)[field], value);
}

export function allOf(...filters: readonly HookFilter[]): HookFilter {
  return (context) => filters.every((filter) => filter(context));
}

export function anyOf(...filters: readonly HookFilter[]): HookFilter {
  return (context) => filters.some((filter) => filter(context));
}

export function noneOf(...filters: readonly HookFilter[]): HookFilter {
  return (context) => !filters.some((filter) => filter(context));
}
