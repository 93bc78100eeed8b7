import { defined, createBreaker, type Breaker, type BreakerOptions } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import { t } from "../door/types.js";
import { perRun } from "./per-run.js";
import type { RunContext } from "./context.js";

const MOST_BREAKERS = 1000;

const named = perRun(() => new Map<string, Breaker>());

/** How a script configures a circuit breaker. */
export const breakerConfig = t.object(
  {
    name: t.optional(t.string),
    failures: t.optional(t.integer(1)),
    reset: t.optional(t.duration),
    half_open: t.optional(t.integer(1)),
  },
  "BreakerConfig",
);

type BreakerConfig = ReturnType<typeof breakerConfig.check>;

const breakerOptions = ({ name, failures, reset, half_open }: BreakerConfig): BreakerOptions =>
  defined({ name, failures, resetMs: reset, trials: half_open });

/**
 * The circuit breaker of a name: the same one for the whole run, as it was first configured.
 * One without a name is new.
 */
export function breakerOf(run: RunContext, config: BreakerConfig): Breaker {
  const { name } = config;
  if (name === undefined) return createBreaker(breakerOptions(config));
  const breakers = named(run);
  const known = breakers.get(name);
  if (known !== undefined) return known;
  if (breakers.size >= MOST_BREAKERS)
    throw new SpellError("INVALID_STATE", `a run has at most ${MOST_BREAKERS} circuit breakers`);
  const made = createBreaker(breakerOptions(config));
  breakers.set(name, made);
  return made;
}
