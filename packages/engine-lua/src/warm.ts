import { deserialize, serialize } from "node:v8";
import type { Bindings } from "@llmspell/engine";
import { MemoryImage, type ImageParts } from "@llmspell/engine/wasm";
import { buildImage, type LuaImage } from "./image.js";
import { LuaInstance } from "./instance.js";
import { compileLua, instantiable, type LuaWasm } from "./wasm.js";

/**
 * Everything the first guest costs, computed ahead: the rewritten machine code
 * and the memory of a state with its modules bound. A cold process then starts
 * in milliseconds. Trusted like code: load it only from where code is loaded.
 */
interface WarmStart {
  /** Never change what a name means: make a new one. */
  readonly format: "llmspell-lua-warm-1";
  readonly wasm: Uint8Array;
  readonly hash: string;
  /** The bindings of the image, as JSON: comparing them is cheaper than loading a hash function. */
  readonly bindings: string;
  readonly image: Omit<LuaImage, "memory"> & { readonly memory: ImageParts };
}

/** Computes the warm start of a state with these bindings at the sandbox level `basic`, to be kept in a file. */
export function makeWarmStart(bindings: Bindings): Uint8Array {
  const { bytes, module, hash } = compileLua();
  const image = buildImage(new LuaInstance(module), bindings, "basic");
  const { byteLength, extents, globals, skip } = image.memory;
  const warm: WarmStart = {
    format: "llmspell-lua-warm-1",
    wasm: bytes,
    hash,
    bindings: JSON.stringify(bindings),
    image: { ...image, memory: { byteLength, extents, globals, skip } },
  };
  return serialize(warm);
}

/**
 * A warm start read back; undefined when the bytes are of another format.
 *
 * @param compiled the same machine code, when it has been compiled before.
 */
export function readWarmStart(
  data: Uint8Array,
  compiled?: Pick<LuaWasm, "module" | "hash">,
): { wasm: Pick<LuaWasm, "module" | "hash">; imageFor(bindings: Bindings): LuaImage | undefined } | undefined {
  const warm = readOrNothing(data);
  const { format, wasm, hash, image } = warm ?? {};
  if (format !== "llmspell-lua-warm-1" || wasm === undefined || hash === undefined || image === undefined)
    return undefined;
  return {
    wasm: compiled?.hash === hash ? compiled : instantiable(wasm, hash),
    imageFor: (bindings) =>
      JSON.stringify(bindings) === warm?.bindings ? { ...image, memory: new MemoryImage(image.memory) } : undefined,
  };
}

function readOrNothing(data: Uint8Array): Partial<WarmStart> | undefined {
  try {
    return deserialize(data) as Partial<WarmStart>;
  } catch {
    return undefined; // not made by this function
  }
}
