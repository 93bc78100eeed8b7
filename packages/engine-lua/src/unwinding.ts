import { classifyTrap, isStackOverflow, type TrapKind } from "@llmspell/engine";
import { GuestKilled } from "@llmspell/engine/guest-kit";
import { InterpreterAborted } from "./instance.js";

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
