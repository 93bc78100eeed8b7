import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { formats } from "../formats/formats.js";
import { readCorpus } from "../testing/corpus.js";
import { extractCodeBlocks } from "./fences.js";
import { createOutputParsers } from "./parsers.js";
import {
  extractKeyValues,
  extractLists,
  extractTables,
  parseCsvAnswer,
  parseXmlAnswer,
  parseYamlAnswer,
} from "./text-parsers.js";

const corpus = (name: string): ReturnType<typeof readCorpus> =>
  readCorpus(new URL(`corpus/${name}.txt`, import.meta.url));

const readers: [string, (text: string) => unknown][] = [
  ["yaml", parseYamlAnswer],
  ["xml", parseXmlAnswer],
  ["csv", parseCsvAnswer],
  ["markdown", (text) => formats.markdown.parse(text)],
  ["tables", extractTables],
  ["lists", extractLists],
  ["key-values", extractKeyValues],
  ["code", (text) => extractCodeBlocks(text)],
];

describe.each(readers)("%s", (name, read) => {
  it.each(corpus(name))(`OUT-4: ${name}: $name`, async ({ text, expected }) => {
    expect(await read(text)).toEqual(expected);
  });
});

describe("answers that cannot be read", () => {
  it("OUT-4: XML with a document type is refused, in a fence too", async () => {
    const hostile = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>';
    await expect(parseXmlAnswer(hostile)).rejects.toThrow("document type declarations are not read");
    await expect(parseXmlAnswer(`\`\`\`xml\n${hostile}\n\`\`\``)).rejects.toThrow("document type declarations");
  });

  it("the error is the one of what the model wrote", async () => {
    await expect(parseYamlAnswer("a: [1")).rejects.toMatchObject({ code: "SYNTAX_ERROR", details: { line: 1 } });
    await expect(parseXmlAnswer("no xml")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    await expect(parseCsvAnswer('a,b\n"1,2')).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
  });

  it("only blocks of the wanted language", () => {
    expect(extractCodeBlocks("```js\na\n```\n```PY\nb\n```", "py")).toEqual([{ language: "PY", code: "b" }]);
  });
});

describe("createOutputParsers", () => {
  it.each(corpus("formats"))("OUT-1: detects $name", async ({ text, expected }) => {
    const { format, confidence } = await createOutputParsers().detect(text);
    expect(format).toBe(expected);
    expect(confidence).toBeGreaterThan(0);
    expect(confidence).toBeLessThanOrEqual(1);
    expect((await createOutputParsers().parse(text)).format).toBe(expected);
  });

  it("OUT-1: a letter is no CSV, though each of its lines has a comma", async () => {
    const letter = "Dear Ada,\nthank you, see you soon.\nYours, Bob";
    expect((await createOutputParsers().detect(letter)).format).toBe("plain");
  });

  it("OUT-1: unknown text is plain, with little confidence", async () => {
    expect(await createOutputParsers().parse("Paris, of course.")).toEqual({
      format: "plain",
      confidence: 0.25,
      value: "Paris, of course.",
    });
  });

  it("OUT-1: takes parsers of one's own, which may fail", async () => {
    const parsers = createOutputParsers();
    const sql = {
      name: "sql",
      detect: (text: string) => (text.startsWith("SELECT") ? 1 : 0),
      parse: (text: string) => ({ query: text }),
    };
    parsers.register(sql);
    expect(parsers.names()).toEqual([
      "json",
      "xml",
      "yaml",
      "csv",
      "table",
      "code",
      "list",
      "key_value",
      "markdown",
      "plain",
      "sql",
    ]);
    expect(await parsers.parse("SELECT 1")).toEqual({ format: "sql", confidence: 1, value: { query: "SELECT 1" } });
    expect(() => parsers.register(sql)).toThrow("there is a parser 'sql' already");
    parsers.register({
      name: "picky",
      detect: () => 1,
      parse: () => Promise.reject(new SpellError("SYNTAX_ERROR", "no")),
    });
    expect((await parsers.parse("hello")).format).toBe("plain");
    parsers.register({
      name: "broken",
      detect: () => 1,
      parse() {
        throw new TypeError("defect");
      },
    });
    await expect(parsers.parse("hello")).rejects.toThrow("defect");
  });

  it("a parser that never ends is stopped", async () => {
    const parsers = createOutputParsers();
    const forever = (): never => {
      for (;;);
    };
    parsers.register({ name: "slow", detect: (text) => (text === "detect" ? forever() : 0), parse: forever });
    expect((await parsers.detect("detect")).format).toBe("plain");
    await expect(parsers.parse("x", "slow")).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("reads a given format or says why not", async () => {
    const parsers = createOutputParsers();
    expect((await parsers.parse('{"a": 1}', "json")).value).toEqual({ a: 1 });
    await expect(parsers.parse("hello", "json")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
    await expect(parsers.parse("hello", "jsn")).rejects.toThrow("there is no parser 'jsn', did you mean 'json'?");
  });

  it.each([
    "<think>".repeat(50_000),
    "**a ".repeat(50_000),
    "[a".repeat(100_000),
    `- ${"- ".repeat(20_000)}`,
    "|".repeat(100_000),
    `a: ${"b: ".repeat(50_000)}`,
    "```".repeat(50_000),
    "\n".repeat(200_000),
    `${" ".repeat(200_000)}x`,
    "<a ".repeat(50_000),
  ])("hostile text ends (%#)", async (text) => {
    expect((await createOutputParsers().parse(text)).format).toMatch(/^\w+$/);
  });
});
