import { systemClock, type Clock } from "../clock.js";
import { stringifyJson } from "../formats/json.js";
import type { State, StateSnapshot } from "./state.js";

/** A snapshot that says when it was taken, and by which its values are known again. */
export interface SealedSnapshot extends StateSnapshot {
  /** SHA-256 of the values as JSON with sorted keys, in hexadecimal. */
  readonly checksum: string;
  /** Milliseconds since 1970. */
  readonly takenAt: number;
}

export function sealedSnapshot(state: State, clock: Pick<Clock, "now"> = systemClock): SealedSnapshot {
  const snapshot = state.snapshot();
  const { createHash } = process.getBuiltinModule("node:crypto");
  const checksum = createHash("sha256")
    .update(stringifyJson(snapshot.values, { sortKeys: true }))
    .digest("hex");
  return Object.freeze({ ...snapshot, checksum, takenAt: clock.now() });
}
