import { SpellError } from "@llmspell/errors";
import type { Snapshot } from "./snapshot.js";

export interface SnapshotStoreOptions {
  /** Snapshots kept. Default 16. */
  readonly maxCount?: number;
  /** Bytes of all kept snapshots together. Default 64 MiB. */
  readonly maxBytes?: number;
  /** Told of each snapshot that has to make room. */
  onEvict?(entry: StoredSnapshot): void;
  /** Milliseconds since the epoch. Default: `Date.now`. */
  now?(): number;
}

export interface StoredSnapshot {
  readonly name: string;
  readonly snapshot: Snapshot;
  /** Milliseconds since the epoch. */
  readonly savedAt: number;
  /** What the host wants to remember beside it. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Snapshots by name, in memory, within limits: what was used least recently
 * makes room.
 *
 * @example
 * const saved = new SnapshotStore();
 * saved.save("before the experiment", guest.snapshot());
 * guest.rollback(saved.get("before the experiment").snapshot);
 */
export class SnapshotStore {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  readonly #onEvict: (entry: StoredSnapshot) => void;
  readonly #now: () => number;
  /** In order of use, the least recent first. */
  readonly #entries = new Map<string, StoredSnapshot>();
  #byteLength = 0;

  constructor({ maxCount = 16, maxBytes = 64 * 1024 * 1024, onEvict, now }: SnapshotStoreOptions = {}) {
    this.#maxCount = positive("maxCount", maxCount);
    this.#maxBytes = positive("maxBytes", maxBytes);
    this.#onEvict = (entry) => onEvict?.(entry);
    this.#now = now ?? Date.now;
  }

  /** Names in order of use, the least recent first. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** Bytes of all kept snapshots together. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /**
   * Keeps a snapshot under a name, in place of the one that had it.
   *
   * @throws SpellError `INVALID_ARGUMENT` when it alone is larger than the store may be.
   */
  save(name: string, snapshot: Snapshot, metadata: StoredSnapshot["metadata"] = {}): StoredSnapshot {
    if (snapshot.byteLength > this.#maxBytes) {
      throw new SpellError(
        "INVALID_ARGUMENT",
        `the snapshot '${name}' takes ${snapshot.byteLength} bytes; the store keeps ${this.#maxBytes} at most`,
      );
    }
    this.delete(name);
    const entry: StoredSnapshot = { name, snapshot, savedAt: this.#now(), metadata };
    this.#entries.set(name, entry);
    this.#byteLength += snapshot.byteLength;
    this.#makeRoom();
    return entry;
  }

  /** @throws SpellError `NOT_FOUND` with the names there are. */
  get(name: string): StoredSnapshot {
    const entry = this.#entries.get(name);
    if (entry === undefined) {
      throw new SpellError("NOT_FOUND", `no snapshot is named '${name}'`, { details: { known: this.names } });
    }
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    return entry;
  }

  /** Whether there was one. */
  delete(name: string): boolean {
    const entry = this.#entries.get(name);
    if (entry === undefined) return false;
    this.#entries.delete(name);
    this.#byteLength -= entry.snapshot.byteLength;
    return true;
  }

  #makeRoom(): void {
    for (const entry of this.#entries.values()) {
      if (this.#entries.size <= this.#maxCount && this.#byteLength <= this.#maxBytes) return;
      this.delete(entry.name);
      this.#onEvict(entry);
    }
  }
}

function positive(name: string, value: number): number {
  if (value > 0) return value;
  throw new SpellError("INVALID_ARGUMENT", `${name} must be a positive number, not ${value}`);
}
