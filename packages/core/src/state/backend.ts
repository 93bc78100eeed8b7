/** A value as it is stored. */
export interface StateEntry {
  /** Frozen JSON. */
  readonly value: unknown;
  /** Of the state, when it was written. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

/** A change of one key; without a value it is removed. */
export interface StateWrite {
  readonly key: string;
  readonly value: unknown;
  readonly expiresAt: number | undefined;
}

/** The keys as they were before a commit, and the version after it. */
interface Commit {
  readonly version: number;
  readonly previous: ReadonlyMap<string, StateEntry>;
}

/** Where the values of a state are. */
export interface StateBackend {
  read(key: string): StateEntry | undefined;
  entries(): Iterable<readonly [key: string, entry: StateEntry]>;
  version(): number;
  /**
   * Writes all or nothing, as one new version. With `expected` only when that key still is of
   * that version (0: is not there); else the result is undefined.
   */
  commit(writes: readonly StateWrite[], expected?: { key: string; version: number }): Commit | undefined;
  close(): void;
}

export function memoryBackend(): StateBackend {
  const values = new Map<string, StateEntry>();
  let version = 0;
  return {
    read: (key) => values.get(key),
    entries: () => values,
    version: () => version,
    commit(writes, expected) {
      if (expected !== undefined && (values.get(expected.key)?.version ?? 0) !== expected.version) return undefined;
      version++;
      const previous = new Map<string, StateEntry>();
      for (const { key, value, expiresAt } of writes) {
        const before = values.get(key);
        if (before !== undefined) previous.set(key, before);
        if (value === undefined) values.delete(key);
        else values.set(key, { value, version, expiresAt });
      }
      return { version, previous };
    },
    close: () => values.clear(),
  };
}
