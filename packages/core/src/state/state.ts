import { SpellError } from "@llmspell/errors";
import { systemClock, type Clock } from "../clock.js";
import { sameJson } from "../json.js";
import { memoryBackend, type StateBackend, type StateEntry, type StateWrite } from "./backend.js";
import { frozenJson } from "./frozen.js";

export interface StateOptions {
  /** Refuses a value by throwing; nothing of the batch it is in is written. */
  validate?: (key: string, value: unknown) => void;
  /** Refuses by throwing all values as they would be after a write. */
  validateAll?: (values: Readonly<Record<string, unknown>>) => void;
  /** Bytes of JSON that all values may have; without bounds by default. */
  maxBytes?: number;
  /** Between the values of the state and what is stored, e.g. to encrypt; both give JSON. */
  transform?: { write(value: unknown, key: string): unknown; read(stored: unknown, key: string): unknown };
  /** Milliseconds until a value is gone, counted from its writing; for ever by default. */
  ttlMs?: number;
  clock?: Clock;
  /** Told what a watcher throws: that stops neither the others nor the write, which has happened. */
  onError?: (error: unknown, change: StateChange) => void;
}

/** A change of a key; a value is undefined where there is none. */
export interface StateChange {
  key: string;
  value: unknown;
  previous: unknown;
  /** Of the state after the change. */
  version: number;
}

/** All values at one moment. */
export interface StateSnapshot {
  readonly version: number;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Values by key, as frozen JSON: what was read never changes. Every write, of one key or of
 * a batch, makes one new version. Values whose time is over are not there.
 */
export interface State extends Disposable {
  readonly version: number;
  get<T = unknown>(key: string): T | undefined;
  has(key: string): boolean;
  keys(): string[];
  /** The new version. @throws SpellError `INVALID_ARGUMENT` for what is not JSON; what `validate` throws. */
  set(key: string, value: unknown, options?: { ttlMs?: number }): number;
  /** Whether there was such a key. */
  delete(key: string): boolean;
  /**
   * Writes what `change` makes of the value. Updates of a key wait for each other, and when
   * another process was faster `change` is called again with the newer value: none is lost.
   * Undefined removes the key. One that is awaited inside another of the same key waits for itself.
   *
   * @throws what `change` and `set` throw; the value then stays as it is.
   */
  update<T = unknown>(
    key: string,
    change: (value: T | undefined) => T | Promise<T>,
    options?: { ttlMs?: number },
  ): Promise<T>;
  /** Writes all of `values` or none; undefined removes a key. The new version. @throws as `set`. */
  batch(values: Readonly<Record<string, unknown>>, options?: { ttlMs?: number }): number;
  /**
   * Calls `watcher` once for each change that this object makes, after the whole batch is
   * written, in their order. Writing the value that is there is no change. Changes that other processes make are not watched.
   */
  watch(key: string | ((key: string) => boolean), watcher: (change: StateChange) => void): Disposable;
  snapshot(): StateSnapshot;
  /** Makes the state what it was, as one new version. @throws as `set`. */
  restore(snapshot: StateSnapshot): number;
  /** All values, to be exported. */
  toJSON(): Record<string, unknown>;
}

/**
 * A state in memory.
 *
 * @example
 * const state = createState({ count: 0 });
 * await state.update("count", (count = 0) => count + 1);
 */
export function createState(initial: Readonly<Record<string, unknown>> = {}, options: StateOptions = {}): State {
  const state = stateOn(memoryBackend(), options);
  if (Object.keys(initial).length > 0) state.batch(initial);
  return state;
}

/**
 * The state `name` in an SQLite database, shared with whoever else opens it. `using` it, or
 * disposing of it, closes the file.
 *
 * @throws SpellError `IO_ERROR`.
 */
export async function openState(
  { file, name = "default" }: { file: string; name?: string },
  options: StateOptions = {},
): Promise<State> {
  const { sqliteBackend } = await import("./sqlite-backend.js");
  return stateOn(await sqliteBackend(file, name), options);
}

// Each lost race is a success of another process, so progress is made; this is for a clock gone mad.
const MOST_ATTEMPTS = 10_000;

/** Changes that follow from one, each made by a watcher of another. */
const MOST_UNTOLD = 10_000;

function stateOn(
  backend: StateBackend,
  { validate, validateAll, maxBytes, transform, ttlMs: ownTtl, clock = systemClock, onError }: StateOptions,
): State {
  const watchers = new Set<{ wants: (key: string) => boolean; watcher: (change: StateChange) => void }>();
  const updates = new Map<string, Promise<unknown>>();

  const alive = (entry: StateEntry | undefined): StateEntry | undefined =>
    entry?.expiresAt !== undefined && entry.expiresAt <= clock.now() ? undefined : entry;
  const valueOf = (key: string, entry: StateEntry | undefined): unknown => {
    const live = alive(entry);
    if (live === undefined) return undefined;
    return transform === undefined ? live.value : frozenJson(transform.read(live.value, key), key);
  };
  const tellWatchers = (change: StateChange): void => {
    for (const { wants, watcher } of watchers) {
      try {
        if (wants(change.key)) watcher(change);
      } catch (error) {
        onError?.(error, change);
      }
    }
  };
  /** Changes that watchers are being told of: what those write meanwhile comes after, so that all hear it in order. */
  let untold: StateChange[] | undefined;
  const tell = (changes: readonly StateChange[]): void => {
    const real = changes.filter(({ value, previous }) => !sameJson(value, previous));
    if (untold !== undefined) return void untold.push(...real);
    untold = real;
    try {
      for (const change of untold) tellWatchers(change);
    } finally {
      untold = undefined;
    }
  };
  const sizes = new Map<string, number>();
  let total = 0;
  const checkAll = (writes: readonly (readonly [key: string, value: unknown])[]): void => {
    validateAll?.(Object.fromEntries([...new Map([...all(), ...writes])].filter(([, value]) => value !== undefined)));
    if (maxBytes === undefined) return;
    const next = new Map(
      writes.map(([key, value]) => [key, value === undefined ? 0 : key.length + JSON.stringify(value).length]),
    );
    let change = 0;
    for (const [key, size] of next) change += size - (sizes.get(key) ?? 0);
    if (total + change > maxBytes)
      throw new SpellError("TOO_LARGE", `a state has at most ${maxBytes} bytes as JSON`, {
        details: { limit: maxBytes },
      });
    total += change;
    for (const [key, size] of next) {
      if (size === 0) sizes.delete(key);
      else sizes.set(key, size);
    }
  };
  /** `undefined` when another process was faster. */
  const write = (
    values: Readonly<Record<string, unknown>>,
    ttlMs = ownTtl,
    expected?: { key: string; version: number },
  ): number | undefined => {
    if (ttlMs !== undefined && !(ttlMs > 0))
      throw new SpellError("INVALID_ARGUMENT", "'ttlMs' must be milliseconds above 0");
    if (untold !== undefined && untold.length > MOST_UNTOLD)
      throw new SpellError("INVALID_STATE", "the watchers of the state change it without end");
    const expiresAt = ttlMs === undefined ? undefined : clock.now() + ttlMs;
    const plain = Object.entries(values).map(([key, value]) => {
      const frozen = value === undefined ? undefined : frozenJson(value, key);
      if (frozen !== undefined) validate?.(key, frozen);
      return [key, frozen] as const;
    });
    if (validateAll !== undefined || maxBytes !== undefined) checkAll(plain);
    const writes: StateWrite[] = plain.map(([key, value]) => {
      const stored =
        value === undefined || transform === undefined ? value : frozenJson(transform.write(value, key), key);
      return { key, value: stored, expiresAt };
    });
    const done = backend.commit(writes, expected);
    if (done === undefined) return undefined;
    const { version, previous } = done;
    if (watchers.size > 0)
      tell(plain.map(([key, value]) => ({ key, value, previous: valueOf(key, previous.get(key)), version })));
    return version;
  };
  const batch = (values: Readonly<Record<string, unknown>>, ttlMs?: number): number => write(values, ttlMs) ?? 0;
  const all = (): [string, unknown][] =>
    [...backend.entries()].flatMap(([key, entry]) => {
      const value = valueOf(key, entry);
      return value === undefined ? [] : [[key, value]];
    });

  const update = async <T>(
    key: string,
    change: (value: T | undefined) => T | Promise<T>,
    ttlMs?: number,
  ): Promise<T> => {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const entry = backend.read(key);
      const next = await change(valueOf(key, entry) as T | undefined);
      if (next === undefined && alive(entry) === undefined) return next;
      if (write({ [key]: next }, ttlMs, { key, version: entry?.version ?? 0 }) !== undefined) return next;
    }
    throw new SpellError("INVALID_STATE", `'${key}' changes too often to be updated`);
  };

