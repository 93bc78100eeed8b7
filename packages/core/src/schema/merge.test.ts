import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../json.js";
import { extendSchema, mergeSchemas } from "./merge.js";
import { validateJson } from "./validate.js";

describe("mergeSchemas", () => {
  it("SCH-5: properties of either, the narrower of each bound", () => {
    expect(
      mergeSchemas([
        {
          type: "object",
          title: "A",
          properties: { a: { type: "number", minimum: 1, maximum: 9 }, s: { enum: ["x", "y"] } },
          required: ["a"],
        },
        {
          type: "object",
          title: "B",
          properties: {
            a: { type: "integer", minimum: 3 },
            b: { type: "string", pattern: "^b" },
            s: { enum: ["y", "z"] },
          },
          required: ["b"],
        },
        { properties: { b: { pattern: "c$" } } },
      ]),
    ).toEqual({
      type: "object",
      title: "B",
      properties: {
        a: { type: "integer", minimum: 3, maximum: 9 },
        s: { enum: ["y"] },
        b: { type: "string", pattern: "^b", allOf: [{ pattern: "c$" }] },
      },
      required: ["a", "b"],
    });
  });

  it.each<[JsonSchema, JsonSchema, string]>([
    [
      { properties: { a: { type: "number" } } },
      { properties: { a: { type: "string" } } },
      "a: it cannot be both number and string",
    ],
    [{ items: { const: 1 } }, { items: { const: 2 } }, "[]: it cannot be both 1 and 2"],
    [{ enum: [1] }, { enum: [2] }, "no value is in both lists"],
    [{ $defs: { x: { type: "number" } } }, { $defs: { x: { type: "string" } } }, "x: two different definitions"],
    [
      { properties: { a: {} }, additionalProperties: false },
      { properties: { b: {} }, required: ["b"] },
      "b: one schema requires it and the other refuses it",
    ],
  ])("refuses what cannot be (%#)", (a, b, message) => {
    expect(() => mergeSchemas([a, b])).toThrow(message);
  });

  const bound = fc.integer({ min: 0, max: 4 });
  const leaf: fc.Arbitrary<JsonSchema> = fc.oneof(
    fc.record(
      { type: fc.constantFrom<unknown>("integer", "number", ["number", "string"]), minimum: bound, maximum: bound },
      { requiredKeys: [] },
    ),
    fc.record(
      { type: fc.constant("string"), minLength: bound, pattern: fc.constantFrom("a", "b") },
      { requiredKeys: [] },
    ),
    fc.record({ enum: fc.uniqueArray(fc.constantFrom(1, 2, 3, "a", "ab"), { minLength: 1 }) }),
    fc.constant({ not: { const: 1 } }),
    fc.constant({ anyOf: [{ const: 2 }, { type: "string" }] }),
  );
  const object: fc.Arbitrary<JsonSchema> = fc.record(
    {
      type: fc.constant("object"),
      properties: fc.dictionary(fc.constantFrom("a", "b", "c"), leaf, { noNullPrototype: true }),
      required: fc.uniqueArray(fc.constantFrom("a", "b")),
      additionalProperties: fc.oneof(fc.boolean(), leaf),
      patternProperties: fc.constant({ "^c": { type: "number" } }),
      minProperties: bound,
    },
    { requiredKeys: ["properties"] },
  );
  const schema = fc.oneof(
    object,
    leaf,
    object.map((items) => ({ type: "array", items, uniqueItems: true })),
  );
  const scalar = fc.constantFrom<unknown>(0, 1, 2, 3.5, "a", "ab", "b", null);
  const record = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), scalar, { noNullPrototype: true });
  const value = fc.oneof(record, scalar, fc.array(record, { maxLength: 2 }));

  it("SCH-5: accepts exactly what all schemas accept", () =>
    fc.assert(
      fc.asyncProperty(schema, schema, fc.array(value, { minLength: 10, maxLength: 20 }), async (a, b, values) => {
        let merged: JsonSchema;
        try {
          merged = mergeSchemas([a, b]);
        } catch {
          merged = { not: {} };
        }
        for (const one of values) {
          const both = (await validateJson(a, one)).valid && (await validateJson(b, one)).valid;
          // A merge that is refused may still accept what is of another kind, such as an empty list.
          const isRefused =
            "not" in merged &&
            Object.keys(merged).length === 1 &&
            typeof merged["not"] === "object" &&
            Object.keys(merged["not"] ?? {}).length === 0;
          expect((await validateJson(merged, one)).valid || (isRefused && both)).toBe(both);
        }
      }),
      { numRuns: 300 },
    ));
});

describe("extendSchema", () => {
  it("SCH-5: adds properties and takes the place of others", () => {
    const base = {
      properties: { a: { type: "number" }, b: { type: "number" } },
      required: ["a"],
      additionalProperties: false,
    };
    const before = structuredClone(base);
    expect(extendSchema(base, { properties: { b: { type: "string" }, c: {} }, required: ["c", "a"] })).toEqual({
      type: "object",
      properties: { a: { type: "number" }, b: { type: "string" }, c: {} },
      required: ["a", "c"],
      additionalProperties: false,
    });
    expect(base).toEqual(before);
    expect(extendSchema({}, {})).toEqual({ type: "object", properties: {} });
    expect(() => extendSchema(base, { required: ["x"] })).toThrow("'x' cannot be required");
  });
});

describe("hostile sizes", () => {
  it("many schemas are merged without walking through the earlier ones for each", () => {
    const schemas = Array.from({ length: 4_000 }, (_, i) => ({ properties: { [`k${i}`]: { type: "string" } } }));
    expect(Object.keys(mergeSchemas(schemas)["properties"] as object)).toHaveLength(4_000);
  });

  it("a pattern that never ends is stopped", () => {
    const named = { properties: { ["x".repeat(40)]: {} } };
    const closed = { patternProperties: { "^(x+)+y$": {} }, additionalProperties: false };
    expect(() => mergeSchemas([named, closed])).toThrow(expect.objectContaining({ code: "VALIDATION_FAILED" }));
  });
});
