import { toSpellError } from "@llmspell/errors";
import { checkCells } from "../formats/csv.js";
import { formats } from "../formats/formats.js";
import type { MarkdownBlock } from "../formats/markdown.js";
import { parseMarkdown } from "../formats/markdown.js";
import { cleanAnswer } from "./clean.js";
import { fencesOf } from "./fences.js";

/** A table found in a text. */
export interface FoundTable {
  headers: string[];
  rows: string[][];
}

/** The code of the first fence of one of `languages`, of a fence around everything, else the text. */
function bodyOf(text: string, languages: RegExp): string {
  const cleaned = cleanAnswer(text);
  const fences = fencesOf(cleaned);
  const named = fences.find(({ language }) => language !== undefined && languages.test(language));
  const only = fences.length === 1 && fences[0]?.language === undefined ? fences[0] : undefined;
  return (named ?? only)?.code ?? cleaned;
}

/**
 * YAML of a model's answer, in a fence or bare. Tabs that indent, and values that hold `: ` or
 * start with a sign of YAML's own, are read as they were meant.
 *
 * @throws SpellError as `formats.yaml.parse` does.
 */
export async function parseYamlAnswer(text: string): Promise<unknown> {
  const body = bodyOf(text, /^ya?ml$/i);
  try {
    return await formats.yaml.parse(body);
  } catch (error) {
    if (toSpellError(error).code !== "SYNTAX_ERROR") throw error;
    const quoted = body
      .split("\n")
      .map((line) => line.replace(/^\t+/, (tabs) => "  ".repeat(tabs.length)))
      .map((line) =>
        line.replace(
          /^(\s*(?:- )?[\w -]+:[ \t]+)(?!["'[{|>&*!])(.*(?::\s|\s#).*|[@`%].*)$/,
          (_, key: string, value: string) => `${key}${JSON.stringify(value.trim())}`,
        ),
      );
    // The first error says what is wrong with what the model wrote.
    return await formats.yaml.parse(quoted.join("\n")).catch(() => Promise.reject(error));
  }
}

/**
 * XML of a model's answer, in a fence, bare or in prose; `&` may stand for itself.
 *
 * @throws SpellError as `formats.xml.parse` does.
 */
export async function parseXmlAnswer(text: string): Promise<unknown> {
  const body = bodyOf(text, /^(?:xml|html|svg)$/i);
  const start = /<(?:\?xml\b|!DOCTYPE\b|[\p{L}_][\p{L}\p{N}_:.-]*)/iu.exec(body)?.index ?? 0;
  const xml = body.slice(start, body.lastIndexOf(">") + 1);
  const parts = xml.split(/(<!\[CDATA\[[^]*?\]\]>)/);
  const bare = /&(?!(?:\w{1,32}|#\d{1,7}|#x[\da-f]{1,6});)/gi;
  return await formats.xml.parse(
    parts.map((part, i) => (i % 2 === 1 ? part : part.replaceAll(bare, "&amp;"))).join(""),
  );
}

/**
 * CSV of a model's answer as rows: in a fence, bare or after prose; the delimiter is found out.
 *
 * @throws SpellError as `formats.csv.parse` does.
 */
export async function parseCsvAnswer(text: string): Promise<unknown> {
  const body = bodyOf(text, /^(?:csv|tsv)$/i);
  return await formats.csv.parse(rowsOf(body) ?? body, { delimiter: "auto" });
}

/** The longest run of lines that hold equally many delimiters. */
function rowsOf(text: string): string | undefined {
  if (text.includes('"')) return undefined;
  const lines = text.split("\n");
  const runs = [",", ";", "\t", "|"].flatMap((delimiter) => {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    const found: string[][] = [];
    for (let i = 0; i < lines.length; i++) {
      const isNext = counts[i] !== 0 && counts[i] === counts[i - 1];
      if (isNext) found.at(-1)?.push(lines[i] ?? "");
      else found.push(counts[i] === 0 ? [] : [lines[i] ?? ""]);
    }
    return found;
  });
  const longest = runs.toSorted((a, b) => b.length - a.length)[0];
  return longest !== undefined && longest.length > 1 ? longest.join("\n") : undefined;
}

const BORDER = /^[\s|+\-=:│┃┌┐└┘├┤┬┴┼─━═║╔╗╚╝╠╣╦╩╬╪╫╞╡]*$/;

/**
 * The tables of a text: of Markdown, with or without outer bars, and drawn with signs.
 *
 * @throws SpellError `TOO_LARGE` for more than a million cells.
 */
export function extractTables(text: string): FoundTable[] {
  const tables: string[][][] = [];
  let rows: string[][] = [];
  const end = (): void => {
    if (rows.length > 1) tables.push(rows);
    rows = [];
  };
  for (const raw of text.replaceAll(/[│┃║]/g, "|").split("\n")) {
    const line = raw.trim();
    if (line !== "" && BORDER.test(line)) continue;
    const width = rows[0]?.length;
    const split = cellsOf(line);
    // A bar in code is often not escaped.
    const cells =
      width !== undefined && split.length > width ? cellsOf(line.replaceAll(/`[^`]+`/g, escapedBars)) : split;
    if (cells.length < 2 && !(line.startsWith("|") && line.endsWith("|") && line.length > 1)) end();
    else if (width !== undefined && cells.length > width) {
      end();
      rows.push(cells);
    } else rows.push(cells);
  }
  end();
  checkCells(tables.reduce((sum, table) => sum + table.length * (table[0]?.length ?? 0), 0));
  return tables.map(([headers = [], ...others]) => ({
    headers,
    // A row that ends early has empty cells.
    rows: others.map((row) => headers.map((_, i) => row[i] ?? "")),
  }));
}

const escapedBars = (code: string): string => code.replaceAll(/(?<!\\)\|/g, String.raw`\|`);

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll(String.raw`\|`, "|"));
  if (cells[0] === "" && cells.length > 1) cells.shift();
  if (cells.at(-1) === "" && cells.length > 1) cells.pop();
  return cells;
}

/** The lists of a text, each with the texts of its items; a list in an item follows as its own. */
export async function extractLists(text: string): Promise<string[][]> {
  const { blocks } = await parseMarkdown(withPlainBullets(cleanAnswer(text)));
  const found: string[][] = [];
  const visit = (inner: readonly MarkdownBlock[]): void => {
    for (const block of inner) {
      if (block.type === "quote") visit(block.blocks);
      if (block.type !== "list") continue;
      found.push(block.items.map((item) => withoutMarks(item.text)));
      for (const item of block.items) visit(item.blocks ?? []);
    }
  };
  visit(blocks);
  return found;
}

/** Marks that Markdown does not know, as marks that it knows. */
const withPlainBullets = (text: string): string =>
  text
    .replaceAll(/^([ \t]*)[•◦‣▪●○·–—→►✓✔☐☑][ \t]*(?=\S)/gm, "$1- ")
    .replaceAll(/^([ \t]*)\(?(\d{1,3})\)[ \t]+/gm, "$1$2. ")
    .replaceAll(/^([ \t]*)\(?[a-z][.)][ \t]+(?=\S)/gm, "$1- ");

/** A text without the inline marks of Markdown. */
export const withoutMarks = (text: string): string => (text.length > LONGEST_LINE ? text : plainText(text)).trim();

// Beyond it is no line that somebody wrote, and matching would take long.
const LONGEST_LINE = 5000;

const plainText = (text: string): string =>
  text
    .replaceAll(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, "$2")
    .replaceAll(/(?<![\w*])([*_])(?=\S)([^*_\n]+?)(?<=\S)\1(?![\w*])/g, "$2")
    .replaceAll(/`([^`\n]+)`/g, "$1")
    .replaceAll(/\[([^\]\n]+)\]\([^)\n]*\)/g, "$1");

const PAIR =
  /^\s*(?:[-*+•]\s+|\d+[.)]\s+)?(\*\*|__|`)?([\p{L}_][\p{L}\p{N} _./()'-]{0,60}?)\s*(?:\1)?\s*(?::(?!\/\/)|=(?!=)|→|\s–\s)\s*(?:\1)?\s*(\S.*)?$/u;

/**
 * The pairs of lines like `Key: value`, `**Key**: value`, `- key = value`. A value can go on in
 * indented lines. The values of a key that is there several times become a list.
 */
export function extractKeyValues(text: string): Record<string, string | string[]> {
  // Of each value its lines.
  const found = new Map<string, string[][]>();
  let last: string[] | undefined;
  for (const line of cleanAnswer(text).split("\n")) {
    const [, , key, value = ""] = PAIR.exec(line) ?? [];
    if (key !== undefined) {
      last = [withoutMarks(value)];
      const values = found.get(key);
      if (values === undefined) found.set(key, [last]);
      else values.push(last);
    } else if (last !== undefined && /^\s{2,}\S/.test(line)) last.push(withoutMarks(line));
    else last = undefined;
  }
  return Object.fromEntries(
    [...found].map(([key, lines]) => {
      const values = lines.map((each) => each.join(" ").trim());
      return [key, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}
