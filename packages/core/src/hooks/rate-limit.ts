import { SpellError } from "@llmspell/errors";
import { middleware, type AnyContext } from "./middleware.js";
import type { Hook } from "./hook.js";
import type { Operation } from "./points.js";
import type { RateLimiter } from "./rate-limiter.js";

/**
 * Refuses operations beyond the rate of `limiter`, each key by itself.
 *
 * @example
 * const hooks = rateLimitHooks(slidingWindow({ limit: 10, windowMs: 60_000 }));
 * @throws (in the operation) SpellError `RATE_LIMITED` with `{limit, retryAfterMs}`.
 */
export function rateLimitHooks(
  limiter: RateLimiter,
  {
    operations = ["model"],
    key = () => "",
  }: { operations?: readonly Operation[]; key?: (context: AnyContext) => string } = {},
): Hook[] {
  const run = async (context: AnyContext, next: () => Promise<unknown>): Promise<unknown> => {
    const { allowed, retryAfterMs } = limiter.take(key(context));
    if (allowed) return await next();
    throw new SpellError("RATE_LIMITED", `too many calls: the next one is possible in ${Math.ceil(retryAfterMs)} ms`, {
      details: { limit: limiter.limit, retryAfterMs: Math.ceil(retryAfterMs) },
    });
  };
  return middleware("rate limit", run, { operations, priority: -100 });
}
