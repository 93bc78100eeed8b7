import { SpellError } from "@llmspell/errors";
import { didYouMean } from "../../suggest.js";
import { createPool, type ModelPool, type PoolConfig, type PoolServices } from "./pool.js";

/** The pools of an application; `pool:name` is the id of a pool as a model, its name alone does too. */
export interface Pools {
  /** @throws SpellError `ALREADY_EXISTS`, `CONFIG_INVALID` naming the field. */
  add(name: string, config: PoolConfig, services?: Omit<PoolServices, "load">): ModelPool;
  /** @throws SpellError `NOT_FOUND`. */
  get(name: string): ModelPool;
  has(name: string): boolean;
  list(): ModelPool[];
  /** Whether there was such a pool. */
  remove(name: string): boolean;
  /** Adds pools or takes new ones in the place of old ones, all or none. */
  replace(configs: Readonly<Record<string, PoolConfig>>): void;
  /** All of them as data. */
  describe(): Record<string, PoolConfig>;
}

export function createPools({
  load,
  checkName,
  known = [],
}: Pick<PoolServices, "load"> & {
  /** @throws when something else has the name, or it is none. */
  checkName: (name: string) => void;
  /** Pools that are there from the start. */
  known?: readonly ModelPool[];
}): Pools {
  const pools = new Map<string, ModelPool>(known.map((pool) => [pool.name, pool]));
  return {
    add(name, config, services) {
      checkName(name);
      if (pools.has(name)) throw new SpellError("ALREADY_EXISTS", `there already is a pool named '${name}'`);
      const pool = createPool(name, config, { ...services, load });
      pools.set(name, pool);
      return pool;
    },
    get(name) {
      const pool = pools.get(name);
      if (pool !== undefined) return pool;
      throw new SpellError("NOT_FOUND", `there is no pool named '${name}'${didYouMean(name, pools.keys())}`);
    },
    has: (name) => pools.has(name),
    list: () => [...pools.values()],
    remove: (name) => pools.delete(name),
    replace(configs) {
      const made = Object.entries(configs).map(([name, config]) => {
        checkName(name);
        return createPool(name, config, { load });
      });
      for (const pool of made) pools.set(pool.name, pool);
    },
    describe: () => Object.fromEntries([...pools].map(([name, { config }]) => [name, config])),
  };
}
