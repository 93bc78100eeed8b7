import type { Denial, DenialListener } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import type { LuaInstance } from "./instance.js";
import { positionIn } from "./position.js";

/** Tells a listener what the sandbox has refused a guest, and where in its source. */
export class Denials {
  readonly #listener: DenialListener;
  readonly #lua: LuaInstance;

  constructor(listener: DenialListener, lua: LuaInstance) {
    this.#listener = listener;
    this.#lua = lua;
  }

  /** @param L the Lua state that tried, or 0 when none is known. */
  add(what: Denial["what"], L: number, { code, message }: SpellError): void {
    const position = L === 0 ? undefined : positionIn(this.#lua, L);
    try {
      this.#listener({ what, code, message, ...position });
    } catch {
      // A listener that fails must not be thrown through the guest's frames.
    }
  }
}
