import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { checkedText, overLimit, syntaxError, withDefaults, type CsvOptions, type Format } from "./format.js";
import { plainCopy } from "./plain.js";
import { timedParse } from "./timed-parse.js";

/**
 * CSV (RFC 4180). With a header row a list of objects, else a list of lists; every cell is a
 * string. Every row must have as many cells as the first; lines without any text are passed over.
 *
 * Writing takes a list of objects (the columns are all their keys, in the order of their first
 * appearance), a list of lists, or one object as one row; null is an empty cell, lists and
 * objects in a cell are written as JSON.
 */
export const csv: Format = {
  async parse(text, options = {}) {
    const source = checkedText("csv", text, options);
    const { default: papaparse } = await import("papaparse");
    const delimiter = options.delimiter === "auto" ? "" : delimiterOf(options);
    return timedParse("csv", () => {
      const { data, errors } = papaparse.parse<string[]>(source, { delimiter, skipEmptyLines: "greedy" });
      const problem = errors.find(({ type }) => type === "Quotes");
      if (problem !== undefined) throw syntaxError("csv", problem.message.toLowerCase(), source, problem.index);
      const { maxValues } = withDefaults(options);
      const [first = []] = data;
      if (data.length * (first.length + 1) > maxValues)
        throw overLimit("csv", "maxValues", `it has more than ${maxValues} values`);
      const uneven = data.findIndex((row) => row.length !== first.length);
      if (uneven >= 0) {
        const counts = `has ${data[uneven]?.length} cells where the first has ${first.length}`;
        throw syntaxError("csv", `row ${uneven + 1} ${counts}`, source);
      }
      if (options.header === false) return data;
      const columns = columnNames(first, source);
      return data.slice(1).map((row) => Object.fromEntries(row.map((cell, i) => [columns[i] ?? "", cell])));
    });
  },

  async stringify(value, options = {}) {
    const delimiter = delimiterOf(options);
    const { default: papaparse } = await import("papaparse");
    const { columns, rows } = tableOf(plainCopy("csv", value, options));
    const lines = columns === undefined || options.header === false ? rows : [columns, ...rows];
    return rows.length === 0 ? "" : `${papaparse.unparse(lines, { delimiter, newline: "\r\n" })}\r\n`;
  },
};

function delimiterOf({ delimiter = "," }: CsvOptions): string {
  if (delimiter.length === 1 && !/["\r\n\uFEFF]/.test(delimiter)) return delimiter;
  throw new SpellError(
    "INVALID_ARGUMENT",
    "the delimiter of CSV must be one character other than a quote or the end of a line",
  );
}

function columnNames(header: readonly string[], source: string): string[] {
  const names = header.map((name) => name.trim());
  const seen = new Set<string>();
  const repeated = names.find((name) => seen.size === seen.add(name).size);
  if (repeated !== undefined) throw syntaxError("csv", `two columns are named '${repeated}'`, source, 0);
  return names;
}

/** Rows of text, with names of the columns when the rows are objects. */
export function tableOf(value: unknown): { columns?: string[]; rows: string[][] } {
  const list = Array.isArray(value) ? value : [value];
  if (list.every(isRecord)) {
    const columns = [...new Set(list.flatMap((row) => Object.keys(row)))];
    checkCells(list.length * columns.length);
    const cellOf = (row: Record<string, unknown>, name: string): string =>
      Object.hasOwn(row, name) ? cell(row[name]) : "";
    return { columns, rows: list.map((row) => columns.map((name) => cellOf(row, name))) };
  }
  if (Array.isArray(value) && list.every(Array.isArray)) return { rows: list.map((row: unknown[]) => row.map(cell)) };
  throw new SpellError("INVALID_ARGUMENT", "a table must be a list of objects or a list of lists");
}

/** Cells of a table: rows that each have a column of their own make a square of them. */
const MOST_CELLS = 1_000_000;

/** @throws SpellError `TOO_LARGE`. */
export function checkCells(cells: number): void {
  if (cells > MOST_CELLS)
    throw new SpellError("TOO_LARGE", `a table of ${cells} cells is too large, at most ${MOST_CELLS}`, {
      details: { limit: MOST_CELLS },
    });
}

function cell(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
