import { describe, expect, it } from "vitest";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { JsonSchema } from "../json.js";
import { createValidator, describeErrors, validateJson, validatePartial } from "./validate.js";

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
  it.each<[string, string[], string[]]>([
    ["date-time", ["2024-02-29T12:00:00Z", "2024-01-01T00:00:00.5+02:00"], ["2023-02-29T12:00:00Z", "2024-01-01"]],
    ["date", ["2024-02-29"], ["2024-02-30", "29.2.2024"]],
    ["time", ["12:30:00Z"], ["25:00:00Z", "noon"]],
    ["duration", ["P1DT2H", "PT5S"], ["1 day", "P"]],
    ["email", ["ada@example.org"], ["ada", "ada@"]],
    ["hostname", ["example.org"], ["-x.org", "a b"]],
    ["ipv4", ["127.0.0.1"], ["256.1.1.1", "1.2.3"]],
    ["ipv6", ["::1", "2001:db8::8a2e"], ["1::2::3", "12345::"]],
    ["uri", ["https://example.org/a?b#c", "urn:x:y"], ["/relative", "http://a b"]],
    ["uuid", ["2eb8aa08-aa98-11ea-b4aa-73b441d16380"], ["2eb8aa08", "2eb8aa08-aa98-11ea-b4aa73b441d16380"]],
    ["json-pointer", ["/a/0", ""], ["a/b", "/~2"]],
    ["regex", ["^a+$"], ["(", "a{2,1}"]],
  ])("SCH-1: checks the format %s", async (format, good, bad) => {
    const valid = async (text: string): Promise<boolean> =>
      (await validateJson({ type: "string", format }, text)).valid;
    expect(await Promise.all(good.map(valid))).toEqual(good.map(() => true));
    expect(await Promise.all(bad.map(valid))).toEqual(bad.map(() => false));
  });

  it.each<[JsonSchema, unknown, unknown]>([
    [{ pattern: String.raw`^\p{Lu}\p{Ll}+$` }, "Ärger", "ärger"],
    [{ pattern: "b" }, "abc", "ac"],
    [{ patternProperties: { "^n_": { type: "number" } } }, { n_a: 1, x: "y" }, { n_a: "1" }],
    [{ propertyNames: { pattern: "^[a-z]+$" } }, { ab: 1 }, { A: 1 }],
  ])("SCH-1: checks the pattern of %j", async (schema, good, bad) => {
    expect(await validateJson(schema, good)).toEqual({ valid: true, errors: [] });
    expect(await validateJson(schema, bad)).toMatchObject({ valid: false });
  });

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

