import type { ScriptValue } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import { coerceParam, resolveParams, type ParamDeclaration, type ParamType } from "./params.js";

describe("coerceParam", () => {
  it.each<[ParamType, ScriptValue, ScriptValue]>([
    ["string", "x", "x"],
    ["string", "", ""],
    ["string", 5, "5"],
    ["string", true, "true"],
    ["number", "1.5", 1.5],
    ["number", " 7 ", 7],
    ["number", "-1e3", -1000],
    ["number", 2, 2],
    ["integer", "42", 42],
    ["integer", 42, 42],
    ["boolean", "true", true],
    ["boolean", "yes", true],
    ["boolean", "1", true],
    ["boolean", "false", false],
    ["boolean", "no", false],
    ["boolean", "0", false],
    ["boolean", false, false],
    ["list", "[1, 2]", [1, 2]],
    ["list", "a, b ,c", ["a", "b", "c"]],
    ["list", "one", ["one"]],
    ["list", ["x"], ["x"]],
    ["table", '{"a": 1}', { a: 1 }],
    ["table", { a: 1 }, { a: 1 }],
  ])("%s takes %j", (type, value, expected) => {
    expect(coerceParam("p", type, value)).toEqual(expected);
  });

  it.each<[ParamType, ScriptValue, string]>([
    ["string", ["x"], `parameter 'p' must be text, not ["x"]`],
    ["string", null, "parameter 'p' must be text, not null"],
    ["number", "x", "parameter 'p' must be a number, not 'x'"],
    ["number", "", "parameter 'p' must be a number, not ''"],
    ["number", "  ", "parameter 'p' must be a number, not '  '"],
    ["number", "NaN", "parameter 'p' must be a number, not 'NaN'"],
    ["number", "Infinity", "parameter 'p' must be a number, not 'Infinity'"],
    ["number", true, "parameter 'p' must be a number, not true"],
    ["integer", "1.5", "parameter 'p' must be an integer, not '1.5'"],
    ["integer", "9007199254740993", "parameter 'p' must be an integer, not '9007199254740993'"],
    ["boolean", "on", "parameter 'p' must be true or false, not 'on'"],
    ["boolean", 1, "parameter 'p' must be true or false, not 1"],
    ["list", '{"a": 1}', "parameter 'p' must be a list (JSON, or items separated by commas), not '{\"a\": 1}'"],
    ["list", 5, "parameter 'p' must be a list (JSON, or items separated by commas), not 5"],
    ["table", "[1]", "parameter 'p' must be a table (JSON), not '[1]'"],
    ["table", "a,b", "parameter 'p' must be a table (JSON), not 'a,b'"],
    ["table", "null", "parameter 'p' must be a table (JSON), not 'null'"],
  ])("%s refuses %j", (type, value, message) => {
    expect(() => coerceParam("p", type, value)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", message, details: { param: "p" } }),
    );
  });

  it("does not repeat a long value", () => {
    expect(() => coerceParam("p", "number", "x".repeat(10_000))).toThrow(/^.{0,150}$/);
  });
});

describe("resolveParams", () => {
  const declared: Record<string, ParamDeclaration> = {
    city: { type: "string", required: true },
    days: { type: "integer", required: false, default: 3 },
    note: { type: "string", required: false },
  };

  it("converts what is given and adds defaults", () => {
    expect(resolveParams(declared, { city: "Oslo" })).toEqual({ city: "Oslo", days: 3 });
    expect(resolveParams(declared, { city: "Oslo", days: "5", note: "x" })).toEqual({
      city: "Oslo",
      days: 5,
      note: "x",
    });
  });

  it.each<[Record<string, ScriptValue>, string]>([
    [{}, "parameter 'city' (string) is required"],
    [{ city: "Oslo", town: "x" }, "the spell has no parameter 'town'; it has city, days, note"],
    [{ city: "Oslo", days: "many" }, "parameter 'days' must be an integer, not 'many'"],
    [{ city: "Oslo", constructor: "x" }, "the spell has no parameter 'constructor'"],
  ])("refuses %j", (given, message) => {
    expect(() => resolveParams(declared, given)).toThrow(message);
  });

  it("takes everything from a spell that declares nothing, and nothing from one that declares none", () => {
    expect(resolveParams(undefined, { anything: "goes" })).toEqual({ anything: "goes" });
    expect(() => resolveParams({}, { anything: "goes" })).toThrow("the spell has no parameter 'anything'; it has none");
  });

  it("is not fooled by names that every object has", () => {
    const optional: ParamDeclaration = { type: "string", required: false };
    const odd = { constructor: optional, toString: { ...optional, required: true } };
    expect(resolveParams(odd, { toString: "x" })).toEqual({ toString: "x" });
    expect(() => resolveParams(odd, {})).toThrow("parameter 'toString' (string) is required");
  });
});
