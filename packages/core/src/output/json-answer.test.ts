import { describe, expect, it } from "vitest";
import { readCorpus } from "../testing/corpus.js";
import { findJson, readJson } from "./json-answer.js";

const samples = readCorpus(new URL("corpus/json.txt", import.meta.url));

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("readJson", () => {
  it("OUT-2: the corpus has more than a hundred malformed answers", () => {
    expect(samples.filter(({ text }) => !isJson(text)).length).toBeGreaterThan(100);
    expect(new Set(samples.map(({ name }) => name)).size).toBe(samples.length);
  });

  it.each(samples)("OUT-2: $name", async ({ text, expected }) => {
    expect((await readJson(text)).value).toEqual(expected);
  });

  it("says whether it repaired, and does not when told so", async () => {
    expect(await readJson('{"a": 1}')).toEqual({ value: { a: 1 }, repaired: false });
    expect(await readJson('It is {"a": 1}.')).toEqual({ value: { a: 1 }, repaired: false });
    expect(await readJson("{a: 1}")).toEqual({ value: { a: 1 }, repaired: true });
    await expect(readJson("{a: 1}", { repair: false })).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
  });

  it.each([
    "",
    "Hello, world.",
    "I can't do that.",
    "See [the notes] and {nothing here}.",
    "a [b] c",
    "1. one\n2. two",
    "- [ ] a task",
    "if (x) { return y; }",
  ])("finds no JSON in %j", async (text) => {
    await expect(readJson(text)).rejects.toMatchObject({
      code: "SYNTAX_ERROR",
      message: expect.stringContaining("there is no JSON in the text"),
    });
  });

  it("keys named __proto__ stay keys", async () => {
    const { value } = await readJson("{__proto__: {polluted: 1},}");
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value as object)).toEqual(["__proto__"]);
    expect("polluted" in {}).toBe(false);
  });

  it.each([
    "[".repeat(200_000),
    "{a:".repeat(100_000),
    `{"a": "${'"'.repeat(100_000)}`,
    `{${"'a".repeat(100_000)}`,
    "[{'".repeat(20_000),
    "```json\n{\n".repeat(20_000),
    `{"a": ${"\\".repeat(100_000)}`,
    "{a;,".repeat(50_000),
    "<think>".repeat(50_000),
  ])("hostile text ends (%#)", async (text) => {
    const outcome = await readJson(text).then(
      () => "read",
      ({ code }: { code: string }) => code,
    );
    expect(outcome).toMatch(/^(read|SYNTAX_ERROR|VALIDATION_FAILED)$/);
  });
});

describe("findJson", () => {
  it("OUT-2: finds all values, the likeliest first", async () => {
    const text = 'First {"a": 1}, then {b: 2, c: [3]} and ["x"].\n```json\n{"d": 4}\n```';
    expect(await findJson(text)).toEqual([
      { value: { d: 4 }, repaired: false },
      { value: { a: 1 }, repaired: false },
      { value: ["x"], repaired: false },
      { value: { b: 2, c: [3] }, repaired: true },
    ]);
    expect(await findJson("nothing")).toEqual([]);
  });
});
