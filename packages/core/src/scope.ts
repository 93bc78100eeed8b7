import { SpellError, toSpellError } from "@llmspell/errors";

/** What a run must give back at its end: files, connections, timers, listeners, buffers. */
export interface RunScope extends AsyncDisposable {
  /**
   * Takes over `thing`: it is released when the scope ends, the last one first, or before by
   * `release`. In a scope that has ended it is released at once.
   *
   * @throws SpellError `INVALID_STATE` when the scope has ended.
   */
  own<T>(kind: string, thing: T, release: (thing: T) => unknown): T;
  /** Releases it now. Whether the scope had it. */
  release(thing: unknown): Promise<boolean>;
  /** How much of each kind is there now; empty when there is nothing. */
  counts(): Record<string, number>;
}

interface Owned {
  readonly kind: string;
  readonly thing: unknown;
  readonly release: () => unknown;
}

/**
 * @param onFailure is told of what cannot be released; the rest is released all the same
 */
export function createScope(onFailure: (kind: string, error: SpellError) => void = () => {}): RunScope {
  const owned = new Set<Owned>();
  let ended = false;
  const letGo = async (entry: Owned): Promise<void> => {
    owned.delete(entry);
    try {
      await entry.release();
    } catch (error) {
      onFailure(entry.kind, toSpellError(error));
    }
  };
  return {
    own(kind, thing, release) {
      const entry: Owned = { kind, thing, release: () => release(thing) };
      if (ended) {
        void letGo(entry);
        throw new SpellError("INVALID_STATE", `the run has ended: it cannot take a ${kind}`);
      }
      owned.add(entry);
      return thing;
    },
    async release(thing) {
      const entry = [...owned].findLast((candidate) => candidate.thing === thing);
      if (entry !== undefined) await letGo(entry);
      return entry !== undefined;
    },
    counts() {
      const counts: Record<string, number> = {};
      for (const { kind } of owned) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      for (const entry of [...owned].toReversed()) await letGo(entry);
    },
  };
}
