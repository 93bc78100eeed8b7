import { deepStrictEqual } from "node:assert";
import { SpellError } from "@llmspell/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FunctionRef,
  Handle,
  WeakHandle,
  asText,
  textField,
  valueFromJson,
  valueToJson,
  type ScriptValue,
} from "./index.js";

const functionOf = (id: number): FunctionRef => new FunctionRef(id, () => {});
const roundTrip = (value: ScriptValue): ScriptValue =>
  valueFromJson(JSON.parse(JSON.stringify(valueToJson(value))), functionOf);

describe("llmspell-value-1", () => {
  // The stored form, pinned: a change here is a new format.
  it.each<[string, ScriptValue, string]>([
    ["null", null, "null"],
    ["text", "$bytes", '"$bytes"'],
    ["a number", 0.5, "0.5"],
    ["-0", -0, '{"$number":"-0"}'],
    ["NaN", NaN, '{"$number":"NaN"}'],
    ["-Infinity", -Infinity, '{"$number":"-Infinity"}'],
    ["a large integer", 2n ** 62n, '{"$bigint":"4611686018427387904"}'],
    ["bytes", Uint8Array.of(0, 255, 16), '{"$bytes":"AP8Q"}'],
    ["a handle", new Handle("Agent", 3), '{"$handle":["Agent",3]}'],
    ["a weak handle", new WeakHandle("Agent", 3), '{"$weak":["Agent",3]}'],
    ["a list", [1, null, [true]], "[1,null,[true]]"],
    ["an object", { a: 1, b: { c: [] } }, '{"a":1,"b":{"c":[]}}'],
    ["an object that looks like a tag", { $bytes: "AA==" }, '{"$object":{"$bytes":"AA=="}}'],
    ["text-like", asText({ content: "hi" }, "content"), '{"$text":["content",{"content":"hi"}]}'],
  ])("writes and reads %s", (_, value, json) => {
    expect(JSON.stringify(valueToJson(value))).toBe(json);
    expect(roundTrip(value)).toStrictEqual(value);
  });

  it("keeps functions by id, errors with their causes, and the text field", () => {
    expect(roundTrip(functionOf(7))).toMatchObject({ id: 7 });
    const error = new SpellError("TOOL_FAILED", "no luck", {
      details: { n: 1, big: 2n },
      cause: new SpellError("IO_ERROR", "disk", { cause: new Error("/a/host/path") }),
    });
    const read = roundTrip([error]) as unknown as [SpellError];
    expect(read[0]).toMatchObject({ code: "TOOL_FAILED", message: "no luck", details: { n: 1, big: "2" } });
    expect(read[0].cause).toMatchObject({ code: "IO_ERROR", message: "disk" });
    expect((read[0].cause as SpellError).cause).toBeUndefined();
    expect(textField(roundTrip(asText({ content: "x" }, "content")) as object)).toBe("content");
  });

  it("keeps any value", () => {
    const leaf = fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.string({ unit: "binary" }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
    );
    const keys = fc.oneof(fc.string(), fc.constantFrom("__proto__", "$bytes", "$object", "constructor", "0"));
    const value = fc.letrec<{ value: ScriptValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        leaf,
        fc.array(tie("value")),
        fc.array(fc.tuple(keys, tie("value"))).map((entries) => Object.fromEntries(entries) as ScriptValue),
      ),
    })).value;
    fc.assert(
      fc.property(value, (original) => {
        // Not `toStrictEqual`, which mistakes a key named __proto__ for the prototype.
        expect(() => deepStrictEqual(roundTrip(original), original)).not.toThrow();
      }),
    );
  });

  it.each([
    [{ $bigint: "x" }, "$bigint"],
    [{ $bigint: "9".repeat(1000) }, "$bigint"],
    [{ $number: "7" }, "$number"],
    [{ $bytes: 1 }, "$bytes"],
    [{ $function: -1 }, "$function"],
    [{ $function: "1" }, "$function"],
    [{ $handle: ["Agent"] }, "$handle"],
    [{ $handle: [1, 2] }, "$handle"],
    [{ $error: { code: "NO_SUCH", message: "x" } }, "$error"],
    [{ $error: null }, "$error"],
    [{ $text: ["a", []] }, "$text"],
    [{ $object: 3 }, "$object"],
    [{ $other: 3 }, "$other"],
    [{ $bytes: "AA==", more: 1 }, "a tag beside other keys"],
    [{ plain: 1, $bytes: "AA==" }, "a tag beside other keys"],
  ])("refuses %j", (json, named) => {
    expect(() => valueFromJson(json, functionOf)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(named) }),
    );
  });

  it("refuses what nests without end", () => {
    let json: unknown = 1;
    for (let i = 0; i < 100_000; i++) json = [json];
    expect(() => valueFromJson(json, functionOf)).toThrow("nests too deeply");
    let cause: unknown = { code: "INTERNAL", message: "x", details: {} };
    for (let i = 0; i < 100; i++) cause = { code: "INTERNAL", message: "x", details: {}, cause };
    expect(() => valueFromJson({ $error: cause }, functionOf)).toThrow("$error");
  });
});
