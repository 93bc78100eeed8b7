import { deserialize, serialize } from "node:v8";
import type { Bindings } from "../bindings.js";
import { MemoryImage, type ImageParts } from "./image.js";

/** Machine code that was rewritten, and what identifies it. */
export interface RewrittenWasm {
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`. */
  readonly hash: string;
}

/**
 * Everything the first guest of an engine costs, computed ahead: the rewritten
 * machine code and the memory of a state with its modules bound. A cold process
 * then starts in milliseconds. Trusted like code: load it only from where code
 * is loaded.
 */
interface WarmStart<W, I> {
  /** The engine's name for its format; never change what a name means: make a new one. */
  readonly format: string;
  readonly wasm: W;
  /** The bindings of the image, as JSON: comparing them is cheaper than loading a hash function. */
  readonly bindings: string;
  readonly image: Omit<I, "memory"> & { readonly memory: ImageParts };
}

/** A warm start that was read back. */
export interface ReadWarmStart<W, I> {
  readonly wasm: W;
  /** The image, if it was made for these bindings. */
  imageFor(bindings: Bindings): I | undefined;
}

/** A warm start as bytes, to be kept in a file. */
export function encodeWarmStart<W extends RewrittenWasm, I extends { readonly memory: MemoryImage }>(
  format: string,
  wasm: W,
  bindings: Bindings,
  image: I,
): Uint8Array {
  const { byteLength, extents, globals, skip } = image.memory;
  const warm: WarmStart<W, I> = {
    format,
    wasm,
    bindings: JSON.stringify(bindings),
    image: { ...image, memory: { byteLength, extents, globals, skip } },
  };
  return serialize(warm);
}

/** A warm start read back; undefined when the bytes are of another format. */
export function readWarmStart<W extends RewrittenWasm, I extends { readonly memory: MemoryImage }>(
  format: string,
  data: Uint8Array,
): ReadWarmStart<W, I> | undefined {
  const { wasm, bindings, image, ...rest } = readOrNothing<W, I>(data) ?? {};
  if (rest.format !== format || wasm === undefined || image === undefined) return undefined;
  return {
    wasm,
    imageFor: (wanted) =>
      JSON.stringify(wanted) === bindings
        ? ({ ...image, memory: new MemoryImage(image.memory) } as unknown as I)
        : undefined,
  };
}

function readOrNothing<W, I>(data: Uint8Array): Partial<WarmStart<W, I>> | undefined {
  try {
    return deserialize(data) as Partial<WarmStart<W, I>>;
  } catch {
    return undefined; // not made by encodeWarmStart
  }
}
