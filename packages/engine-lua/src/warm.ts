import type { Bindings } from "@llmspell/engine";
import { encodeWarmStart, readWarmStart, type ReadWarmStart, type RewrittenWasm } from "@llmspell/engine/wasm";
import { buildImage, type LuaImage } from "./image.js";
import { LuaInstance } from "./instance.js";
import { compileLua } from "./wasm.js";

const FORMAT = "llmspell-lua-warm-2";

/** Computes the warm start of a state with these bindings at the sandbox level `basic`, to be kept in a file. */
export function makeWarmStart(bindings: Bindings): Uint8Array {
  const { bytes, hash, module } = compileLua();
  return encodeWarmStart(FORMAT, { bytes, hash }, bindings, buildImage(new LuaInstance(module), bindings, "basic"));
}

export const readLuaWarmStart = (data: Uint8Array): ReadWarmStart<RewrittenWasm, LuaImage> | undefined =>
  readWarmStart(FORMAT, data);
