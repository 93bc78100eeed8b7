import { SpellError } from "@llmspell/errors";
import { systemClock, type Clock } from "./clock.js";

export interface BoundedCacheOptions {
  /** Values kept; 1000 by default. */
  maxEntries?: number;
  /** The sum of the sizes kept; unlimited by default. */
  maxSize?: number;
  /** Milliseconds that a value is good for; for ever by default. */
  ttlMs?: number;
  clock?: Pick<Clock, "now">;
}

/** Values by key, of which the one used longest ago goes first when there are too many. */
export interface BoundedCache<V> {
  /** How many values are kept, those whose time is over included until they are looked for. */
  readonly entries: number;
  readonly size: number;
  get(key: string): V | undefined;
  /** @throws SpellError `TOO_LARGE` for a value larger than all of the cache. */
  set(key: string, value: V, options?: { size?: number; ttlMs?: number }): void;
  delete(key: string): boolean;
  clear(): void;
}

interface Entry<V> {
  readonly value: V;
  readonly size: number;
  readonly expiresAt: number;
}

/** @throws SpellError `INVALID_ARGUMENT` for a limit or time that is not above 0. */
export function createBoundedCache<V>(options: BoundedCacheOptions = {}): BoundedCache<V> {
  const { maxEntries = 1000, maxSize = Infinity, ttlMs: ownTtl = Infinity, clock = systemClock } = options;
  for (const [name, value] of Object.entries({ maxEntries, maxSize, ttlMs: ownTtl })) above0(name, value);
  // A map keeps the order of its keys: the first was used longest ago.
  const kept = new Map<string, Entry<V>>();
  let size = 0;
  const remove = (key: string): Entry<V> | undefined => {
    const entry = kept.get(key);
    if (entry === undefined) return undefined;
    kept.delete(key);
    size -= entry.size;
    return entry;
  };
  const add = (key: string, entry: Entry<V>): void => {
    kept.set(key, entry);
    size += entry.size;
  };

  return {
    get entries() {
      return kept.size;
    },
    get size() {
      return size;
    },
    get(key) {
      const entry = remove(key);
      if (entry === undefined || entry.expiresAt <= clock.now()) return undefined;
      add(key, entry);
      return entry.value;
    },
    set(key, value, { size: weight = 0, ttlMs = ownTtl } = {}) {
      above0("ttlMs", ttlMs);
      if (weight > maxSize)
        throw new SpellError("TOO_LARGE", `a value of size ${weight} is too large for a cache of ${maxSize}`);
      remove(key);
      add(key, { value, size: weight, expiresAt: clock.now() + ttlMs });
      for (const oldest of kept.keys()) {
        if (kept.size <= maxEntries && size <= maxSize) break;
        remove(oldest);
      }
    },
    delete: (key) => remove(key) !== undefined,
    clear() {
      kept.clear();
      size = 0;
    },
  };
}

function above0(name: string, value: number): void {
  if (!(value > 0)) throw new SpellError("INVALID_ARGUMENT", `'${name}' of a cache must be above 0`);
}
