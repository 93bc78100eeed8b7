import type { Limits } from "@llmspell/engine";
import type { JsInstance } from "./instance.js";

/**
 * The most that a guest's calls may take of QuickJS's own stack. The frames that
 * V8 keeps beside it are two to three times as large, and its stack of about 1 MB
 * must not end first. Measured: 1,089 nested calls of a function without locals.
 */
const MAX_STACK = 256 * 1024;
/** The least that a call of a function takes of it. */
const CALL_BYTES = 240;
/** What the guest library takes of it, however low the limit is. */
const FIRST_BYTES = 8 * 1024;
/** The end of the stack that a guest may use: written to only by one that has come to it. */
const MARK_SIZE = 4_096;
/** Where the stack begins, in every instance of the module. */
const STACK_TOP = 1_048_576;

/** Bytes of stack that the limit on nested calls allows. */
const stackBytes = ({ callDepth }: Limits): number => Math.min(MAX_STACK, FIRST_BYTES + callDepth * CALL_BYTES);

/** Sets the end of a guest's stack, while nothing is on it. */
export function limitStack(js: JsInstance, limits: Limits): void {
  const bytes = stackBytes(limits);
  js.ex.qjs_set_max_stack_size(bytes);
  js.sync();
  js.u8.fill(0, STACK_TOP - bytes, STACK_TOP - bytes + MARK_SIZE);
}

/** Whether the guest has been at the end of its stack: an error that says so may be made up. */
export function wasStackFull(js: JsInstance, limits: Limits): boolean {
  js.sync();
  const end = STACK_TOP - stackBytes(limits);
  return js.u8.subarray(end, end + MARK_SIZE).some((byte) => byte !== 0);
}
