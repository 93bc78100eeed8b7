/** How a function of the host is called: the kind that it is made with, of flags. */
export const CallKind = {
  /** The one function of the guest library: an operation of {@link OPS}, and what it takes. */
  library: 0,
  /** A function that the guest may call, with its own arguments; its id is its last datum. */
  direct: 1,
  /** Its result is always a promise. */
  async: 2,
  /** Its `this` is its first argument. */
  method: 4,
  /** Any function: its arguments are an id, and the arguments of that function as text. */
  text: 8,
} as const;

/** What the guest library calls the host for, by its first argument, which counts from 1. */
export const OPS = [
  /** Makes a function of the host: its kind, what {@link Answer} lists, its id. */
  "bind",
  /** A task has ended well: its id, the result. Gives whether the host could read that. */
  "fulfilled",
  /** As `fulfilled`, with the result as text. */
  "fulfilledText",
  /** A task has failed: its id, the error, its stack. */
  "rejected",
  /** An error of the library: its code, its message. Gives the error. */
  "error",
  /** The guest waits no longer for an operation, by its number. */
  "abort",
  /** A value cannot cross: the path as JSON, the problem. Gives the error. */
  "refuse",
  /** The sandbox has refused to compile text: the message. */
  "refused",
  /** Bytes leave, and how many: gives the number to find them by. */
  "give",
  /** Bytes enter, by their number. */
  "take",
  /** What a module imports: its name, its source. Gives specifiers as JSON. */
  "scan",
  /** Compiles modules: as JSON, those that are imported before those that import them; the one that the host runs. */
  "compile",
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

/** What the host calls in the guest library. */
export const EXPORTS = [
  "asText",
  "call",
  "callSync",
  "cover",
  "decode",
  "describe",
  "encode",
  "expire",
  "fail",
  "getGlobal",
  "release",
  "run",
  "runModule",
  "sameFunction",
  "setGlobal",
  "settle",
  "weakFind",
  "weakForget",
  "weakKeep",
  "where",
] as const;

export type ExportName = (typeof EXPORTS)[number];
