import { SpellError } from "@llmspell/errors";

/** The formats that {@link formats} reads and writes. */
export type FormatName = "json" | "yaml" | "xml" | "csv" | "markdown";

/** Bounds of what is read or written; going over one is `VALIDATION_FAILED` with `details.limit` naming it. */
export interface FormatLimits {
  /** Characters of text; 10,000,000 by default. */
  maxLength?: number;
  /** Levels of lists and objects inside each other; 100 by default, at most 300. */
  maxDepth?: number;
  /** Values in all, those inside others included; 1,000,000 by default. */
  maxValues?: number;
}

/** What is read of a table as text. */
export interface CsvOptions {
  /** What stands between cells; `,` by default. `auto` finds out when reading. */
  delimiter?: string;
  /** Whether the first row names the columns; true by default. */
  header?: boolean;
}

/** How text is read. Only CSV has options beyond the limits. */
export type ParseOptions = FormatLimits & CsvOptions;

/** How a value is written. */
export interface StringifyOptions extends FormatLimits, CsvOptions {
  /** Spaces for each level; JSON has 0 by default, YAML and XML 2. */
  indent?: number;
  /** Writes the keys of objects in sorted order, so that equal data gives equal text. */
  sortKeys?: boolean;
  /** Name of the element around a value that is not an object of one key; `root` by default (XML). */
  root?: string;
}

/** One format: text to plain data and back. */
export interface Format {
  /**
   * @throws SpellError `SYNTAX_ERROR` with `{format, line, column, offset}` where known (line
   *   and column count from 1), or `VALIDATION_FAILED` with `{format, limit}`.
   */
  parse(text: string, options?: ParseOptions): Promise<unknown>;
  /** @throws SpellError `INVALID_ARGUMENT` naming the path of a value that the format cannot say. */
  stringify(value: unknown, options?: StringifyOptions): Promise<string>;
}

const TITLES: Readonly<Record<FormatName, string>> = {
  json: "JSON",
  yaml: "YAML",
  xml: "XML",
  csv: "CSV",
  markdown: "Markdown",
};

export const titleOf = (format: FormatName): string => TITLES[format];

/** A syntax error at `offset` of `text`, or without a place. */
export function syntaxError(format: FormatName, reason: string, text: string, offset?: number): SpellError {
  const place = offset === undefined ? undefined : placeOf(text, offset);
  const where = place === undefined ? "" : ` (line ${place.line}, column ${place.column})`;
  const details = { format, ...place };
  return new SpellError("SYNTAX_ERROR", `this is not ${TITLES[format]}: ${reason}${where}`, { details });
}

/** Line and column of a character, both from 1. */
function placeOf(text: string, offset: number): { offset: number; line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { offset, line: before.split("\n").length, column: offset - lineStart + 1 };
}

/** The error of a bound that `format` met. */
export function overLimit(format: FormatName, limit: keyof FormatLimits | "time", reason: string): SpellError {
  return new SpellError("VALIDATION_FAILED", `this ${TITLES[format]} cannot be used: ${reason}`, {
    details: { format, limit },
  });
}

const DEFAULTS: Required<FormatLimits> = { maxLength: 10_000_000, maxDepth: 100, maxValues: 1_000_000 };

// Libraries recurse, and a full stack is nothing to recover from.
const DEEPEST = 300;

/** `limits` with the defaults filled in. */
export const withDefaults = ({ maxLength, maxDepth, maxValues }: FormatLimits = {}): Required<FormatLimits> => ({
  maxLength: maxLength ?? DEFAULTS.maxLength,
  maxDepth: Math.min(maxDepth ?? DEFAULTS.maxDepth, DEEPEST),
  maxValues: maxValues ?? DEFAULTS.maxValues,
});

/** `text` without a byte order mark, when it is not too long. */
export function checkedText(format: FormatName, text: string, limits: FormatLimits | undefined): string {
  const { maxLength } = withDefaults(limits);
  if (text.length > maxLength)
    throw overLimit(format, "maxLength", `it has ${text.length} characters, more than ${maxLength}`);
  return text.startsWith("\uFEFF") ? text.slice(1) : text;
}

/** @throws SpellError when `depth` is more than the limit. */
export function checkDepth(format: FormatName, depth: number, limits: FormatLimits | undefined): void {
  const { maxDepth } = withDefaults(limits);
  if (depth > maxDepth) throw overLimit(format, "maxDepth", `it is nested more than ${maxDepth} levels deep`);
}
