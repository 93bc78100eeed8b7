/** How much a message matters, least first. */
export type WarningLevel = "debug" | "info" | "warn" | "error";

/**
 * What a script warns of: `warn()` in Lua, `console.warn()` and its like in
 * JavaScript, or an error that the language itself could not raise.
 */
export interface Warning {
  /** All parts as one text, cut after 4,096 bytes. */
  readonly message: string;
  /** Default `warn`. */
  readonly level?: WarningLevel;
  /** The first word of a message such as `deprecated: use open()`; `finalizer` for an error in one. */
  readonly category?: string;
  /** Where it was given, in the script's own files. */
  readonly file?: string;
  readonly line?: number;
  /** How many warnings the limits of {@link WarningOptions} kept back since the last one. */
  readonly dropped?: number;
}

/** Which warnings of a guest its host hears of. */
export interface WarningOptions {
  /** Categories that are left out. Default: none. */
  readonly ignore?: readonly string[];
  /** The most in one second of the host's clock; a host without a clock has no such limit. Default: 100. */
  readonly perSecond?: number;
  /** The most of one guest. Default: 1,000. */
  readonly total?: number;
}
