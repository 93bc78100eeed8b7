import {
  fields,
  isBoolean,
  isCount,
  isSavedErrors,
  isSavedFunctions,
  isSavedHostValues,
  isSavedWeakFunctions,
  list,
  savedGuestReader,
  type SavedGuest,
  type SavedWeakFunctions,
} from "@llmspell/engine/guest-kit";
import type { SavedValues } from "./values.js";

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
  weak: isSavedWeakFunctions,
  values: fields({ functions: isSavedFunctions, errors: isSavedErrors, host: isSavedHostValues }),
});
