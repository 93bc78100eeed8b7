import type { SealOptions } from "./seal.js";
import type { ScriptValue } from "./value.js";

/**
 * The state of a guest at one moment, in this process's memory. It stays good
 * when the guest goes on or ends; any number of guests can be made from it.
 */
export interface Snapshot {
  /** The engine it needs: its {@link Engine.hash}. */
  readonly engineHash: string;
  /** Bytes it takes in memory. */
  readonly byteLength: number;
  /** The host calls whose answers the guest waits for. */
  readonly pending: readonly PendingCall[];
  /**
   * The snapshot for a file or another process: compressed, with a checksum, or
   * sealed with a key. What it holds is not encrypted.
   */
  encode(options?: SealOptions): Uint8Array;
}

/** A host call that was under way when a guest's state was saved. */
export interface PendingCall {
  /** Identifies the call in its guest. */
  readonly operation: number;
  /** As in {@link Host.call}. */
  readonly functionId: number;
  readonly args: readonly ScriptValue[];
}
