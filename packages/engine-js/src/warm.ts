import type { Bindings } from "@llmspell/engine";
import { encodeWarmStart, readWarmStart, type ReadWarmStart } from "@llmspell/engine/wasm";
import { buildImage, type JsImage } from "./image.js";
import { JsInstance } from "./instance.js";
import { compileQuickJs, type RewrittenQuickJs } from "./wasm.js";

const FORMAT = "llmspell-js-warm-1";

/** Computes the warm start of a context with these bindings at the sandbox level `basic`, to be kept in a file. */
export function makeWarmStart(bindings: Bindings): Uint8Array {
  const wasm = compileQuickJs();
  const { bytes, hash, firstPages, isKnown } = wasm;
  return encodeWarmStart(
    FORMAT,
    { bytes, hash, firstPages, isKnown },
    bindings,
    buildImage(new JsInstance(wasm), bindings, "basic"),
  );
}

export const readJsWarmStart = (data: Uint8Array): ReadWarmStart<RewrittenQuickJs, JsImage> | undefined =>
  readWarmStart(FORMAT, data);
