import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inferSchema, schemaFromTags, type TagFields } from "./infer.js";
import { validateJson } from "./validate.js";

describe("inferSchema", () => {
  it("SCH-3: finds types, required properties, formats and what lists hold", () => {
    expect(
      inferSchema([
        { id: 1, at: "2026-01-02T03:04:05Z", tags: ["a"], size: 1.5, owner: { mail: "ada@example.org" } },
        { id: 2, at: "2026-01-03T03:04:05Z", tags: [], size: 2, owner: null, note: "x" },
      ]),
    ).toEqual({
      type: "object",
      properties: {
        id: { type: "integer" },
        at: { type: "string", format: "date-time" },
        tags: { type: "array", items: { type: "string" } },
        size: { type: "number" },
        owner: {
          type: ["null", "object"],
          properties: { mail: { type: "string", format: "email" } },
          required: ["mail"],
          additionalProperties: false,
        },
        note: { type: "string" },
      },
      required: ["id", "at", "tags", "size", "owner"],
      additionalProperties: false,
    });
  });

  it("SCH-3: few texts that repeat become an enum, when wanted", () => {
    expect(inferSchema(["a", "b", "a", "b"], { enumLimit: 2 })).toEqual({ type: "string", enum: ["a", "b"] });
    expect(inferSchema(["a", "b"], { enumLimit: 2 })).toEqual({ type: "string" });
    expect(inferSchema([{ a: 1 }, {}], { closed: false })).toEqual({
      type: "object",
      properties: { a: { type: "integer" } },
    });
    expect(inferSchema(["127.0.0.1"], { formats: false })).toEqual({ type: "string" });
    expect(() => inferSchema([])).toThrow("at least one sample");
    expect(() => inferSchema([() => 1])).toThrow("no form in JSON");
  });

  const formatted = fc.constantFrom(
    "2026-01-02",
    "2026-02-30",
    "10.0.0.1",
    "256.0.0.1",
    "a@b.de",
    "https://example.org/x?y=1",
    "http://",
    "9b2c2b44-6a3c-4b0e-8f4e-111111111111",
    "2026-01-02T03:04:05+01:00",
    "",
  );
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

  it("SCH-3: any data matches the schema made from it", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(json, formatted), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(0, 3),
        async (samples, enumLimit) => {
          const schema = inferSchema(samples, { enumLimit });
          for (const sample of samples) expect(await validateJson(schema, sample)).toEqual({ valid: true, errors: [] });
        },
      ),
      { numRuns: 300, examples: [[[JSON.parse('{"__proto__":false}'), "2026-01-02"], 0]] },
    ));

  it("SCH-3: a property may be named __proto__", async () => {
    const sample = JSON.parse('{"__proto__":{"a":1},"list":[{"__proto__":false}]}') as unknown;
    const schema = inferSchema([sample]);
    expect(await validateJson(schema, sample)).toEqual({ valid: true, errors: [] });
    for (const text of [
      '{"__proto__":1,"list":[{"__proto__":false}]}',
      '{"__proto__":{"a":1},"list":[{"__proto__":0}]}',
    ])
      expect(await validateJson(schema, JSON.parse(text))).toMatchObject({ valid: false });
  });

  // A value of another type than any sample at one place, or a property that no sample has.
  const source = {
    id: 1,
    name: "Ada",
    score: 1.5,
    ok: true,
    none: null,
    tags: ["x"],
    born: "1815-12-10",
    inner: { list: [{ n: 1 }] },
  };
  it.each<[string, (copy: typeof source) => unknown]>([
    ["a text for a number", (copy) => ({ ...copy, id: "1" })],
    ["a fraction for an integer", (copy) => ({ ...copy, id: 1.5 })],
    ["a number for a text", (copy) => ({ ...copy, name: 1 })],
    ["a text for a boolean", (copy) => ({ ...copy, ok: "true" })],
    ["a value for null", (copy) => ({ ...copy, none: 0 })],
    ["null for a value", (copy) => ({ ...copy, score: null })],
    ["a missing property", ({ name: _name, ...copy }) => copy],
    ["an extra property", (copy) => ({ ...copy, extra: 1 })],
    ["another item", (copy) => ({ ...copy, tags: [1] })],
    ["no date", (copy) => ({ ...copy, born: "yesterday" })],
    ["a deep change", (copy) => ({ ...copy, inner: { list: [{ n: "1" }] } })],
    ["a list for an object", (copy) => ({ ...copy, inner: [] })],
  ])("SCH-3: refuses %s", async (_name, mutate) => {
    const schema = inferSchema([source]);
    expect((await validateJson(schema, source)).valid).toBe(true);
    expect((await validateJson(schema, mutate(structuredClone(source)))).valid).toBe(false);
  });
});

describe("schemaFromTags", () => {
  it("SCH-3: reads descriptions of fields", () => {
    expect(
      schemaFromTags({
        name: "string, required, min=1, max=20",
        age: "int,min=0,max=150,default=18",
        tags: "string[], max=3",
        state: "str, enum=open | closed",
        level: "int, enum=1|2",
        mail: "string, format=email",
        code: "string, required, pattern=^[A-Z]{2,3}$",
        any: "any, default=x",
        point: { x: "number, required" },
      }),
    ).toEqual({
      type: "object",
      properties: {
        name: { type: "string", minLength: 1, maxLength: 20 },
        age: { type: "integer", minimum: 0, maximum: 150, default: 18 },
        tags: { type: "array", items: { type: "string" }, maxItems: 3 },
        state: { type: "string", enum: ["open", "closed"] },
        level: { type: "integer", enum: [1, 2] },
        mail: { type: "string", format: "email" },
        code: { type: "string", pattern: "^[A-Z]{2,3}$" },
        any: { default: "x" },
        point: { type: "object", properties: { x: { type: "number" } }, required: ["x"], additionalProperties: false },
      },
      required: ["name", "code"],
      additionalProperties: false,
    });
  });

  it.each<[TagFields, string]>([
    [{ a: "strin" }, "field 'a': there is no type 'strin'"],
    [{ a: "constructor" }, "there is no type 'constructor'"],
    [{ a: "int, min=x" }, "'x' is no number"],
    [{ a: "int, size=1" }, "'size=' is no rule"],
    [{ a: "int, must" }, "'must' is no rule"],
    [{ a: "int, default=x" }, "'x' is no integer"],
  ])("%j is refused", (fields, message) => {
    expect(() => schemaFromTags(fields)).toThrow(message);
  });
});

it("samples that have nothing in common take no time that grows with their square", () => {
  const samples = Array.from({ length: 40_000 }, (_, i) => ({ [`k${i}`]: i }));
  expect(Object.keys(inferSchema(samples)["properties"] as object)).toHaveLength(40_000);
});
