import type { SpellError } from "@llmspell/errors";
import type { LuaImage } from "../image.js";
import type { LuaInstance } from "../instance.js";
import type { LuaKeeper } from "../keeper.js";
import type { LibraryCalls } from "../library-calls.js";

/** What a guest gives its debugger and profilers. */
export interface DebugParts {
  readonly lua: LuaInstance;
  readonly image: LuaImage;
  readonly keeper: LuaKeeper;
  readonly library: LibraryCalls;
  /** The Lua state in which the host may work now: of the running coroutine, else the main one. */
  running(): number;
  /** Whether the guest stands at a stop. */
  stands(): boolean;
  /** Runs `action` while the guest cannot reach its host. */
  withoutHost<T>(action: () => T): T;
  /** Runs what waits since the guest has stopped. */
  goOn(): void;
  /** Ends a guest whose debugger has failed. */
  fail(error: SpellError): void;
}