describe("createValidator", () => {
  const even = createValidator({
    formats: { sku: /^[A-Z]{2}-\d+$/, short: (text) => text.length < 4 },
    validators: {
      even: (value, path) => (Number(value) % 2 === 0 ? undefined : `${path || "the value"} must be even`),
    },
    schemas: [
      {
        $id: "https://example.org/point",
        $defs: { axis: { type: "number" } },
        properties: { x: { $ref: "#/$defs/axis" } },
      },
    ],
  });

  it("SCH-5: has formats and validators of its own", async () => {
    const schema = {
      properties: {
        sku: { format: "sku" },
        n: { type: "array", items: { "x-validator": "even" } },
        s: { format: "short" },
      },
    };
    expect(await even.validate(schema, { sku: "AB-1", n: [2, 4], s: "abc" })).toEqual({ valid: true, errors: [] });
    expect((await even.validate(schema, { sku: "ab", n: [2, 3], s: "abcd" })).errors).toEqual([
      { path: "n[1]", keyword: "x-validator", message: "n[1] must be even" },
      { path: "s", keyword: "format", message: 'must match format "short"' },
      { path: "sku", keyword: "format", message: 'must match format "sku"' },
    ]);
    expect((await even.validate({ "x-validator": "even" }, 3)).errors[0]?.message).toBe("the value must be even");
    // Others do not know them.
    expect((await validateJson({ format: "sku" }, "ab")).valid).toBe(true);
    await expect(validateJson({ "x-validator": "even" }, 3)).rejects.toThrow("there is no validator 'even'");
  });

  it("knows the schemas it was given, and no others", async () => {
    const schema = { $ref: "https://example.org/point" };
    expect((await even.validate(schema, { x: "1" })).errors[0]?.path).toBe("x");
    await expect(validateJson(schema, {})).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("SCH-1: tells mistakes in the same order, whatever that of the keys is", async () => {
    const number = { type: "number", minimum: 5, multipleOf: 2 };
    const [a, b, list] = [number, number, { type: "array", items: number }];
    const items = Array.from({ length: 11 }, (_, i) => (i === 2 || i === 10 ? 1 : 6));
    const schema = { additionalProperties: false, required: ["z"], properties: { b, list, a } };
    const turned = { properties: { a, list, b }, required: ["z"], additionalProperties: false };
    const { errors } = await validateJson(schema, { y: 1, b: 1, x: 1, list: items, a: 3 });
    expect((await validateJson(turned, { a: 3, list: items, x: 1, b: 1, y: 1 })).errors).toEqual(errors);
    expect(errors.map(({ path, keyword }) => `${path} ${keyword}`)).toEqual([
      " additionalProperties",
      " additionalProperties",
      " required",
      "a minimum",
      "a multipleOf",
      "b minimum",
      "b multipleOf",
      "list[2] minimum",
      "list[2] multipleOf",
      "list[10] minimum",
      "list[10] multipleOf",
    ]);
  });

  it("keeps patterns and formats apart", async () => {
    const schema = {
      properties: { a: { pattern: "^a$" }, b: { pattern: "^b$" }, c: { format: "ipv4" }, d: { format: "ipv6" } },
    };
    expect((await validateJson(schema, { a: "a", b: "b", c: "127.0.0.1", d: "::1" })).valid).toBe(true);
    expect(
      (await validateJson(schema, { a: "b", b: "a", c: "::1", d: "127.0.0.1" })).errors.map(({ path }) => path),
    ).toEqual(["a", "b", "c", "d"]);
  });
});

describe("validatePartial", () => {
  it.each<[JsonSchema, unknown, boolean]>([
    [person, {}, true],
    [person, { mail: "no" }, false],
    [person, { extra: 1 }, false],
    [{ properties: { a: { required: ["b"] } } }, { a: {} }, true],
    [{ dependentRequired: { a: ["b"] }, minProperties: 3 }, { a: 1 }, true],
    [{ not: { required: ["a"] } }, { a: 1 }, false],
    [{ not: { required: ["a"] } }, {}, true],
    [{ oneOf: [{ required: ["a"] }, { required: ["b"] }] }, {}, true],
    [
      { oneOf: [{ properties: { a: { type: "string" } } }, { properties: { a: { type: "null" } } }], anyOf: [{}] },
      { a: 1 },
      false,
    ],
    [{ if: { required: ["a"] }, then: { required: ["b"], properties: { a: { type: "number" } } } }, { a: "x" }, false],
    [{ $defs: { x: { required: ["y"] } }, $ref: "#/$defs/x" }, {}, true],
  ])("SCH-5: nothing is required in a part (%#)", async (schema, value, valid) => {
    expect((await validatePartial(schema, value)).valid).toBe(valid);
    expect((await validatePartial(schema, value)).valid).toBe(valid);
  });
});

describe("hostile schemas", () => {
  const deep = (levels: number): string => `let v = 'x'; for (let i = 0; i < ${levels}; i++) v = [v];`;

  it.each([
    ["a pattern of many optional parts", 'await check({ pattern: "a?".repeat(50000) }, "a")'],
    [
      "a pattern of many groups",
      'await check({ patternProperties: { ["(".repeat(50000) + ")".repeat(50000)]: {} } }, { a: 1 })',
    ],
    [
      "a pattern first used near the end of the stack",
      `for (let n = 500; n < 9000; n += 100) { ${deep(0)} for (let i = 0; i < n; i++) v = [v]; await check({ items: { $ref: "#" }, pattern: "((" + "ab|cd|(".repeat(100) + ")".repeat(100) + "))" + n }, v) }`,
    ],
    [
      "a format first used near the end of the stack",
      `for (let n = 500; n < 9000; n += 100) { ${deep(0)} for (let i = 0; i < n; i++) v = [v]; await check({ $id: "https://example.org/" + n, items: { $ref: "#" }, format: "uri" }, v) }`,
    ],
    [
      "a long chain of references",
      "const $defs = {}; for (let i = 0; i < 5000; i++) $defs['d' + i] = { $ref: '#/$defs/d' + (i + 1), pattern: 'p' + i }; await check({ $defs, $ref: '#/$defs/d0' }, 'x')",
    ],
    ["a schema of many levels", "let s = {}; for (let i = 0; i < 50000; i++) s = { not: s }; await check(s, 1)"],
  ])("SCH-1: %s ends in an error and not in the end of the process", async (_name, script) => {
    const source = `import { validateJson } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      const codes = new Set();
      const check = (schema, value) => validateJson(schema, value).then(() => codes.add("fine"), ({ code }) => codes.add(code));
      ${script};
      console.log([...codes].sort().join());`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], {
      timeout: 50_000,
    });
    expect(stdout.trim()).toMatch(/^(VALIDATION_FAILED|VALIDATION_FAILED,fine)$/);
  });
});
