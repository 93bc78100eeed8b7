import { SnapshotFormat } from "@llmspell/engine/guest-kit";
import { readSavedGuest } from "./saved-guest.js";

export const SNAPSHOT_FORMAT = new SnapshotFormat("llmspell-js-snapshot-2", "JavaScript", readSavedGuest);
