import { classifyTrap, isStackOverflow, limitError, type Limits, type TrapKind } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { GuestKilled, InterpreterAborted } from "./instance.js";

/** Whether a thrown value is on its way through wasm frames: Lua's own longjmp, or the end of the guest. */
export function unwinds(thrown: unknown): boolean {
  return (
    thrown instanceof WebAssembly.Exception ||
    thrown instanceof GuestKilled ||
    thrown instanceof WebAssembly.RuntimeError ||
    isStackOverflow(thrown)
  );
}

/** How the machine below a guest failed, if it did. */
export function trapOf(thrown: unknown): TrapKind | undefined {
  return thrown instanceof InterpreterAborted ? "abort" : classifyTrap(thrown);
}

/** The error of a guest that was ended in the middle of its code. */
export function killError(thrown: unknown, limits: Limits): SpellError {
  if (isSpellError(thrown)) return thrown;
  const trap = trapOf(thrown);
  // V8's own stack ended before Lua's limit on nested C calls did.
  if (trap === "stack") return limitError("callDepth", limits);
  const details = trap === undefined ? {} : { trap };
  return new SpellError("INTERNAL", "the Lua interpreter failed", { details, cause: thrown });
}
