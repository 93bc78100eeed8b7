import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../json.js";
import { coerceTo, type Reading, type TypeName } from "./coerce.js";
import { applyDefaults, coerceJson, reshape, stripUnknown } from "./reshape.js";

describe("coerceTo", () => {
  const refused = undefined;
  it.each<[TypeName, unknown, unknown, Reading?]>([
    ["number", "42", 42],
    ["number", " -1.5e3 ", -1500],
    ["number", "1,234,567.5", 1234567.5],
    ["number", ".5", 0.5],
    ["number", "+7", 7],
    ["number", "", refused],
    ["number", "abc", refused],
    ["number", "0x10", refused],
    ["number", "1,23", refused],
    ["number", "1 2", refused],
    ["number", "Infinity", refused],
    ["number", "1e999", refused],
    ["number", "NaN", refused],
    ["number", "42 years", refused],
    ["number", true, refused],
    ["number", null, refused],
    ["number", [1], refused],
    ["number", "9".repeat(200), refused],
    ["number", "42 years", 42, "loose"],
    ["number", "$1,200.50", 1200.5, "loose"],
    ["number", "about 12 km/h", 12, "loose"],
    ["number", "50%", 50, "loose"],
    ["number", "21.5 °C", 21.5, "loose"],
    ["number", "3/4", refused, "loose"],
    ["number", "1-2", refused, "loose"],
    ["number", "years 42", refused, "loose"],
    ["number", "10:30", refused, "loose"],
    ["integer", "42", 42],
    ["integer", "42.0", 42],
    ["integer", "42.5", refused],
    ["integer", 42.5, refused],
    ["integer", "9007199254740993", refused],
    ["boolean", "true", true],
    ["boolean", " YES ", true],
    ["boolean", "off", false],
    ["boolean", 1, true],
    ["boolean", 0, false],
    ["boolean", "0", false],
    ["boolean", 2, refused],
    ["boolean", "maybe", refused],
    ["boolean", null, refused],
    ["boolean", "", refused],
    ["string", 1.5, "1.5"],
    ["string", false, "false"],
    ["string", null, refused],
    ["string", [], refused],
    ["string", {}, refused],
    ["null", "", null],
    ["null", " NULL ", null],
    ["null", 0, refused],
    ["null", "none", refused],
    ["array", "[1, 2]", [1, 2]],
    ["array", "x", ["x"]],
    ["array", { a: 1 }, [{ a: 1 }]],
    ["array", "[1", ["[1"]],
    ["array", null, refused],
    ["object", '{"a": 1}', { a: 1 }],
    ["object", "{a}", refused],
    ["object", [1], refused],
    ["object", "x", refused],
  ])("SCH-2: %s from %j is %j", (type, value, expected, reading) => {
    expect(coerceTo(type, value, reading)).toEqual(expected);
  });
});

const order: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "integer" },
    paid: { type: "boolean", default: false },
    state: { enum: ["open", "Closed", 3], default: "open" },
    lines: { type: "array", items: { $ref: "#/$defs/line" } },
    note: { type: ["string", "null"] },
    point: { type: "array", prefixItems: [{ type: "number" }], items: { type: "boolean" } },
  },
  required: ["id"],
  $defs: {
    line: {
      type: "object",
      properties: { sku: { type: "string" }, count: { type: "integer", default: 1 } },
      additionalProperties: false,
      required: ["sku"],
    },
  },
};

