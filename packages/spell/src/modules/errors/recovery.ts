import { defined, BACKOFF_STRATEGIES, withFallback, withRetry } from "@llmspell/core";
import { FunctionRef, type ScriptValue } from "@llmspell/engine";
import { toSpellError, type SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { breakerConfig, breakerOf } from "../../run/breakers.js";
import { wrapped } from "../../run/wrapped.js";
import { mayPass } from "./inspection.js";

const retryOptions = t.object(
  {
    attempts: t.optional(t.integer(1)),
    backoff: t.optional(t.oneOf(...BACKOFF_STRATEGIES)),
    delay: t.optional(t.duration),
    max_delay: t.optional(t.duration),
    jitter: t.optional(t.boolean),
    retry_if: t.optional(t.fn),
  },
  "RetryOptions",
);

/** What a language calls true: everything but false and nothing. */
const isTrue = (value: ScriptValue): boolean => value !== false && value !== null;

export const recovery = {
  try: awaitable({
    doc: "Calls a function; `catch` gets its error and gives the result in its place; `finally` is called last, whatever happened.",
    params: { fn: t.fn, catch: t.optional(t.fn), finally: t.optional(t.fn) },
    result: "any",
    example: 'return errors.try(function() error("no") end, function(e) return "caught " .. e.message end)',
    async call(run, { fn, catch: caught, finally: last }, signal) {
      try {
        return await run.callGuest(fn, [], signal);
      } catch (thrown) {
        if (caught === undefined) throw thrown;
        return await run.callGuest(caught, [toSpellError(thrown)]);
      } finally {
        if (last !== undefined) await run.tellGuest(last, []);
      }
    },
  }),
  retry: awaitable({
    doc: "Calls a function until it ends well, waiting in between; by default 3 attempts, after 500 ms and then twice as long each time. Without `retry_if` it does not try again what cannot pass: wrong use, missing powers, limits. The last error tells the number of `attempts`.",
    params: { fn: t.fn, options: t.optional(retryOptions) },
    result: "any",
    example:
      'local n = 0 return errors.retry(function() n = n + 1 if n < 3 then error("busy") end return n end, { delay = 1 })',
    async call(run, { fn, options = {} }, signal) {
      const { attempts, backoff, delay, max_delay, jitter, retry_if } = options;
      return await withRetry(
        (attempt) => run.callGuest(fn, [attempt], signal),
        {
          ...defined({
            maxAttempts: attempts,
            strategy: backoff,
            initialDelayMs: delay,
            maxDelayMs: max_delay,
            jitter,
          }),
          retryIf: async (error, attempt) =>
            retry_if === undefined
              ? mayPass(error)
              : isTrue(await run.callGuest(retry_if, [toSpellError(error), attempt], signal)),
        },
        signal,
      );
    },
  }),
  circuit_breaker: sync({
    doc: "A function that calls another one until it has failed too often (5 times in a row); then CIRCUIT_OPEN without a call, until `reset` (30s) has passed and a trial works. A name stands for the same breaker throughout the run.",
    params: { fn: t.fn, config: t.optional(breakerConfig) },
    result: "function",
    example: 'local ask = errors.circuit_breaker(function() return "here" end, { failures = 2 }) return ask()',
    call(run, { fn, config = {} }) {
      const breaker = breakerOf(run, config);
      return wrapped("errors.circuit_breaker", run, fn, (call) => breaker.call(call));
    },
  }),
  fallback: awaitable({
    doc: "Calls a function; when it fails, the fallback is called with its error, or is the result itself.",
    params: { primary: t.fn, fallback: t.any },
    result: "any",
    example: 'return errors.fallback(function() error("down") end, "from the cache")',
    async call(run, { primary, fallback }, signal) {
      let failed: SpellError | undefined;
      const alternatives = [
        {
          name: "primary",
          async call() {
            try {
              return await run.callGuest(primary, [], signal);
            } catch (error) {
              failed = toSpellError(error);
              throw failed;
            }
          },
        },
        {
          name: "fallback",
          call: () => (fallback instanceof FunctionRef ? run.callGuest(fallback, [failed ?? null], signal) : fallback),
        },
      ];
      const falls = (error: unknown): boolean => toSpellError(error).code !== "CANCELLED";
      return (await withFallback(alternatives, { falls, signal })).value;
    },
  }),
};
