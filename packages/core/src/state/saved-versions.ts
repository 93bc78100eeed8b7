import { SpellError } from "@llmspell/errors";
import type { State } from "./state.js";

/** One saved version of a key. */
export interface SavedVersion {
  version: number;
  /** Milliseconds since 1970. */
  savedAt: number;
  /** Bytes of its JSON. */
  size: number;
}

/** Values by key, each with its latest versions, in a state that outlives the process. */
export interface SavedVersions {
  /** The new version; ends an expiry. @throws as `State.set`. */
  save(key: string, value: unknown): Promise<SavedVersion>;
  /** The newest, or this version; undefined when there is none. */
  load(key: string, version?: number): unknown;
  has(key: string): boolean;
  /** Removes all versions or one; whether there was any. */
  delete(key: string, version?: number): Promise<boolean>;
  /** The newest first. @throws SpellError `NOT_FOUND`. */
  versions(key: string): SavedVersion[];
  /** Lets all there is of a key end; when, in milliseconds since 1970. @throws SpellError `NOT_FOUND`. */
  expire(key: string, ttlMs: number): Promise<number>;
}

interface Index {
  latest: number;
  versions: (SavedVersion & { at: string })[];
}

const MOST_VERSIONS = 100;

/**
 * Keeps versions in `state`, up to 100 of a key; the oldest go first. Several processes may
 * save at the same time: each gets a version of its own.
 */
export function savedVersions(state: State, { now = () => Date.now() }: { now?: () => number } = {}): SavedVersions {
  const indexKey = (key: string): string => `index ${key}`;
  const indexOf = (key: string): Index | undefined => state.get<Index>(indexKey(key));
  const wanted = (key: string): Index => {
    const index = indexOf(key);
    if (index === undefined) throw new SpellError("NOT_FOUND", `nothing is saved as '${key.slice(0, 200)}'`);
    return index;
  };
  const drop = (gone: readonly { at: string }[]): void => {
    if (gone.length > 0) state.batch(Object.fromEntries(gone.map(({ at }) => [at, undefined])));
  };
  return {
    async save(key, value) {
      const at = `value ${globalThis.crypto.randomUUID()}`;
      state.set(at, value);
      const about = { savedAt: now(), size: JSON.stringify(value).length, at };
      let gone: Index["versions"] = [];
      const { latest } = await state.update<Index>(indexKey(key), (index = { latest: 0, versions: [] }) => {
        const versions = [...index.versions, { ...about, version: index.latest + 1 }];
        gone = versions.slice(0, -MOST_VERSIONS);
        return { latest: index.latest + 1, versions: versions.slice(-MOST_VERSIONS) };
      });
      drop(gone);
      return { version: latest, savedAt: about.savedAt, size: about.size };
    },
    load(key, version) {
      const index = indexOf(key);
      const found = index?.versions.find((each) => each.version === (version ?? index.latest));
      return found && state.get(found.at);
    },
    has: (key) => indexOf(key) !== undefined,
    async delete(key, version) {
      const isWanted = (each: SavedVersion): boolean => version === undefined || each.version === version;
      if (indexOf(key)?.versions.some(isWanted) !== true) return false;
      let gone: Index["versions"] = [];
      await state.update<Index | undefined>(indexKey(key), (index) => {
        gone = index?.versions.filter(isWanted) ?? [];
        const left = index?.versions.filter((each) => !gone.includes(each)) ?? [];
        return left.length === 0 ? undefined : { latest: left.at(-1)?.version ?? 0, versions: left };
      });
      drop(gone);
      return gone.length > 0;
    },
    versions: (key) =>
      wanted(key)
        .versions.map(({ version, savedAt, size }) => ({ version, savedAt, size }))
        .toReversed(),
    async expire(key, ttlMs) {
      wanted(key);
      const index = await state.update<Index | undefined>(indexKey(key), (found) => found, { ttlMs });
      const values = index?.versions.map(({ at }) => [at, state.get(at)] as const) ?? [];
      if (values.length > 0) state.batch(Object.fromEntries(values), { ttlMs });
      return now() + ttlMs;
    },
  };
}
