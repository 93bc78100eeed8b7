import { isRecord } from "../json.js";

/** The types of JSON Schema. */
export type TypeName = "array" | "boolean" | "integer" | "null" | "number" | "object" | "string";

/** How text is read as a number: strictly, or also with units around it, as people write it. */
export type Reading = "strict" | "loose";

/** Whether `value` is of `type`. */
export function isOfType(type: TypeName, value: unknown): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    case "null":
      return value === null;
    case "object":
      return isRecord(value);
    default:
      return typeof value === type;
  }
}

const TRUE = new Set(["true", "yes", "on", "1"]);
const FALSE = new Set(["false", "no", "off", "0"]);

/**
 * `value` as one of `type`, or undefined when it cannot be one without a guess.
 *
 * - number, integer: from text that is a decimal number, thousands separated by commas or not;
 *   an integer only when nothing is lost. Loosely also with a unit or a currency (`42 years`).
 * - boolean: from true/false, yes/no, on/off, 1/0 as text, and from the numbers 1 and 0.
 * - string: from numbers and booleans. null: from empty text and `null`.
 * - array: from its JSON text; any other value but null becomes the one item.
 * - object: from its JSON text.
 */
export function coerceTo(type: TypeName, value: unknown, reading: Reading = "strict"): unknown {
  if (isOfType(type, value)) return value;
  switch (type) {
    case "number":
      return typeof value === "string" ? numberFrom(value, reading) : undefined;
    case "integer": {
      const number = typeof value === "string" ? numberFrom(value, reading) : undefined;
      return number !== undefined && Number.isSafeInteger(number) ? number : undefined;
    }
    case "boolean":
      return booleanFrom(value);
    case "string":
      return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
    case "null":
      return value === "" || (typeof value === "string" && value.trim().toLowerCase() === "null") ? null : undefined;
    case "array": {
      const parsed = jsonFrom(value, "[");
      if (parsed !== undefined) return parsed;
      return value === null || value === undefined ? undefined : [value];
    }
    case "object":
      return jsonFrom(value, "{");
  }
}

const NUMBER = String.raw`[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][+-]?\d+)?|[+-]?\.\d+`;
const STRICT = new RegExp(`^(?:${NUMBER})$`);
// A unit has a letter, a currency sign or a percent sign; `3/4` and `1-2` are no number.
const LOOSE = new RegExp(
  String.raw`^(?:about |approx\.? |approximately |around |~ ?)?\p{Sc}?\s*(${NUMBER})(?:\s*(?:%|°|\p{Sc}|\p{L})[\p{L}\p{Sc}%°²³./ ]*)?$`,
  "iu",
);
// Enough for every number, and too little for a slow match.
const LONGEST_NUMBER = 100;

function numberFrom(text: string, reading: Reading): number | undefined {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST_NUMBER) return undefined;
  const found = STRICT.test(trimmed) ? trimmed : reading === "loose" ? LOOSE.exec(trimmed)?.[1] : undefined;
  const number = found === undefined ? Number.NaN : Number(found.replaceAll(",", ""));
  return Number.isFinite(number) ? number : undefined;
}

function booleanFrom(value: unknown): boolean | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim().toLowerCase();
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

function jsonFrom(value: unknown, start: "[" | "{"): unknown {
  if (typeof value !== "string" || !value.trim().startsWith(start)) return undefined;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}
