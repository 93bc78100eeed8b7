import {
  fields,
  isCount,
  isSavedErrors,
  isSavedFunctions,
  isSavedHostValues,
  isSavedWeakFunctions,
  isText,
  list,
  savedGuestReader,
  tuple,
  type SavedGuest,
  type SavedWeakFunctions,
} from "@llmspell/engine/guest-kit";
import type { SavedRejections } from "./rejections.js";
import type { SavedValues } from "./wire.js";

/** The host's side of a JavaScript guest. Everything else is in its memory. */
export interface SavedJsGuest extends SavedGuest {
  /** The size of memory as the guest sees it. */
  readonly pages: number;
  /** The task that was started in the turn that has paused; 0 when none was. */
  readonly started: number;
  readonly rejections: SavedRejections;
  readonly weak: SavedWeakFunctions;
  readonly values: SavedValues;
}

const isSavedHandles = list(tuple(isCount, isText, isCount));

export const readSavedGuest = savedGuestReader<SavedJsGuest>({
  pages: (value) => isCount(value) && value <= 65_536,
  started: isCount,
  rejections: list(tuple(isCount, isCount)),
  weak: isSavedWeakFunctions,
  values: fields({
    functions: isSavedFunctions,
    handles: isSavedHandles,
    weak: isSavedHandles,
    errors: isSavedErrors,
    host: isSavedHostValues,
  }),
});
