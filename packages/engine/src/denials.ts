import type { ErrorCode } from "@llmspell/errors";

/** A place in the source of a spell. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
}

/** Something that the sandbox refused a guest. */
export interface Denial extends Partial<SourcePosition> {
  /**
   * What was tried: `limit` (use more than a limit allows), `call` (a host
   * function that the host refused as not permitted), `load` (precompiled
   * code, and text where none is compiled), `require` (a module that is not there).
   */
  readonly what: "limit" | "call" | "load" | "require";
  readonly code: ErrorCode;
  readonly message: string;
}

/** Told of each {@link Denial}; must not touch the guest, and what it throws is dropped. */
export type DenialListener = (denial: Denial) => void;
