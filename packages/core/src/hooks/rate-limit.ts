import { SpellError } from "@llmspell/errors";
import { middleware, type AnyContext } from "./middleware.js";
import type { Hook } from "./hook.js";
import type { Operation } from "./points.js";
import { rateLimitHeaders, type RateLimiter } from "./rate-limiter.js";

/**
 * Refuses operations beyond the rate of `limiter`, each key by itself.
 *
 * @example
 * const hooks = rateLimitHooks(slidingWindow({ limit: 10, windowMs: 60_000 }));
 * @throws (in the operation) SpellError `RATE_LIMITED` with `{limit, retryAfterMs, headers}`.
 */
export function rateLimitHooks(
  limiter: RateLimiter,
  {
    operations = ["model"],
    key = () => "",
  }: { operations?: readonly Operation[]; key?: (context: AnyContext) => string } = {},
): Hook[] {
  const run = async (context: AnyContext, next: () => Promise<unknown>): Promise<unknown> => {
    const decision = limiter.take(key(context));
    if (decision.allowed) return await next();
    const retryAfterMs = Math.ceil(decision.retryAfterMs);
    throw new SpellError("RATE_LIMITED", `too many calls: the next one is possible in ${retryAfterMs} ms`, {
      details: { limit: limiter.limit, retryAfterMs, headers: rateLimitHeaders(limiter, decision) },
    });
  };
  return middleware("rate limit", run, { operations, priority: -100 });
}
