import { limitError, type Limits, type TrapKind } from "../index.js";
import { SpellError, isSpellError } from "@llmspell/errors";

/** Thrown through wasm frames to end a guest at once; the instance needs an image reset after it. */
export class GuestKilled extends Error {}

/** The error of a guest that was ended in the middle of its code by `thrown`, a trap of the kind `trap` or none. */
export function killError(thrown: unknown, trap: TrapKind | undefined, limits: Limits, language: string): SpellError {
  if (isSpellError(thrown)) return thrown;
  // V8's own stack ended before the interpreter's limit did.
  if (trap === "stack") return limitError("callDepth", limits);
  const details = trap === undefined ? {} : { trap };
  return new SpellError("INTERNAL", `the ${language} interpreter failed`, { details, cause: thrown });
}
