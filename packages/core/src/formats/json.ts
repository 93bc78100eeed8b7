import { findJsonProblem } from "./json-error.js";
import { checkedText, syntaxError, type Format, type FormatLimits, type StringifyOptions } from "./format.js";
import { checkSize, plainCopy } from "./plain.js";

/** Reads JSON strictly (RFC 8259; the last of equal keys wins). Synchronous: it needs no library. */
export function parseJson(text: string, limits?: FormatLimits): unknown {
  const json = checkedText("json", text, limits);
  let value: unknown;
  try {
    value = JSON.parse(json) as unknown;
  } catch {
    const { reason, offset } = findJsonProblem(json) ?? { reason: "it cannot be read", offset: 0 };
    throw syntaxError("json", reason, json, offset);
  }
  checkSize("json", value, limits);
  return value;
}

/** Writes JSON. Integers beyond 2^53, NaN and infinities are refused, not changed. */
export function stringifyJson(value: unknown, options: StringifyOptions = {}): string {
  return JSON.stringify(
    plainCopy("json", value, { ...options, finite: true }),
    null,
    Math.min(options.indent ?? 0, 10),
  );
}

export const json: Format = {
  parse: async (text, options) => parseJson(text, options),
  stringify: async (value, options) => stringifyJson(value, options),
};
