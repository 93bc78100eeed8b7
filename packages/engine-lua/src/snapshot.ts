import { SnapshotFormat } from "@llmspell/engine/guest-kit";
import { readSavedGuest } from "./saved-guest.js";

export const SNAPSHOT_FORMAT = new SnapshotFormat("llmspell-lua-snapshot-2", "Lua", readSavedGuest);
