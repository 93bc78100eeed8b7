import type { Token, Tokens } from "marked";
import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { tableOf } from "./csv.js";
import { checkDepth, checkedText, syntaxError, type Format, type FormatLimits, type ParseOptions } from "./format.js";
import { plainCopy } from "./plain.js";
import { timedParse } from "./timed-parse.js";
import { yaml } from "./yaml.js";

/** One item of a list; `checked` is there for a task. */
export interface MarkdownItem {
  text: string;
  checked?: boolean;
  /** Lists, code and other blocks inside the item. */
  blocks?: MarkdownBlock[];
}

/** One block. Texts keep their inline marks, such as `**bold**`. */
export type MarkdownBlock =
  | { type: "heading"; level: number; text: string }
  | { type: "paragraph"; text: string }
  | { type: "list"; ordered: boolean; items: MarkdownItem[] }
  | { type: "table"; headers: string[]; rows: string[][] }
  | { type: "code"; language?: string; code: string }
  | { type: "quote"; blocks: MarkdownBlock[] }
  | { type: "html"; text: string }
  | { type: "rule" };

/** A page: its front matter (YAML between `---` lines) and its blocks in order. */
export interface MarkdownPage {
  frontMatter?: unknown;
  blocks: MarkdownBlock[];
}

/**
 * Markdown (CommonMark with tables and tasks) as {@link MarkdownPage}. Writing takes such a
 * page, or a list of objects or lists, which becomes a table.
 */
export const markdown: Format = {
  parse: parseMarkdown,
  async stringify(value, options = {}) {
    const plain = plainCopy("markdown", value, options);
    const page = isPage(plain) ? plain : { blocks: [tableBlock(plain)] };
    const front = Object.hasOwn(page, "frontMatter") ? `---\n${await yaml.stringify(page.frontMatter)}---\n\n` : "";
    return `${front}${writeBlocks(page.blocks)}\n`;
  },
};

/** Reads a page; the typed form of `markdown.parse`. */
export async function parseMarkdown(text: string, options?: ParseOptions): Promise<MarkdownPage> {
  const source = checkedText("markdown", text, options).replaceAll("\r\n", "\n");
  const { Lexer } = await import("marked");
  const [, front] = /^---\n((?:[^]*?\n)??)---(?:\n|$)/.exec(source) ?? [];
  const matter = front === undefined ? {} : { frontMatter: await frontMatter(front, source, options) };
  const body = front === undefined ? source : source.slice(front.length + 8);
  checkNesting(body, options);
  // Blocks only: inline marks stay as they are.
  const blocks = timedParse("markdown", () => new Lexer({ gfm: true }).blockTokens(body, []).flatMap(block));
  return { ...matter, blocks: plainCopy("markdown", blocks, options) as MarkdownBlock[] };
}

async function frontMatter(text: string, source: string, options: FormatLimits | undefined): Promise<unknown> {
  try {
    return await yaml.parse(text, options);
  } catch (error) {
    if (!(error instanceof SpellError) || error.code !== "SYNTAX_ERROR") throw error;
    const offset = error.details["offset"];
    throw syntaxError("markdown", error.message, source, typeof offset === "number" ? offset + 4 : 0);
  }
}

// The library's recursion has to be bounded before it starts. Each level of quotes and
// lists needs a mark or two columns of indentation in some line.
function checkNesting(source: string, limits: FormatLimits | undefined): void {
  for (const [prefix] of source.matchAll(/^(?:[ \t>]|[-*+](?=[ \t\n]|$)|\d{1,9}[.)](?=[ \t\n]|$))+/gm)) {
    const marks = prefix.match(/[>*+-]|[.)]/g)?.length ?? 0;
    const indentation = /^[ \t]*/.exec(prefix.replaceAll("\t", "    "))?.[0].length ?? 0;
    checkDepth("markdown", (marks + Math.floor(indentation / 2)) / 2, limits);
  }
}

