import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../json.js";
import { diffSchemas } from "./diff.js";
import { validateJson } from "./validate.js";

describe("diffSchemas", () => {
  it("SCH-5: says what came, went and changed, and where", () => {
    const before: JsonSchema = {
      type: "object",
      title: "A",
      properties: { id: { type: "integer" }, gone: {}, lines: { items: { properties: { n: { minimum: 1 } } } } },
      required: ["id"],
    };
    const after: JsonSchema = {
      type: "object",
      title: "B",
      properties: {
        id: { type: "number" },
        lines: { items: { properties: { n: { minimum: 2 } } } },
        fresh: { type: "string" },
      },
      required: ["id", "fresh"],
    };
    expect(diffSchemas(before, after)).toEqual([
      { path: "", keyword: "title", change: "changed", breaking: false, before: "A", after: "B" },
      { path: "id", keyword: "type", change: "changed", breaking: false, before: "integer", after: "number" },
      { path: "gone", keyword: "property", change: "removed", breaking: false, before: {} },
      { path: "lines[].n", keyword: "minimum", change: "changed", breaking: true, before: 1, after: 2 },
      { path: "fresh", keyword: "property", change: "added", breaking: true, after: { type: "string" } },
      { path: "", keyword: "required", change: "changed", breaking: true, before: ["id"], after: ["id", "fresh"] },
    ]);
    expect(diffSchemas(before, structuredClone(before))).toEqual([]);
  });

  // With a value that was valid and is not any more, where the change breaks.
  it.each<[JsonSchema, JsonSchema, unknown]>([
    [{ type: "number" }, { type: "integer" }, 1.5],
    [{ type: "integer" }, { type: "number" }, undefined],
    [{ type: "string" }, { type: ["string", "null"] }, undefined],
    [{ type: ["string", "null"] }, { type: "string" }, null],
    [{}, { type: "string" }, 1],
    [{ type: "string" }, {}, undefined],
    [{ maximum: 5 }, { maximum: 6 }, undefined],
    [{ maximum: 6 }, { maximum: 5 }, 6],
    [{ minLength: 2 }, { minLength: 1 }, undefined],
    [{}, { minLength: 1 }, ""],
    [{ enum: [1, 2] }, { enum: [1, 2, 3] }, undefined],
    [{ enum: [1, 2] }, { enum: [1] }, 2],
    [{}, { enum: [1] }, 2],
    [{ required: ["a", "b"] }, { required: ["a"] }, undefined],
    [{}, { required: ["a"] }, {}],
    [{ additionalProperties: false }, { additionalProperties: true }, undefined],
    [{}, { additionalProperties: false }, { a: 1 }],
    [{ additionalProperties: { type: "number" } }, { additionalProperties: { type: "integer" } }, { a: 1.5 }],
    [{ properties: { a: {} }, additionalProperties: false }, { properties: {}, additionalProperties: false }, { a: 1 }],
    [
      { properties: {}, additionalProperties: false },
      { properties: { a: { type: "string" } }, additionalProperties: false },
      undefined,
    ],
    [{ properties: { a: true } }, { properties: { a: false } }, { a: 1 }],
    [{ properties: {} }, { properties: { a: { description: "any" } } }, undefined],
    [{ items: { type: "number" } }, { items: { type: "string" } }, [1]],
    [{}, { items: { title: "x" } }, undefined],
    [{}, { uniqueItems: true }, [1, 1]],
    [{ uniqueItems: true }, { uniqueItems: false }, undefined],
    [{ anyOf: [{ type: "null" }] }, { anyOf: [{ type: "null" }, { type: "number" }] }, undefined],
    [{ anyOf: [{ type: "null" }, { type: "number" }] }, { anyOf: [{ type: "null" }] }, 1],
    [{ pattern: "^a" }, { pattern: "^b" }, "a"],
    [
      { $ref: "#/$defs/x", $defs: { x: { type: "number" } } },
      { $ref: "#/$defs/x", $defs: { x: { type: "string" } } },
      1,
    ],
    [{ $defs: { x: {} } }, { $defs: { x: {}, y: {} } }, undefined],
    [{ default: 1 }, { default: 2 }, undefined],
  ])("SCH-5: %j → %j breaks as it says", async (before, after, witness) => {
    expect(diffSchemas(before, after).some(({ breaking }) => breaking)).toBe(witness !== undefined);
    const valid = async (schema: JsonSchema): Promise<boolean> =>
      (await validateJson(schema, witness === undefined ? 0 : witness)).valid;
    expect(witness === undefined || ((await valid(before)) && !(await valid(after)))).toBe(true);
  });
});

it("lists of values in another order are no change for long lists either", () => {
  const values = Array.from({ length: 40_000 }, (_, i) => ({ a: i, b: 1 }));
  const other = values.map(({ a, b }) => ({ b, a })).toReversed();
  expect(diffSchemas({ enum: values }, { enum: other })).toMatchObject([{ keyword: "enum", breaking: false }]);
  expect(diffSchemas({ enum: values }, { enum: other.slice(1) })).toMatchObject([{ breaking: true }]);
  const names = values.map(({ a }) => String(a));
  expect(diffSchemas({ required: names }, { required: names.toReversed() })).toMatchObject([{ breaking: false }]);
});
