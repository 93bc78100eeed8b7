import { SpellError } from "@llmspell/errors";
import { PAGE, extentsWhere, outside, type ImageExtent, type MemoryRange } from "./extents.js";

export interface ImageOptions {
  /** Ranges that the image neither holds nor touches, such as the dead part of the C stack. */
  readonly skip?: readonly MemoryRange[];
}

/** All that an image holds: what a snapshot stores, and what an image is made of again. */
export interface ImageParts {
  /** Size of the memory at capture. */
  readonly byteLength: number;
  /** The parts that were not all zero, in ascending order. */
  readonly extents: readonly ImageExtent[];
  readonly globals: readonly unknown[];
  readonly skip: readonly MemoryRange[];
}

/**
 * Captures a memory and the values of some mutable globals. Only 4 KiB pages
 * that are not all zero are copied; neighbours become one extent.
 *
 * Capture only while no guest code is on the stack: what is in wasm locals is
 * not in memory.
 */
export function captureImage(
  memory: WebAssembly.Memory,
  globals: readonly WebAssembly.Global[],
  { skip = [] }: ImageOptions = {},
): MemoryImage {
  const bytes = new Uint8Array(memory.buffer);
  const sorted = skip.toSorted((a, b) => a[0] - b[0]);
  const extents = outside(sorted, bytes.length).flatMap(([start, end]) => nonZeroExtents(bytes, start, end));
  return new MemoryImage({
    byteLength: bytes.length,
    extents,
    globals: globals.map((global) => global.value as unknown),
    skip: sorted,
  });
}

/** The state of a guest's memory, to be put back any number of times, into any instance of the same module. */
export class MemoryImage implements ImageParts {
  readonly byteLength: number;
  readonly extents: readonly ImageExtent[];
  readonly globals: readonly unknown[];
  readonly skip: readonly MemoryRange[];
  /** Start and end of what is to be zeroed, in pairs; the last one ends at infinity. */
  readonly #zeros: readonly number[];
  // Weak, so that an image keeps no dead instance's memory alive.
  readonly #views = new WeakMap<WebAssembly.Memory, Uint8Array>();

  constructor({ byteLength, extents, globals, skip }: ImageParts) {
    this.byteLength = byteLength;
    this.extents = extents;
    this.globals = globals;
    this.skip = skip;
    const taken = [...skip, ...extents.map(({ start, data }): MemoryRange => [start, start + data.length])];
    this.#zeros = outside(
      taken.toSorted((a, b) => a[0] - b[0]),
      Infinity,
    ).flat();
  }

  /**
   * Puts the captured state back: writes the extents, zeroes everything else
   * below `dirtyEnd` except the skipped ranges, and sets the globals.
   *
   * `dirtyEnd` says that nothing was written from there on, since the memory was
   * new or last reset; by default the whole memory is taken to be dirty. A memory
   * that has grown since capture stays grown (WebAssembly memories cannot shrink);
   * the guest can tell, so a caller who needs equal runs discards the instance.
   */
  apply(memory: WebAssembly.Memory, globals: readonly WebAssembly.Global[], dirtyEnd = Infinity): void {
    const view = this.#view(memory);
    if (view.length < this.byteLength || globals.length !== this.globals.length) {
      throw new SpellError("INTERNAL", "the memory image belongs to another module", {
        details: { bytes: view.length, imageBytes: this.byteLength, globals: globals.length },
      });
    }
    for (const { start, data } of this.extents) view.set(data, start);
    const end = Math.min(dirtyEnd, view.length);
    const zeros = this.#zeros;
    for (let i = 0; i < zeros.length; i += 2) {
      const start = zeros[i] ?? end;
      if (start >= end) break;
      view.fill(0, start, Math.min(zeros[i + 1] ?? end, end));
    }
    for (let i = 0; i < globals.length; i++) {
      const global = globals[i];
      if (global !== undefined) global.value = this.globals[i];
    }
  }

  /** Whether memory and globals are just as {@link apply} leaves them, the skipped ranges aside. */
  matches(memory: WebAssembly.Memory, globals: readonly WebAssembly.Global[]): boolean {
    const view = this.#view(memory);
    if (view.length !== this.byteLength) return false;
    if (globals.some((global, i) => !Object.is(global.value, this.globals[i]))) return false;
    for (const { start, data } of this.extents) {
      if (Buffer.compare(view.subarray(start, start + data.length), data) !== 0) return false;
    }
    const zeros = this.#zeros;
    for (let i = 0; i < zeros.length; i += 2) {
      const end = Math.min(zeros[i + 1] ?? view.length, view.length);
      for (let at = zeros[i] ?? end; at < end; at += PAGE) {
        if (!isZero(view.subarray(at, Math.min(at + PAGE, end)))) return false;
      }
    }
    return true;
  }

  /** Growing a memory replaces its buffer and detaches the old one. */
  #view(memory: WebAssembly.Memory): Uint8Array {
    const { buffer } = memory;
    let view = this.#views.get(memory);
    if (view === undefined || view.buffer !== buffer) {
      view = new Uint8Array(buffer);
      this.#views.set(memory, view);
    }
    return view;
  }
}

function nonZeroExtents(bytes: Uint8Array, start: number, end: number): ImageExtent[] {
  return extentsWhere(bytes, start, end, (page, next) => !isZero(bytes.subarray(page, next)));
}

const ZEROS = new Uint8Array(PAGE);

function isZero(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes, bytes.length === PAGE ? ZEROS : ZEROS.subarray(0, bytes.length)) === 0;
}
