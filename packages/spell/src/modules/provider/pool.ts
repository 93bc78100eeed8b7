import { defined, type ModelPool, type PoolConfig, type PoolStrategy } from "@llmspell/core";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";

/** The strategies of pools as scripts name them. */
const NAMES = {
  failover: "failover",
  round_robin: "round-robin",
  random: "random",
  weighted: "weighted",
  least_used: "least-busy",
  fastest: "fastest",
  fastest_first: "first",
  consensus: "consensus",
} as const satisfies Record<string, PoolStrategy>;
export type StrategyName = keyof typeof NAMES;

export const strategies = t.oneOf(...(Object.keys(NAMES) as StrategyName[]));

export const strategyName = (strategy: PoolStrategy): string =>
  Object.entries(NAMES).find(([, known]) => known === strategy)?.[0] ?? strategy;

export const poolOptions = {
  timeout: t.optional(t.duration),
  failures: t.optional(t.integer(1)),
  reset: t.optional(t.duration),
  agree: t.optional(t.integer(1)),
};

export const poolConfigType = {
  providers: t.list(t.union(t.string, t.object({ model: t.string, weight: t.optional(t.number) }, "PoolMember"))),
  config: t.object(poolOptions, "PoolOptions"),
};

interface NewPool {
  readonly name: string;
  readonly providers: readonly (string | { model: string; weight?: number | undefined })[];
  readonly strategy: StrategyName;
  readonly config: ReturnType<typeof poolConfigType.config.check> | undefined;
}

/** Who may configure a pool and ask each of its members may have it. */
export function addPool(run: RunContext, fn: string, pool: NewPool): ModelPool {
  run.authorize(fn, "provider", pool.name);
  return run.models.pools.add(pool.name, poolConfig(run, fn, pool));
}

export function replacePool(run: RunContext, fn: string, pool: NewPool): ModelPool {
  run.authorize(fn, "provider", pool.name);
  run.models.pools.replace({ [pool.name]: poolConfig(run, fn, pool) });
  return run.models.pools.get(pool.name);
}

function poolConfig(run: RunContext, fn: string, { providers, strategy, config = {} }: NewPool): PoolConfig {
  const { timeout, failures, reset, agree } = config;
  return {
    strategy: NAMES[strategy],
    members: providers.map((member) => {
      const { model, weight } = typeof member === "string" ? { model: member } : member;
      run.authorizeModel(fn, model);
      return weight === undefined ? model : { model, weight };
    }),
    breaker: defined({ failures, resetMs: reset }),
    ...defined({ timeoutMs: timeout, agree }),
  };
}