  return {
    get version() {
      return backend.version();
    },
    get: <T>(key: string) => valueOf(key, backend.read(key)) as T | undefined,
    has: (key) => alive(backend.read(key)) !== undefined,
    keys: () => all().map(([key]) => key),
    set: (key, value, { ttlMs } = {}) => {
      if (value === undefined) throw new SpellError("INVALID_ARGUMENT", `'${key}' is set to nothing: delete it`);
      return batch({ [key]: value }, ttlMs);
    },
    delete(key) {
      const existed = alive(backend.read(key)) !== undefined;
      if (existed) batch({ [key]: undefined });
      return existed;
    },
    async update<T>(key: string, change: (value: T | undefined) => T | Promise<T>, { ttlMs }: { ttlMs?: number } = {}) {
      const before = updates.get(key);
      const mine = (before ?? Promise.resolve()).then(async () => await update(key, change, ttlMs));
      const settled = mine.catch(() => undefined);
      updates.set(key, settled);
      try {
        return await mine;
      } finally {
        if (updates.get(key) === settled) updates.delete(key);
      }
    },
    batch: (values, { ttlMs } = {}) => batch(values, ttlMs),
    watch(key, watcher) {
      const entry = { wants: typeof key === "string" ? (other: string) => other === key : key, watcher };
      watchers.add(entry);
      return { [Symbol.dispose]: () => void watchers.delete(entry) };
    },
    snapshot: () => Object.freeze({ version: backend.version(), values: Object.freeze(Object.fromEntries(all())) }),
    restore({ values }) {
      const gone = [...backend.entries()].filter(([key]) => !Object.hasOwn(values, key));
      return batch({ ...Object.fromEntries(gone.map(([key]) => [key, undefined])), ...values });
    },
    toJSON: () => Object.fromEntries(all()),
    [Symbol.dispose]() {
      watchers.clear();
      backend.close();
    },
  };
}

/**
 * Lets a child state follow its parent: it gets the parent's values now and each of its
 * changes from now on. What the child writes stays in the child. Dispose to let go.
 *
 * @example
 * using link = linkStates(parent, child, (key) => key.startsWith("shared."));
 */
export function linkStates(parent: State, child: State, keys: (key: string) => boolean = () => true): Disposable {
  const inherited = Object.entries(parent.toJSON()).filter(([key]) => keys(key));
  if (inherited.length > 0) child.batch(Object.fromEntries(inherited));
  return parent.watch(keys, ({ key, value }) => {
    // States may be linked in a ring.
    if (!sameJson(child.get(key), value)) child.batch({ [key]: value });
  });
}
