/** What the guest library calls the host for, by its first argument, which counts from 1. */
export const OPS = [
  /** Calls the door or a function of the host: its id, the arguments. */
  "call",
  /** A task has ended well: its id, the result. */
  "fulfilled",
  /** A task has failed: its id, the error, its stack. */
  "rejected",
  /** An error of the library: its code, its message. Gives the error. */
  "error",
  /** The guest waits no longer for an operation, by its number. */
  "abort",
  /** A value cannot cross: the path as JSON, the problem. Gives the error. */
  "refuse",
  /** Bytes leave: gives the number to find them by. */
  "give",
  /** Bytes enter, by their number. */
  "take",
  /** Text for a stream: 1 or 2, the text. */
  "print",
  /** A line for the log: its level, the text. */
  "log",
  /** The handle of a weak handle, by its number; null when it is gone. */
  "upgrade",
  /** Whether the object of a weak handle is gone, by its number: 1 or 0. */
  "expired",
  /** A weak handle to the object of a handle, by the handle's number. */
  "weaken",
  /** The guest has collected a function that the host holds weakly, by its id. */
  "dropWeak",
  /** The guest has collected a handle, by its number. */
  "dropHandle",
  /** The guest has collected a function of the host, by its number. */
  "dropFunction",
] as const;

export type Op = (typeof OPS)[number];

/** What the host calls in the guest library. */
export const EXPORTS = [
  "call",
  "callSync",
  "cover",
  "describe",
  "encode",
  "expire",
  "getGlobal",
  "release",
  "run",
  "setGlobal",
  "settle",
  "weakFind",
  "weakForget",
  "weakKeep",
  "where",
] as const;

export type ExportName = (typeof EXPORTS)[number];
