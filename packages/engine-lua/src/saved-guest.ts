import {
  fields,
  isBoolean,
  isCount,
  isSavedErrors,
  isSavedFunctions,
  isSavedHostValues,
  list,
  savedGuestReader,
  type SavedGuest,
} from "@llmspell/engine/guest-kit";
import type { SavedValues } from "./values.js";
import type { SavedWeakFunctions } from "./weak-functions.js";

/** The host's side of a Lua guest. Everything else is in its memory. */
export interface SavedLuaGuest extends SavedGuest {
  /** Operations that settled while the guest stood at a stop of its debugger, still to be delivered. */
  readonly waiting: readonly number[];
  /** Whether a coroutine may have the hook of the instance. */
  readonly hooked: boolean;
  /** Whether a time slice made a coroutine yield. */
  readonly sliced: boolean;
  readonly weak: SavedWeakFunctions;
  readonly values: SavedValues;
}

export const readSavedGuest = savedGuestReader<SavedLuaGuest>({
  waiting: list(isCount),
  hooked: isBoolean,
  sliced: isBoolean,
  weak: fields({ lastId: isCount, live: list(isCount) }),
  values: fields({ functions: isSavedFunctions, errors: isSavedErrors, host: isSavedHostValues }),
});