describe("coerceJson", () => {
  it("SCH-2: changes what can be changed, in every depth, and leaves the given value alone", async () => {
    const given = {
      id: "7",
      paid: "yes",
      state: "CLOSED",
      lines: { sku: 5, count: "2" },
      note: null,
      point: ["1", "no"],
      other: "1",
    };
    const before = structuredClone(given);
    expect(await coerceJson(order, given)).toEqual({
      value: {
        id: 7,
        paid: true,
        state: "Closed",
        lines: [{ sku: "5", count: 2 }],
        note: null,
        point: [1, false],
        other: "1",
      },
      valid: true,
      errors: [],
    });
    expect(given).toEqual(before);
    expect((await coerceJson(order, { id: 1, state: "3" })).value).toEqual({ id: 1, state: 3 });
  });

  it("SCH-2: what it refuses is named", async () => {
    const { valid, value, errors } = await coerceJson(order, { id: "7.5", lines: [{ sku: null, count: "many" }] });
    expect(valid).toBe(false);
    expect(value).toEqual({ id: "7.5", lines: [{ sku: null, count: "many" }] });
    expect(errors.map(({ path, message }) => [path, message])).toEqual([
      ["id", "must be integer"],
      ["lines[0].count", "must be integer"],
      ["lines[0].sku", "must be string"],
    ]);
  });

  it.each<[string, JsonSchema, unknown, unknown]>([
    ["the alternative that matches as it is", { anyOf: [{ type: "number" }, { type: "string" }] }, "5", "5"],
    ["else the first that can be reached", { anyOf: [{ type: "boolean" }, { type: "integer" }] }, "5", 5],
    [
      "one of several, by a constant",
      {
        oneOf: [
          { properties: { k: { const: "a" }, n: { type: "number" } } },
          { properties: { k: { const: "b" }, n: { type: "boolean" } }, required: ["k"] },
        ],
      },
      { k: "b", n: "yes" },
      { k: "b", n: true },
    ],
    [
      "all of several",
      { allOf: [{ properties: { a: { type: "number" } } }, { properties: { b: { type: "boolean" } } }] },
      { a: "1", b: "no" },
      { a: 1, b: false },
    ],
    [
      "then",
      {
        if: { properties: { k: { const: 1 } } },
        then: { properties: { n: { type: "number" } } },
        else: { properties: { n: { type: "boolean" } } },
      },
      { k: 1, n: "1" },
      { k: 1, n: 1 },
    ],
    [
      "else",
      {
        if: { properties: { k: { const: 1 } } },
        then: { properties: { n: { type: "number" } } },
        else: { properties: { n: { type: "boolean" } } },
      },
      { k: 2, n: "1" },
      { k: 2, n: true },
    ],
    ["a reference in an alternative", { anyOf: [{ $ref: "#/$defs/n" }], $defs: { n: { type: "number" } } }, "1", 1],
    [
      "a reference into a property",
      { properties: { a: { type: "number" }, b: { anyOf: [{ $ref: "#/properties/a" }, { type: "null" }] } } },
      { b: "2" },
      { b: 2 },
    ],
    ["an anchor", { $ref: "#n", $defs: { n: { $anchor: "n", type: "number" } } }, "1", 1],
    [
      "patterns and others",
      { patternProperties: { "^n": { type: "number" } }, additionalProperties: { type: "boolean" } },
      { n1: "1", x: "no" },
      { n1: 1, x: false },
    ],
    [
      "recursion",
      { properties: { n: { type: "number" }, next: { $ref: "#" } } },
      { n: "1", next: { next: { n: "3" } } },
      { n: 1, next: { next: { n: 3 } } },
    ],
    ["boolean schemas", { properties: { a: true, b: { anyOf: [true] } } }, { a: "1", b: "2" }, { a: "1", b: "2" }],
  ])("%s", async (_name, schema, value, expected) => {
    expect(await coerceJson(schema, value)).toEqual({ value: expected, valid: true, errors: [] });
  });

  it("names errors of the nearest alternative and of unknown ones", async () => {
    const schema = {
      oneOf: [
        { properties: { k: { const: "a" }, n: { type: "number" } }, required: ["k"] },
        { properties: { k: { const: "b" }, n: { type: "number" } }, required: ["k"] },
      ],
    };
    const { value, errors } = await coerceJson(schema, { k: "b", n: "x" });
    expect(value).toEqual({ k: "b", n: "x" });
    expect(errors.map(({ path }) => path)).toContain("n");
  });

  it("SCH-2: null is a constant like others", async () => {
    for (const said of ["null", "NULL"]) expect((await coerceJson({ enum: [1, true, null] }, said)).value).toBeNull();
    expect((await coerceJson({ enum: ["null", 1] }, null)).value).toBe("null");
  });

  it("ends with endless references", async () => {
    await expect(coerceJson({ anyOf: [{ $ref: "#" }] }, 1)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    const $defs: Record<string, unknown> = { d0: { type: "number" } };
    for (let i = 1; i <= 40; i++)
      $defs[`d${i}`] = { allOf: [{ $ref: `#/$defs/d${i - 1}` }, { $ref: `#/$defs/d${i - 1}` }] };
    await expect(coerceJson({ $defs, $ref: "#/$defs/d40" }, 1)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(coerceJson({ type: "nope" }, 1)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });
});

describe("applyDefaults", () => {
  it("ends with endless defaults", async () => {
    const endless = { properties: { next: { $ref: "#", default: {} } } };
    await expect(applyDefaults(endless, {})).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("its defaults have no end"),
    });
  });

  it("SCH-5: fills in what is missing, with copies", async () => {
    const schema = {
      properties: {
        a: { default: { list: [] } },
        b: { properties: { c: { default: 1 } } },
        d: { anyOf: [{ default: 2 }] },
      },
    };
    expect((await applyDefaults(order, { id: 1, lines: [{ sku: "x" }] })).value).toEqual({
      id: 1,
      paid: false,
      state: "open",
      lines: [{ sku: "x", count: 1 }],
    });
    const first = (await applyDefaults(schema, { b: {} })).value as { a: { list: number[] } };
    expect(first).toEqual({ a: { list: [] }, b: { c: 1 } });
    first.a.list.push(1);
    expect((await applyDefaults(schema, {})).value).toEqual({ a: { list: [] } });
    expect((await applyDefaults({ default: 5 }, undefined)).value).toBe(5);
    expect((await applyDefaults(order, { id: 1, paid: null })).valid).toBe(false);
  });
});

describe("stripUnknown", () => {
  it.each<[string, JsonSchema, unknown, unknown]>([
    [
      "what the schema does not name",
      order,
      { id: 1, x: 1, lines: [{ sku: "a", y: 1 }] },
      { id: 1, lines: [{ sku: "a" }] },
    ],
    ["nothing where the schema names nothing", { type: "object" }, { a: { b: 1 } }, { a: { b: 1 } }],
    [
      "nothing where others are welcome",
      { properties: { a: {} }, additionalProperties: true },
      { a: 1, b: 2 },
      { a: 1, b: 2 },
    ],
    ["nothing that a pattern names", { patternProperties: { "^x": {} } }, { x1: 1, y: 2 }, { x1: 1 }],
    [
      "what no part names",
      { allOf: [{ properties: { a: {} } }, { properties: { b: {} } }] },
      { a: 1, b: 2, c: 3 },
      { a: 1, b: 2 },
    ],
    [
      "what the chosen one does not name",
      { oneOf: [{ properties: { k: { const: 1 }, a: {} } }, { properties: { k: { const: 2 }, b: {} } }] },
      { k: 2, a: 1, b: 2 },
      { k: 2, b: 2 },
    ],
    ["everything", { additionalProperties: false }, { a: 1 }, {}],
  ])("SCH-5: leaves out %s", async (_name, schema, value, expected) => {
    expect((await stripUnknown(schema, value)).value).toEqual(expected);
  });

  it("does all at once", async () => {
    expect(await reshape(order, { id: "1", x: 1 }, { coerce: "strict", defaults: true, strip: true })).toEqual({
      value: { id: 1, paid: false, state: "open" },
      valid: true,
      errors: [],
    });
  });
});
