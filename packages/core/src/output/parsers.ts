import { SpellError, isSpellError } from "@llmspell/errors";
import { formats } from "../formats/formats.js";
import { didYouMean } from "../suggest.js";
import { TIME_LIMIT_MS, isTimeLimit, timed } from "../time-limit.js";
import { cleanAnswer } from "./clean.js";
import { extractCodeBlocks, fencesOf } from "./fences.js";
import { findJson, readJson } from "./json-answer.js";
import {
  extractKeyValues,
  extractLists,
  extractTables,
  parseCsvAnswer,
  parseXmlAnswer,
  parseYamlAnswer,
} from "./text-parsers.js";

/** One way to read an answer. */
export interface OutputParser {
  readonly name: string;
  /** How likely `text` is in this format, from 0 to 1; it gets the first 50,000 characters. */
  detect(text: string): number | Promise<number>;
  /** @throws SpellError `SYNTAX_ERROR` when it is not. */
  parse(text: string): unknown;
}

/** A format with how likely it is, from 0 to 1. */
export interface DetectedFormat {
  format: string;
  confidence: number;
}

/** An answer that was read. */
export interface ParsedOutput extends DetectedFormat {
  value: unknown;
}

/** Parsers by name. */
export interface OutputParsers {
  /** @throws SpellError `ALREADY_EXISTS`. */
  register(parser: OutputParser): void;
  names(): string[];
  /** The likeliest format; `plain` when it is none. */
  detect(text: string): Promise<DetectedFormat>;
  /**
   * Reads `text` in a format, or in the likeliest that can read it, at last as plain text.
   *
   * @throws SpellError `NOT_FOUND` for an unknown format, what the parser throws for a given one.
   */
  parse(text: string, format?: string): Promise<ParsedOutput>;
}

// The format of an answer shows in its first characters.
const LOOKED_AT = 50_000;

/** Parsers for json, yaml, xml, csv, markdown, table, list, key_value, code and plain. */
export function createOutputParsers(): OutputParsers {
  const parsers = new Map(BUILT_IN.map((parser) => [parser.name, parser]));

  const detect = async (parser: OutputParser, text: string): Promise<number> => {
    try {
      return await timed(() => parser.detect(text.slice(0, LOOKED_AT)));
    } catch (error) {
      if (isTimeLimit(error)) return 0;
      throw error;
    }
  };

  const read = async (parser: OutputParser, text: string): Promise<unknown> => {
    const tooLong = `reading '${parser.name}' takes longer than ${TIME_LIMIT_MS} ms`;
    return await timed(
      () => parser.parse(text),
      () => new SpellError("VALIDATION_FAILED", tooLong),
    );
  };

  const ranked = async (text: string): Promise<{ parser: OutputParser; confidence: number }[]> => {
    const all = await Promise.all(
      [...parsers.values()].map(async (parser) => ({ parser, confidence: await detect(parser, text) })),
    );
    return all.filter(({ confidence }) => confidence > 0).toSorted((a, b) => b.confidence - a.confidence);
  };

  return {
    register(parser) {
      if (parsers.has(parser.name))
        throw new SpellError("ALREADY_EXISTS", `there is a parser '${parser.name}' already`, {
          details: { name: parser.name },
        });
      parsers.set(parser.name, parser);
    },

    names: () => [...parsers.keys()],

    async detect(text) {
      const [best] = await ranked(text);
      return { format: best?.parser.name ?? "plain", confidence: best?.confidence ?? 0 };
    },

    async parse(text, format = "auto") {
      if (format !== "auto") {
        const parser = parsers.get(format);
        if (parser === undefined)
          throw new SpellError("NOT_FOUND", `there is no parser '${format}'${didYouMean(format, [...parsers.keys()])}`);
        return { format, confidence: await detect(parser, text), value: await read(parser, text) };
      }
      for (const { parser, confidence } of await ranked(text)) {
        try {
          return { format: parser.name, confidence, value: await read(parser, text) };
        } catch (error) {
          if (!isSpellError(error)) throw error;
        }
      }
      return { format: "plain", confidence: 0, value: text };
    },
  };
}

const linesOf = (text: string): string[] =>
  cleanAnswer(text)
    .split("\n")
    .filter((line) => line.trim() !== "");
const fractionOf = (lines: readonly string[], pattern: RegExp): number =>
  lines.length === 0 ? 0 : lines.filter((line) => pattern.test(line)).length / lines.length;
const isFencedAs = (text: string, language: RegExp): boolean =>
  fencesOf(cleanAnswer(text)).some((fence) => fence.language !== undefined && language.test(fence.language));

const KEY_LINE = /^\s*(?:- )?["']?[\w][\w .-]{0,60}["']?:(?:\s|$)/;
const BULLET = /^\s*(?:[-*+•◦‣–]|\d{1,3}[.)]|\([a-z\d]{1,3}\))\s+\S/;
const BOLD_KEY = /^\s*(?:[-*•]\s+)?(?:\*\*|__)[^*_]{1,60}?:?(?:\*\*|__):?\s/;

