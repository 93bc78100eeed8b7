import { stringifyJson } from "../../formats/json.js";

/** A text that two plain values share when they are equal in all their parts; the order of keys is no difference. */
export const identity = (value: unknown): string =>
  stringifyJson(value, { sortKeys: true, maxValues: Infinity, maxDepth: Infinity });

// Null and what is missing come last.
const RANKS = ["number", "string", "boolean", "object", "undefined"];
const rank = (value: unknown): number => RANKS.indexOf(value === null ? "undefined" : typeof value);

/** An order of all plain values: numbers, then texts by their code units, then the rest. */
export function compareValues(a: unknown, b: unknown): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "number" || typeof a === "string" || typeof a === "boolean") {
    const other = b as typeof a;
    return a < other ? -1 : a > other ? 1 : 0;
  }
  return 0;
}
