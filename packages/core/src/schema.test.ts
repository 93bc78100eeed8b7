import { describe, expect, it } from "vitest";
import { describeErrors, validateJson } from "./schema.js";

const person = {
  type: "object",
  properties: {
    name: { type: "string" },
    mail: { type: "string", format: "email" },
    tags: { type: "array", items: { enum: ["a", "b"] } },
  },
  required: ["name"],
  additionalProperties: false,
};

describe("validateJson", () => {
  it("accepts a matching value", async () => {
    expect(await validateJson(person, { name: "Ada", mail: "ada@example.org", tags: ["a"] })).toEqual({
      valid: true,
      errors: [],
    });
  });

  it("names the path and the reason of each mismatch", async () => {
    const { valid, errors } = await validateJson(person, { mail: "no", tags: ["a", "x"], extra: 1 });
    expect(valid).toBe(false);
    const text = describeErrors(errors);
    expect(text).toContain("must have required property 'name'");
    expect(text).toContain('mail: must match format "email"');
    expect(text).toContain('tags[1]: must be equal to one of the allowed values: ["a","b"]');
    expect(text).toContain("must NOT have additional properties: 'extra'");
  });

  it.each([
    ["a wrong keyword", { type: "strnig" }],
    ["a remote reference", { $ref: "https://example.org/schema.json" }],
    ["an asynchronous schema", { $async: true, type: "object" }],
    ["a broken pattern", { pattern: "(" }],
  ])("refuses %s", async (_name, schema) => {
    await expect(validateJson(schema, {})).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("stops a pattern that backtracks for ever", async () => {
    const check = validateJson({ type: "string", pattern: "^(a+)+$" }, `${"a".repeat(60)}b`);
    await expect(check).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("stops a web of references that explodes", async () => {
    const $defs: Record<string, unknown> = { d0: { type: "number" } };
    for (let i = 1; i <= 40; i++)
      $defs[`d${i}`] = { allOf: [{ $ref: `#/$defs/d${i - 1}` }, { $ref: `#/$defs/d${i - 1}` }] };
    await expect(validateJson({ $defs, $ref: "#/$defs/d40" }, 1)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("survives endless recursion in a schema", async () => {
    await expect(validateJson({ $ref: "#" }, 1)).rejects.toMatchObject({
      message: expect.stringContaining("call stack"),
    });
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    await expect(validateJson({ items: { $ref: "#" } }, deep)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect((await validateJson({ items: { $ref: "#" }, type: "array" }, [[], [[]]])).valid).toBe(true);
  });

  it("keeps schemas with the same $id apart and ignores the dialect", async () => {
    const first = { $id: "same", $schema: "http://json-schema.org/draft-07/schema#", type: "number" };
    const second = { $id: "same", type: "string" };
    expect((await validateJson(first, 1)).valid).toBe(true);
    expect((await validateJson(second, 1)).valid).toBe(false);
    expect((await validateJson(second, "x")).valid).toBe(true);
  });
});