const BUILT_IN: readonly OutputParser[] = [
  {
    name: "json",
    async detect(text) {
      const body = cleanAnswer(text);
      const [found] = await findJson(text).catch(() => []);
      if (found === undefined) return 0;
      if (typeof found.value !== "object" || found.value === null) return 0.6;
      const whole = body.startsWith("```") ? (fencesOf(body)[0]?.code.trim() ?? "") : body;
      if (/^[[{]/.test(whole) && /[\]}]$/.test(whole)) return found.repaired ? 0.9 : 1;
      if (isFencedAs(text, /^json/i)) return 0.95;
      if (/^[[{]/.test(body)) return 0.85;
      const isSmall = JSON.stringify(found.value).length < body.length / 4;
      return isSmall ? 0.3 : 0.75;
    },
    parse: async (text) => (await readJson(text)).value,
  },
  {
    name: "xml",
    detect(text) {
      if (isFencedAs(text, /^xml$/i)) return 0.95;
      const body = cleanAnswer(text);
      const [, root] = /^(?:<\?xml[^>]*>\s*)?(?:<!--[^]*?-->\s*)*<([\p{L}_][\w:.-]*)[^<]*>/u.exec(body) ?? [];
      if (root === undefined) return 0;
      return body.endsWith(`</${root}>`) || body.endsWith("/>") ? 0.95 : 0.4;
    },
    parse: parseXmlAnswer,
  },
  {
    name: "yaml",
    detect(text) {
      if (isFencedAs(text, /^ya?ml$/i)) return 0.95;
      const lines = linesOf(text);
      if (
        cleanAnswer(text).startsWith("---\n") &&
        fractionOf(lines, KEY_LINE) > 0.5 &&
        !/\n---\n[^]*\S/.test(cleanAnswer(text).slice(3))
      )
        return 0.9;
      const shape = fractionOf(lines, /^\s*(?:-\s+\S|["']?\w[\w.-]*["']?:(?:\s|$)|#|-$)/);
      const keys = lines.filter((line) => /^\s*(?:- )?\w[\w.-]*:(?:\s|$)/.test(line)).length;
      if (shape < 1 || keys === 0) return 0;
      const nests = lines.some((line) => /^\s*(?:- )?\w[\w.-]*:\s*[|>]?$/.test(line) || /^\s*- \w[\w.-]*: /.test(line));
      if (nests) return 0.9;
      if (keys === 1) return 0.2;
      return lines.every((line) => /^[a-z][\w.-]*:/.test(line)) ? 0.88 : 0.4;
    },
    parse: parseYamlAnswer,
  },
  {
    name: "csv",
    detect(text) {
      if (isFencedAs(text, /^(?:csv|tsv)$/i)) return 0.95;
      const lines = linesOf(text);
      if (lines.length < 2 || lines.some((line) => BULLET.test(line))) return 0;
      const best = [",", ";", "\t"].map((delimiter) => {
        const counts = lines.map((line) => line.replaceAll(/"(?:[^"]|"")*"/g, "").split(delimiter).length - 1);
        return counts[0] !== undefined && counts[0] > 0 && counts.every((count) => count === counts[0]);
      });
      const isHeader = !/[.!?:,;]\s*$/.test(lines[0] ?? "") && !/\s{2,}|[.!?] /.test(lines[0] ?? "");
      return best.includes(true) && isHeader ? 0.8 : 0;
    },
    parse: parseCsvAnswer,
  },
  {
    name: "table",
    detect(text) {
      if (extractTables(text).length === 0) return 0;
      const share = fractionOf(linesOf(text), /[|│┃║]|^[\s+\-=─━═┌└├╔╚╠]+/);
      return share === 1 ? 0.92 : share > 0.5 ? 0.5 : 0.2;
    },
    parse: extractTables,
  },
  {
    name: "code",
    detect(text) {
      const fences = fencesOf(cleanAnswer(text));
      if (fences.length === 0) return 0;
      const code = fences.reduce((sum, { raw }) => sum + raw.length, 0);
      return code / cleanAnswer(text).length > 0.6 ? 0.85 : 0.4;
    },
    parse: (text) => extractCodeBlocks(text),
  },
  {
    name: "list",
    detect(text) {
      const lines = linesOf(text);
      const share = fractionOf(lines, BULLET);
      if (lines.length < 2 || fractionOf(lines, BOLD_KEY) === 1) return 0;
      return share === 1 ? 0.85 : share > 0.5 ? 0.45 : 0;
    },
    parse: extractLists,
  },
  {
    name: "key_value",
    detect(text) {
      const lines = linesOf(text);
      const share = Math.max(
        fractionOf(
          lines,
          /^\s*(?:[-*•]\s+)?(?:\*\*|__)?[\p{L}][\p{L}\p{N} _-]{0,40}(?:\*\*|__)?(?::| =)(?:\*\*|__)?\s+\S/u,
        ),
        fractionOf(lines, BOLD_KEY),
      );
      if (lines.length < 2 || share < 0.6) return 0;
      return share === 1 ? 0.87 : 0.5;
    },
    parse: extractKeyValues,
  },
  {
    name: "markdown",
    detect(text) {
      const signs = [
        /^#{1,6} \S/m,
        /^\s*[-*+] \S/m,
        /^\s*\d+\. \S/m,
        /^```/m,
        /^\s*\|.*\|\s*$/m,
        /^> /m,
        /\*\*\S[^*\n]*\*\*/,
        /\[[^\]\n]+\]\([^)\n]+\)/,
      ];
      const found = signs.filter((sign) => sign.test(text)).length;
      const hasHeading = signs[0]?.test(text) === true;
      if (found === 0) return 0;
      return Math.min(0.9, (hasHeading ? 0.7 : 0.3) + 0.1 * found);
    },
    parse: (text) => formats.markdown.parse(text),
  },
  { name: "plain", detect: () => 0.25, parse: (text) => text },
];
