import { limitError, type Limits } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { GuestKilled } from "./instance.js";

/** Whether a thrown value is on its way through wasm frames: Lua's own longjmp, or the end of the guest. */
export function unwinds(thrown: unknown): boolean {
  return (
    thrown instanceof WebAssembly.Exception ||
    thrown instanceof GuestKilled ||
    thrown instanceof WebAssembly.RuntimeError ||
    isStackOverflow(thrown)
  );
}

/** Whether V8's own stack ended; any other RangeError is a defect of host code. */
function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message.includes("call stack");
}

/** The error of a guest that was ended in the middle of its code. */
export function killError(thrown: unknown, limits: Limits): SpellError {
  if (isSpellError(thrown)) return thrown;
  // V8's own stack ended before Lua's limit on nested C calls did.
  if (isStackOverflow(thrown)) return limitError("callDepth", limits);
  return new SpellError("INTERNAL", "the Lua interpreter failed", { cause: thrown });
}
