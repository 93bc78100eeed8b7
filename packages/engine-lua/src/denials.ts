import type { Denial, DenialListener } from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import type { LuaInstance } from "./instance.js";
import { positionIn } from "./position.js";

/** Tells a listener what the sandbox has refused a guest, and where in its source. */
export class Denials {
  readonly #listener: DenialListener;
  readonly #lua: LuaInstance;
  #later: { readonly what: Denial["what"]; readonly error: SpellError } | undefined;

  constructor(listener: DenialListener, lua: LuaInstance) {
    this.#listener = listener;
    this.#lua = lua;
  }

  /** Tells of it once the place where it happened is known; see {@link flush}. */
  addLater(what: Denial["what"], error: SpellError): void {
    this.#later ??= { what, error };
  }

  /** The place is where `L` is now, or not known. */
  flush(L: number): void {
    if (this.#later === undefined) return;
    const { what, error } = this.#later;
    this.#later = undefined;
    this.add(what, L, error);
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