function block(token: Token): MarkdownBlock[] {
  switch (token.type) {
    case "heading": {
      const { depth, text } = token as Tokens.Heading;
      return [{ type: "heading", level: depth, text }];
    }
    case "list": {
      const { ordered, items } = token as Tokens.List;
      return [{ type: "list", ordered, items: items.map(item) }];
    }
    case "table": {
      const { header, rows } = token as Tokens.Table;
      return [
        {
          type: "table",
          headers: header.map(({ text }) => text),
          rows: rows.map((row) => row.map(({ text }) => text)),
        },
      ];
    }
    case "code": {
      const { lang = "", text } = token as Tokens.Code;
      const [language = ""] = lang.trim().split(/\s/);
      return [{ type: "code", ...(language === "" ? {} : { language }), code: text }];
    }
    case "blockquote":
      return [{ type: "quote", blocks: (token as Tokens.Blockquote).tokens.flatMap(block) }];
    case "hr":
      return [{ type: "rule" }];
    case "space":
    case "def":
    case "checkbox":
      return [];
    case "html":
      return [{ type: "html", text: token.raw.trim() }];
    default:
      return [{ type: "paragraph", text: "text" in token ? String(token.text) : token.raw }];
  }
}

function item({ tokens, task, checked }: Tokens.ListItem): MarkdownItem {
  const [first, ...others] = tokens.flatMap(block);
  const text = first?.type === "paragraph" ? first.text.trim() : "";
  const blocks = first === undefined || first.type === "paragraph" ? others : [first, ...others];
  return { text, ...(task ? { checked: checked ?? false } : {}), ...(blocks.length === 0 ? {} : { blocks }) };
}

function isPage(value: unknown): value is MarkdownPage {
  return (
    isRecord(value) &&
    Array.isArray(value["blocks"]) &&
    value["blocks"].every((part) => isRecord(part) && typeof part["type"] === "string")
  );
}

function tableBlock(value: unknown): MarkdownBlock {
  const { columns, rows } = tableOf(value);
  const [first = [], ...others] = rows;
  return columns === undefined
    ? { type: "table", headers: first, rows: others }
    : { type: "table", headers: columns, rows };
}

const writeBlocks = (blocks: readonly MarkdownBlock[]): string => blocks.map(writeBlock).join("\n\n");

function writeBlock(part: MarkdownBlock): string {
  switch (part.type) {
    case "heading":
      return `${"#".repeat(Math.max(1, Math.min(6, part.level)))} ${oneLine(part.text)}`;
    case "paragraph":
    case "html":
      return part.text;
    case "list":
      return part.items.map((entry, i) => writeItem(entry, part.ordered ? `${i + 1}. ` : "- ")).join("\n");
    case "table":
      return writeTable(part);
    case "code": {
      // Longer than every fence inside.
      const longest = Math.max(2, ...[...part.code.matchAll(/`+/g)].map(([ticks]) => ticks.length));
      const fence = "`".repeat(longest + 1);
      return `${fence}${part.language ?? ""}\n${part.code}\n${fence}`;
    }
    case "quote":
      return writeBlocks(part.blocks).replaceAll(/^/gm, "> ").replaceAll(/^> $/gm, ">");
    case "rule":
      return "---";
    default:
      throw new SpellError("INVALID_ARGUMENT", `Markdown has no block '${String((part as { type: unknown }).type)}'`);
  }
}

function writeItem({ text, checked, blocks = [] }: MarkdownItem, mark: string): string {
  const task = checked === undefined ? "" : checked ? "[x] " : "[ ] ";
  const inner = blocks.length === 0 ? "" : `\n${writeBlocks(blocks)}`;
  return `${mark}${task}${text}${inner}`.replaceAll("\n", `\n${" ".repeat(mark.length)}`);
}

function writeTable({ headers, rows }: { headers: readonly string[]; rows: readonly (readonly string[])[] }): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(writeCell).join(" | ")} |`;
  return [line(headers), `|${" --- |".repeat(headers.length)}`, ...rows.map(line)].join("\n");
}

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, " ");
const writeCell = (text: string): string => oneLine(text).replaceAll("|", String.raw`\|`);
