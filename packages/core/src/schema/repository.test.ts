import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import type { JsonSchema } from "../json.js";
import { migrateJson, type SchemaMigration } from "./migrate.js";
import { createFileSchemas, createMemorySchemas, type SchemaRepository } from "./repository.js";
import { exportSchema, importSchema } from "./text.js";
import { transformSchema } from "./subschemas.js";

const folder = await mkdtemp(path.join(tmpdir(), "schemas-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const first: JsonSchema = {
  type: "object",
  properties: { name: { type: "string" }, zip: { type: "string" } },
  required: ["name"],
  additionalProperties: false,
};
const second: JsonSchema = {
  type: "object",
  properties: {
    fullName: { type: "string" },
    address: { type: "object", properties: { zip: { type: "integer" } } },
    active: { type: "boolean", default: true },
  },
  required: ["fullName"],
  additionalProperties: false,
};
const step: SchemaMigration = { rename: { name: "fullName", zip: "address.zip" } };

let folders = 0;
const repositories: [string, () => SchemaRepository][] = [
  ["memory", createMemorySchemas],
  ["file", () => createFileSchemas(path.join(folder, String(++folders)))],
];

describe.each(repositories)("a repository in %s", (_name, create) => {
  it("SCH-4: keeps versions, lists, loads and deletes them", async () => {
    const schemas = create();
    expect(await schemas.list()).toEqual([]);
    expect(await schemas.save("person", first)).toBe(1);
    expect(await schemas.save("person", structuredClone(first))).toBe(1);
    expect(await schemas.save("person", second, step)).toBe(2);
    expect(await schemas.save("a.b-c_1", first)).toBe(1);
    expect(await schemas.list()).toEqual([
      { name: "a.b-c_1", versions: [1] },
      { name: "person", versions: [1, 2] },
    ]);
    expect(await schemas.load("person")).toEqual({ name: "person", version: 2, schema: second, migration: step });
    expect(await schemas.load("person", 1)).toEqual({ name: "person", version: 1, schema: first });
    expect(await schemas.migrate("person", { name: "Ada", zip: "12345", old: 1 }, 1)).toEqual({
      fullName: "Ada",
      address: { zip: 12345 },
      active: true,
    });
    expect(await schemas.migrate("person", { name: "Ada" }, 1, 1)).toEqual({ name: "Ada" });
    await expect(schemas.migrate("person", {}, 2, 1)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await schemas.delete("person", 1)).toBe(true);
    expect(await schemas.delete("person", 1)).toBe(false);
    await expect(schemas.migrate("person", {}, 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await schemas.save("person", first)).toBe(3);
    expect(await schemas.delete("person")).toBe(true);
    expect(await schemas.list()).toEqual([{ name: "a.b-c_1", versions: [1] }]);
    await expect(schemas.load("person")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "no schema is named 'person'",
    });
    await expect(schemas.load("a.b-c_1", 7)).rejects.toMatchObject({ message: "there is no version 7 of 'a.b-c_1'" });
  });

  it.each(["", "../x", "a/b", ".hidden", "x".repeat(101), "a b", "__proto__"])("refuses the name %j", async (name) => {
    for (const use of [create().save(name, first), create().load(name), create().delete(name)])
      await expect(use).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("refuses an unusable schema and keeps its own copy", async () => {
    const schemas = create();
    await expect(schemas.save("x", { type: "nope" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    const mine = structuredClone(first) as { type: unknown };
    await schemas.save("x", mine as JsonSchema);
    mine.type = "array";
    expect((await schemas.load("x")).schema).toEqual(first);
  });
});

describe("a repository in files", () => {
  it("SCH-4: another process reads what was saved", async () => {
    const place = path.join(folder, "shared");
    await createFileSchemas(place).save("person", first);
    const script = `import { createFileSchemas } from ${JSON.stringify(new URL("../../dist/index.js", import.meta.url).href)};
      const schemas = createFileSchemas(process.argv[1]);
      await schemas.save("person", { type: "null" });
      console.log(JSON.stringify(await schemas.load("person", 1)));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script, place]);
    expect(JSON.parse(stdout)).toEqual({ name: "person", version: 1, schema: first });
    expect((await createFileSchemas(place).load("person")).schema).toEqual({ type: "null" });
    expect(JSON.parse(await readFile(path.join(place, "person", "1.json"), "utf8"))).toEqual({
      format: "llmspell-schema-1",
      schema: first,
    });
  });

  it("SCH-4: many savers at the same time each get a version of their own", async () => {
    const place = path.join(folder, "busy");
    const versions = await Promise.all(
      Array.from({ length: 30 }, (_, i) => createFileSchemas(place).save("s", { const: i })),
    );
    expect(versions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect((await readdir(path.join(place, "s"))).length).toBe(30);
  });

  it("says which file is broken without its path, and passes over strange files", async () => {
    const place = path.join(folder, "broken");
    await mkdir(path.join(place, "x"), { recursive: true });
    for (const [file, text] of [
      ["1.json", "{"],
      ["2.json", '{"format":"other","schema":{}}'],
      ["notes.txt", ""],
      ["03.json", ""],
    ] as const)
      await writeFile(path.join(place, "x", file), text);
    await writeFile(path.join(place, "file"), "");
    const schemas = createFileSchemas(place);
    for (const version of [1, 2]) {
      const error = await schemas.load("x", version).catch((thrown: unknown) => thrown as Error);
      expect(error).toMatchObject({
        code: "IO_ERROR",
        message: `version ${version} of schema 'x' is stored in a file that cannot be read`,
      });
    }
    expect(await schemas.list()).toEqual([{ name: "x", versions: [1, 2] }]);
    const error = await schemas.save("file", first).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: expect.stringMatching(/^(IO_ERROR|ALREADY_EXISTS)$/) });
    expect(JSON.stringify(error)).not.toContain(place);
  });
});

describe("migrateJson", () => {
  it("refuses a place that is no text", async () => {
    const rename = { n: 1 } as unknown as Record<string, string>;
    await expect(migrateJson({ n: 1 }, {}, { rename })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it.each<[string, unknown, JsonSchema, SchemaMigration, unknown]>([
    [
      "renames into and out of objects",
      { a: { b: 1 }, c: 2 },
      {},
      { rename: { "a.b": "b", c: "a.c" } },
      { a: { c: 2 }, b: 1 },
    ],
    [
      "renames in every item",
      { l: [{ a: 1 }, { b: 2 }, 3] },
      {},
      { rename: { "l[].a": "l[].x.y" } },
      { l: [{ x: { y: 1 } }, { b: 2 }, 3] },
    ],
    ["renames in lists of lists", { l: [[{ a: 1 }]] }, {}, { rename: { "l[][].a": "l[][].b" } }, { l: [[{ b: 1 }]] }],
    ["renames in a list as a whole", [{ a: 1 }], {}, { rename: { "[].a": "[].b" } }, [{ b: 1 }]],
    ["removes", { a: 1, l: [{ b: 1, c: 2 }] }, {}, { remove: ["a", "l[].b", "x.y"] }, { l: [{ c: 2 }] }],
    [
      "sets what is not there",
      { l: [{ a: 1 }, {}] },
      {},
      { set: { "l[].a": 0, b: { c: [] } } },
      { l: [{ a: 1 }, { a: 0 }], b: { c: [] } },
    ],
    ["does not overwrite", { a: 1, b: 2 }, {}, { rename: { a: "b" } }, { b: 2 }],
    [
      "coerces, fills in and leaves out",
      { name: "x", zip: "1" },
      second,
      step,
      { fullName: "x", address: { zip: 1 }, active: true },
    ],
  ])("SCH-5: %s", async (_name, value, schema, migration, expected) => {
    const before = structuredClone(value);
    expect(await migrateJson(value, schema, migration)).toEqual(expected);
    expect(value).toEqual(before);
  });

  it("SCH-5: names what cannot be brought into form", async () => {
    await expect(migrateJson({ zip: "x" }, second, step)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: "the value cannot be migrated: must have required property 'fullName'; address.zip: must be integer",
    });
  });

  it.each([
    { rename: { "a[]": "b[]" } },
    { rename: { "a..b": "c" } },
    { rename: { "a[].b": "b" } },
    { remove: ["__proto__.x"] },
    { set: { "": 1 } },
  ])("refuses the place in %j", async (migration) => {
    await expect(migrateJson({}, {}, migration)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("schemas as text", () => {
  it.each(["json", "yaml"] as const)("SCH-5: %s out and in again", async (format) => {
    expect(await importSchema(await exportSchema(second, format), format)).toEqual(second);
  });

  it.each([
    ["{", "SYNTAX_ERROR"],
    ["[]", "VALIDATION_FAILED"],
    ['{"type": "nope"}', "VALIDATION_FAILED"],
  ])("refuses %s", async (text, code) => {
    await expect(importSchema(text)).rejects.toMatchObject({ code });
  });
});

describe("transformSchema", () => {
  it("SCH-5: rewrites every schema from the inside out", () => {
    const schema = {
      properties: { a: { type: "string" }, type: { items: { type: "string" } } },
      anyOf: [{ type: "string" }, true],
      enum: [{ type: "string" }],
    };
    const changed = transformSchema(schema, (inner) =>
      inner["type"] === "string" ? { ...inner, maxLength: 9 } : inner,
    );
    expect(changed).toEqual({
      properties: { a: { type: "string", maxLength: 9 }, type: { items: { type: "string", maxLength: 9 } } },
      anyOf: [{ type: "string", maxLength: 9 }, true],
      enum: [{ type: "string" }],
    });
  });
});
