/** Where the values of two languages differ, what a guest and its host make of it. */
export interface ValueOptions {
  /** Default `lenient`. */
  readonly nulls?: NullMode | NullRules;
  /** `exact`: a whole float comes out as a {@link Float}, so that it is one again when it goes back. Default `number`. */
  readonly floats?: "number" | "exact";
  /** What comes out of an empty table that is not marked as an array. Default `object`. */
  readonly emptyTables?: "object" | "array";
}

/**
 * - `lenient`: a field that is null is left out; null alone is the language's nothing
 * - `strict`: as lenient, but fields that are null are kept, and holes in arrays refused
 * - `js`: null is a value of its own everywhere, and only undefined is nothing
 *
 * In an array null is always kept, so that lengths survive.
 */
export type NullMode = "lenient" | "strict" | "js";

/** A null mode of one's own. "Kept" means: as the language's null sentinel. */
export interface NullRules {
  /** Null as a field of an object that enters. */
  readonly fields: "drop" | "keep";
  /** Null as an argument, a result or a global that enters. */
  readonly alone: "nothing" | "keep";
  /** Nothing between the elements of an array that leaves. */
  readonly holes: "null" | "refuse";
}

const NULL_MODES: Readonly<Record<NullMode, NullRules>> = {
  lenient: { fields: "drop", alone: "nothing", holes: "null" },
  strict: { fields: "keep", alone: "nothing", holes: "refuse" },
  js: { fields: "keep", alone: "keep", holes: "null" },
};

/** The rules a mode stands for. */
export const nullRules = (mode: NullMode | NullRules = "lenient"): NullRules =>
  typeof mode === "string" ? NULL_MODES[mode] : mode;
