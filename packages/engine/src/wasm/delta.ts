import { createHash } from "node:crypto";
import { SpellError } from "@llmspell/errors";
import { PAGE, extentsWhere, outside, type ImageExtent } from "./extents.js";
import type { MemoryImage } from "./image.js";

/** What a memory holds beyond its base image: the state of one guest. */
export interface MemoryDelta {
  /** Size of the memory. */
  readonly byteLength: number;
  /** Runs of pages that differ from the base, in ascending order. */
  readonly extents: readonly ImageExtent[];
  readonly globals: readonly unknown[];
}

const ZEROS = Buffer.alloc(PAGE);

/**
 * Compares memories with one image. Holds the image in one piece, so that pages
 * are compared without making a view of each.
 */
export class DeltaBase {
  readonly #image: MemoryImage;
  readonly #flat: Buffer;
  #fingerprint: string | undefined;

  constructor(image: MemoryImage) {
    this.#image = image;
    const last = image.extents.at(-1);
    const end = last === undefined ? 0 : last.start + last.data.length;
    // A buffer of its own, so that it is aligned for words.
    this.#flat = Buffer.from(new ArrayBuffer(Math.ceil(end / PAGE) * PAGE));
    for (const { start, data } of image.extents) this.#flat.set(data, start);
  }

  /** SHA-256 of the image: a delta means something only to the image that it was made from. */
  get fingerprint(): string {
    if (this.#fingerprint !== undefined) return this.#fingerprint;
    const { byteLength, globals, skip } = this.#image;
    const parts = JSON.stringify([byteLength, globals.map(String), skip]);
    return (this.#fingerprint = createHash("sha256").update(parts).update(this.#flat).digest("hex"));
  }

  /**
   * The pages of `memory` that differ; nothing was written from `dirtyEnd` on.
   * Only while no guest code is on the stack: what is in wasm locals is not in
   * memory.
   */
  capture(memory: WebAssembly.Memory, globals: readonly WebAssembly.Global[], dirtyEnd: number): MemoryDelta {
    const bytes = Buffer.from(memory.buffer);
    const extents = outside(this.#image.skip, Math.min(dirtyEnd, bytes.length)).flatMap(([start, end]) =>
      extentsWhere(bytes, start, end, (page, next) => this.#differs(bytes, page, next)),
    );
    return { byteLength: bytes.length, extents, globals: globals.map((global) => global.value as unknown) };
  }

  #differs(bytes: Buffer, start: number, end: number): boolean {
    return start < this.#flat.length
      ? bytes.compare(this.#flat, start, end, start, end) !== 0
      : bytes.compare(ZEROS, 0, end - start, start, end) !== 0;
  }

  /** Writes a delta into a memory that holds the base image. */
  apply(delta: MemoryDelta, memory: WebAssembly.Memory, globals: readonly WebAssembly.Global[]): void {
    const bytes = new Uint8Array(memory.buffer);
    if (bytes.length < delta.byteLength || globals.length !== delta.globals.length) {
      throw new SpellError("INTERNAL", "the memory is not one that the snapshot fits");
    }
    for (const { start, data } of delta.extents) bytes.set(data, start);
    for (let i = 0; i < globals.length; i++) {
      const global = globals[i];
      if (global !== undefined) global.value = delta.globals[i];
    }
  }

  /** Whether a delta from outside is one that {@link apply} can write. */
  fits({ byteLength, extents, globals }: MemoryDelta): boolean {
    let end = 0;
    for (const { start, data } of extents) {
      if (!Number.isInteger(start) || start < end) return false;
      end = start + data.length;
    }
    const { byteLength: least, globals: known } = this.#image;
    const sameTypes = globals.every((value, i) => typeof value === typeof known[i]);
    return byteLength >= least && end <= byteLength && globals.length === known.length && sameTypes;
  }

  /** The extent's bytes XOR the image's, which leaves mostly zeros; doing it again gives the bytes back. */
  xor({ start, data }: ImageExtent): Uint8Array {
    const result = new Uint8Array(data);
    const shared = Math.max(0, Math.min(data.length, this.#flat.length - start));
    const words = start % 4 === 0 ? shared >> 2 : 0;
    const into = new Uint32Array(result.buffer, 0, words);
    const from = new Uint32Array(this.#flat.buffer, this.#flat.byteOffset + (words > 0 ? start : 0), words);
    for (let i = 0; i < words; i++) into[i] = (into[i] ?? 0) ^ (from[i] ?? 0);
    for (let i = words * 4; i < shared; i++) result[i] = (result[i] ?? 0) ^ (this.#flat[start + i] ?? 0);
    return result;
  }
}
