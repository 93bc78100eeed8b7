import {
  DEFAULT_LIMITS,
  invalid,
  seal,
  unseal,
  valueFromJson,
  valueToJson,
  type PendingCall,
  type ScriptValue,
  type SealOptions,
  type Snapshot,
} from "../index.js";
import type { DeltaBase, MemoryDelta } from "../wasm/index.js";
import { isSpellError, type SpellError } from "@llmspell/errors";
import { isCount, looseFunction, type SavedGuest } from "./saved-guest.js";

/** Room for what is not memory: held values, arguments, answers. */
const MAX_HOST_BYTES = 16 * 1024 * 1024;

/** What a snapshot is read for. */
export interface SnapshotTarget extends SealOptions {
  readonly engineHash: string;
  readonly base: DeltaBase;
  readonly memoryBytes?: number | undefined;
}

/**
 * How the snapshots of one engine are written: sealed (see `seal`), inside it the
 * length of a JSON text as uint32 (little endian), the text, and the pages that
 * differ from the image, each XORed with it.
 */
export class SnapshotFormat<S extends SavedGuest> {
  /** Never change what a name means: make a new one. */
  readonly name: string;
  /** What errors call the engine, e.g. `Lua`. */
  readonly language: string;
  readonly #readGuest: (value: ScriptValue) => S | undefined;

  constructor(name: string, language: string, readGuest: (value: ScriptValue) => S | undefined) {
    this.name = name;
    this.language = language;
    this.#readGuest = readGuest;
  }

  /** @throws SpellError `SNAPSHOT_INVALID` when another engine made it. */
  own(snapshot: Snapshot): GuestSnapshot<S> {
    if (snapshot instanceof GuestSnapshot && snapshot.format === this) return snapshot as GuestSnapshot<S>;
    throw invalid("foreign", `the snapshot was not made by the ${this.language} engine`);
  }

  /**
   * Reads what {@link GuestSnapshot.encode} made.
   *
   * @throws SpellError `SNAPSHOT_INVALID`
   */
  decode(bytes: Uint8Array, target: SnapshotTarget): GuestSnapshot<S> {
    const most = (target.memoryBytes ?? DEFAULT_LIMITS.memoryBytes) + MAX_HOST_BYTES;
    const { head, pages } = readBody(unseal(this.name, bytes, most, target));
    this.checkOrigin(head, target);
    try {
      const memory = readMemory(head, pages, target.base);
      const guest = this.#readGuest(valueFromJson(head.guest, looseFunction));
      if (memory !== undefined && guest !== undefined) {
        return new GuestSnapshot(this, target.engineHash, target.base, memory, guest);
      }
    } catch (thrown) {
      if (!isSpellError(thrown)) throw thrown; // a value of another format
    }
    throw inconsistent();
  }

  /** @throws SpellError `SNAPSHOT_INVALID` */
  checkOrigin({ engine, image }: Pick<Head, "engine" | "image">, target: SnapshotTarget): void {
    if (engine !== target.engineHash) {
      throw invalid("engine", `the snapshot was made by another build of the ${this.language} engine`);
    }
    if (image !== target.base.fingerprint) {
      throw invalid("bindings", "the snapshot was made with other bindings or at another sandbox level");
    }
  }
}

/** The state of a guest in an instance of WebAssembly. */
export class GuestSnapshot<S extends SavedGuest = SavedGuest> implements Snapshot {
  readonly format: SnapshotFormat<S>;
  readonly engineHash: string;
  readonly base: DeltaBase;
  readonly memory: MemoryDelta;
  readonly guest: S;

  constructor(format: SnapshotFormat<S>, engineHash: string, base: DeltaBase, memory: MemoryDelta, guest: S) {
    this.format = format;
    this.engineHash = engineHash;
    this.base = base;
    this.memory = memory;
    this.guest = guest;
  }

  get byteLength(): number {
    return this.memory.extents.reduce((sum, { data }) => sum + data.length, 0);
  }

  get pending(): readonly PendingCall[] {
    return this.guest.operations.pending;
  }

  /** @throws SpellError `SNAPSHOT_INVALID` unless it fits the engine and the bindings of a guest. */
  checkFits(target: SnapshotTarget): this {
    if (this.base !== target.base) {
      this.format.checkOrigin({ engine: this.engineHash, image: this.base.fingerprint }, target);
    }
    return this;
  }

  encode(options?: SealOptions): Uint8Array {
    const { byteLength, globals, extents } = this.memory;
    const head: Head = {
      engine: this.engineHash,
      image: this.base.fingerprint,
      byteLength,
      globals: valueToJson(globals as readonly ScriptValue[]),
      extents: extents.map(({ start, data }) => [start, data.length]),
      guest: valueToJson(this.guest as unknown as ScriptValue),
    };
    const text = Buffer.from(JSON.stringify(head));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(text.length);
    const pages = extents.map((extent) => this.base.xor(extent));
    return seal(this.format.name, Buffer.concat([size, text, ...pages]), options);
  }
}

interface Head {
  readonly engine: string;
  readonly image: string;
  readonly byteLength: number;
  readonly globals: unknown;
  readonly extents: readonly (readonly [start: number, size: number])[];
  readonly guest: unknown;
}

function readMemory(
  { byteLength, globals, extents }: Head,
  pages: Uint8Array,
  base: DeltaBase,
): MemoryDelta | undefined {
  let at = 0;
  const read = extents.map(([start, size]) => {
    const data = base.xor({ start, data: pages.subarray(at, at + size) });
    at += size;
    return { start, data };
  });
  const memory = { byteLength, extents: read, globals: valueFromJson(globals, looseFunction) as unknown[] };
  return at === pages.length && base.fits(memory) ? memory : undefined;
}

function readBody(bytes: Uint8Array): { head: Head; pages: Uint8Array } {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const size = body.readUInt32LE(0);
    const head = JSON.parse(body.toString("utf8", 4, 4 + size)) as Head;
    const isExtent = (extent: unknown): boolean =>
      Array.isArray(extent) && extent.length === 2 && extent.every(isCount);
    const isGood =
      typeof head.engine === "string" &&
      typeof head.image === "string" &&
      isCount(head.byteLength) &&
      Array.isArray(head.globals) &&
      Array.isArray(head.extents) &&
      head.extents.every(isExtent);
    if (isGood) return { head, pages: body.subarray(4 + size) };
  } catch {
    // Not JSON, or too short: refused like the rest.
  }
  throw inconsistent();
}

function inconsistent(): SpellError {
  return invalid("altered", "the snapshot contradicts itself");
}
