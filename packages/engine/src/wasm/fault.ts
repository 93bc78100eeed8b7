import { SpellError } from "@llmspell/errors";

/** The bytes are not a well-formed WebAssembly module. */
export function malformed(what: string, offset: number): SpellError {
  return new SpellError("INTERNAL", `malformed wasm: ${what} at offset ${offset}`, { details: { offset } });
}

/** Well-formed, perhaps, but uses something that the rewriter does not know. */
export function unsupported(what: string, offset: number): SpellError {
  return new SpellError("UNSUPPORTED", `unsupported wasm: ${what} at offset ${offset}`, { details: { offset } });
}

/** The module is fine, but the options do not fit it. */
export function misfit(what: string): SpellError {
  return new SpellError("UNSUPPORTED", `cannot meter this wasm module: ${what}`);
}

export const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;
