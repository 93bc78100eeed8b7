import { classifyTrap } from "@llmspell/engine";
import { GuestKilled } from "@llmspell/engine/guest-kit";

/** Whether a thrown value is on its way through wasm frames, to end the guest. */
export function unwinds(thrown: unknown): boolean {
  return thrown instanceof GuestKilled || classifyTrap(thrown) !== undefined;
}
