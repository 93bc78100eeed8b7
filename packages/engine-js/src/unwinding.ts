import { classifyTrap, limitError, type Limits } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { GuestKilled } from "./instance.js";

/** Whether a thrown value is on its way through wasm frames, to end the guest. */
export function unwinds(thrown: unknown): boolean {
  return thrown instanceof GuestKilled || classifyTrap(thrown) !== undefined;
}

/** The error of a guest that was ended in the middle of its code. */
export function killError(thrown: unknown, limits: Limits): SpellError {
  if (isSpellError(thrown)) return thrown;
  const trap = classifyTrap(thrown);
  // V8's own stack ended before QuickJS's limit did: in its parser, or in JSON that nests deeply.
  if (trap === "stack") return limitError("callDepth", limits);
  const details = trap === undefined ? {} : { trap };
  return new SpellError("INTERNAL", "the JavaScript interpreter failed", { details, cause: thrown });
}
