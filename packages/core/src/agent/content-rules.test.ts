import { describe, expect, it } from "vitest";
import { checkContent, compileRule, ruleGuardrail, type ContentRule } from "./content-rules.js";

const check = (text: string, ...rules: ContentRule[]): ReturnType<typeof checkContent> =>
  checkContent(text, rules.map(compileRule));

describe("content rules", () => {
  it("STD-31: find what each kind looks for", async () => {
    const digits: ContentRule = { id: "digits", action: "redact", test: { type: "regex", pattern: String.raw`\d+` } };
    expect(await check("call 555 1234", digits)).toEqual({
      allowed: true,
      violations: [{ rule: "digits", action: "redact", message: "it has what 'digits' forbids" }],
      redacted: "call [redacted] [redacted]",
    });
    const words: ContentRule = { id: "words", test: { type: "keyword", keywords: ["c++", "secret"] } };
    expect((await check("A SECRET", words)).allowed).toBe(false);
    expect((await check("c++", words)).allowed).toBe(false);
    expect((await check("secretary", words)).allowed).toBe(true);
    const short: ContentRule = { id: "short", action: "redact", test: { type: "length", min: 2, max: 3 } };
    expect(await check("abcd", short)).toMatchObject({ redacted: "abc" });
    expect((await check("a", short)).violations[0]?.message).toBe("it has 1 characters, 2 are needed");
    expect(await check("abc", short)).toEqual({ allowed: true, violations: [] });
    const json: ContentRule = { id: "json", test: { type: "schema", schema: { type: "object", required: ["a"] } } };
    expect((await check('{"a":1}', json)).allowed).toBe(true);
    expect((await check('{"b":1}', json)).allowed).toBe(false);
    expect((await check("no json", json)).violations[0]?.message).toBe("it is no JSON");
    const fn: ContentRule = {
      id: "fn",
      action: "warn",
      message: "mind it",
      test: { type: "fn", check: async (text) => (text === "bad" ? { message: "own" } : undefined) },
    };
    expect(await check("bad", fn)).toEqual({
      allowed: true,
      violations: [{ rule: "fn", action: "warn", message: "mind it" }],
    });
  });

  it("each sees what the ones before left, and one that fails blocks", async () => {
    const digits: ContentRule = { id: "digits", action: "redact", test: { type: "regex", pattern: String.raw`\d` } };
    const seen: string[] = [];
    const failing: ContentRule = {
      id: "failing",
      action: "warn",
      test: {
        type: "fn",
        check: (text) => {
          seen.push(text);
          return Promise.reject(new Error("broken"));
        },
      },
    };
    const verdict = await check("1 a", digits, failing);
    expect(seen).toEqual(["[redacted] a"]);
    expect(verdict).toMatchObject({
      allowed: false,
      violations: [{}, { action: "block", message: expect.stringContaining("broken") }],
    });
  });

  it("an expression that takes too long blocks", async () => {
    const slow: ContentRule = { id: "slow", test: { type: "regex", pattern: "(a+)+$" } };
    const verdict = await check(`${"a".repeat(40)}b`, slow);
    expect(verdict).toMatchObject({ allowed: false, violations: [{ message: "'slow' takes too long to check" }] });
  });

  it.each<ContentRule["test"]>([
    { type: "regex", pattern: "(" },
    { type: "regex", pattern: "" },
    { type: "regex", pattern: "a".repeat(2000) },
    { type: "keyword", keywords: [] },
    { type: "keyword", keywords: [""] },
  ])("refuses %j", (test) => {
    expect(() => compileRule({ id: "r", test })).toThrow("the rule 'r' cannot be used");
  });

  it("guard agents", async () => {
    const about = { on: "input" as const, run: {} as never };
    const rail = (rule: ContentRule, warn?: (v: unknown) => void): ReturnType<typeof ruleGuardrail> =>
      ruleGuardrail(compileRule(rule), "both", warn);
    const test = { type: "keyword", keywords: ["x"] } as const;
    expect(await rail({ id: "a", test }).check("x", about)).toEqual({ block: "it has what 'a' forbids" });
    expect(await rail({ id: "a", action: "redact", test }).check("x", about)).toEqual({ replace: "[redacted]" });
    const warned: unknown[] = [];
    expect(await rail({ id: "a", action: "warn", test }, (v) => warned.push(v)).check("x", about)).toBeUndefined();
    expect(warned).toHaveLength(1);
    expect(await rail({ id: "a", test }).check("y", about)).toBeUndefined();
  });
});
