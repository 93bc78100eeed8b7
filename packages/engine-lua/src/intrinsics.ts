/**
 * The host functions that only the guest's own library (`lua/*.lua`) reaches.
 * They share the trampoline of the door's functions and have negative ids.
 */
export const INTRINSICS = [
  "abort",
  "action",
  "arguments",
  "begin",
  "box",
  "clock",
  "deadlock",
  "denied",
  "describe",
  "drop_function",
  "drop_handle",
  "error",
  "expired",
  "failed",
  "finished",
  "fn",
  "heap",
  "id",
  "line",
  "load",
  "pause",
  "reason",
  "register",
  "sliced",
  "stopped",
  "take",
  "upgrade",
  "variable",
  "wanted",
  "warn",
  "weaken",
  "yield",
] as const;

export type Intrinsic = (typeof INTRINSICS)[number];

export const intrinsicId = (name: Intrinsic): number => -1 - INTRINSICS.indexOf(name);

export const intrinsicOf = (id: number): Intrinsic | undefined => INTRINSICS[-1 - id];

/** What `dispatch` of `lua/scheduler.lua` is asked to do. */
export const Dispatch = { run: 1, call: 2, settle: 3, goOn: 4, reload: 5, expire: 6, part: 7, cancel: 8 } as const;
