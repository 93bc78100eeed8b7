import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../json.js";
import { extractStructured } from "./extract.js";

const person: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string" },
    age: { type: "integer", minimum: 0 },
    email: { type: "string", format: "email" },
    active: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    role: { enum: ["admin", "guest"] },
    address: { type: "object", properties: { city: { type: "string" }, zipCode: { type: "string" } } },
    heightCm: { type: "number" },
  },
  required: ["name", "age"],
};
const ada = { name: "Ada", age: 42 };

describe("extractStructured", () => {
  it.each<[string, string, unknown, string]>([
    ["JSON", '{"name": "Ada", "age": 42}', ada, "json"],
    ["JSON with texts for numbers", '{"name": "Ada", "age": "42"}', ada, "json"],
    ["JSON with units", "{'name': 'Ada', 'age': '42 years'}", ada, "json"],
    ["JSON in another style", '{"Name": "Ada", "AGE": 42, "height_cm": 170}', { ...ada, heightCm: 170 }, "json"],
    ["the JSON that fits of several", '{"x": 1}\n{"name": "Ada", "age": "42"}', ada, "json"],
    ["the JSON that fits", 'Not {"x": 1} but {"name": "Ada", "age": 42}.', ada, "json"],
    [
      "YAML",
      "name: Ada\nage: 42\ntags:\n  - x\naddress:\n  city: London\n",
      { ...ada, tags: ["x"], address: { city: "London" } },
      "yaml",
    ],
    ["lines with units", "Name: Ada\nAge: 42 years", ada, "yaml"],
    ["XML", "<person><name>Ada</name><age>42</age><active>yes</active></person>", { ...ada, active: true }, "xml"],
    ["a table", "| Name | Age |\n|---|---|\n| Ada | 42 |", ada, "table"],
    ["a table of pairs", "| Field | Value |\n|---|---|\n| Name | **Ada** |\n| Age | 42 |", ada, "table"],
    [
      "bold keys",
      "Here is the profile:\n\n- **Name:** Ada\n- **Age:** 42 years old\n- **Active:** yes",
      { ...ada, active: true },
      "prose",
    ],
    ["one line", "name: Ada, age: 42 years", ada, "prose"],
    [
      "sentences",
      "Her name is Ada. The age is 42, and her role is admin. Email is ada@example.org.",
      { ...ada, role: "admin", email: "ada@example.org" },
      "prose",
    ],
    [
      "lists in a sentence",
      "Name: Ada.\nAge = about 42\nThe tags are red, green and blue.",
      { ...ada, tags: ["red", "green", "blue"] },
      "prose",
    ],
    [
      "a list under its key",
      "Name: Ada!\nAge is 42\nTags:\n- red\n- green",
      { name: "Ada!", age: 42, tags: ["red", "green"] },
      "prose",
    ],
    [
      "a part under its heading",
      "Name is Ada\nAge is 42\n\nAddress:\n  City: London\n  Zip code: N1\n",
      { ...ada, address: { city: "London", zipCode: "N1" } },
      "prose",
    ],
  ])("OUT-3: from %s", async (_name, text, expected, source) => {
    const { value, valid, errors, source: from } = await extractStructured(text, person);
    expect({ valid, source: from, errors }).toEqual({ valid: true, source, errors: [] });
    expect(value).toMatchObject(expected as object);
  });

  it.each<[string, string, string[]]>([
    ["a missing property", "The name is Ada.", ["must have required property 'age'"]],
    ["a value that does not fit", "Name: Ada\nAge: unknown", ["age: must be integer"]],
    ["a value out of bounds", "name: Ada\nage: -5", ["age: must be >= 0"]],
    ["one deep inside", '{"name": "Ada", "age": 42, "tags": ["x", {"y": 1}]}', ["tags[1]: must be string"]],
    ["nothing", "I do not know.", ["must be object"]],
  ])("OUT-3: names the path of %s", async (_name, text, expected) => {
    const { valid, errors } = await extractStructured(text, person);
    expect(valid).toBe(false);
    expect(errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))).toEqual(expected);
  });

  it.each<[string, JsonSchema, unknown]>([
    [
      "The total is $1,234.50 today",
      { type: "object", properties: { total: { type: "number" } }, required: ["total"] },
      { total: 1234.5 },
    ],
    [
      "temperature: 21.5 °C (measured at noon)",
      { type: "object", properties: { temperature: { type: "number" } }, required: ["temperature"] },
      { temperature: 21.5 },
    ],
    [
      "Completion is 85%.",
      { type: "object", properties: { completion: { type: "integer" } }, required: ["completion"] },
      { completion: 85 },
    ],
    [
      "approved: no, because it is late",
      { type: "object", properties: { approved: { type: "boolean" } }, required: ["approved"] },
      { approved: false },
    ],
    [
      "The due date is 2026-03-01 at the latest",
      { type: "object", properties: { dueDate: { type: "string", format: "date" } }, required: ["dueDate"] },
      { dueDate: "2026-03-01" },
    ],
    [
      "Status: the order was SHIPPED yesterday",
      { type: "object", properties: { status: { enum: ["open", "shipped"] } }, required: ["status"] },
      { status: "shipped" },
    ],
    [
      "Link: see https://example.org/a?b=1.",
      { type: "object", properties: { link: { type: "string", format: "uri" } }, required: ["link"] },
      { link: "https://example.org/a?b=1" },
    ],
    [
      "Full name: Ada Lovelace",
      { type: "object", properties: { n: { type: "string", title: "Full name" } }, required: ["n"] },
      { n: "Ada Lovelace" },
    ],
    [
      "| a | b |\n|---|---|\n| 1 | x |\n| 2 | y |",
      { type: "array", items: { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } } } },
      [
        { a: 1, b: "x" },
        { a: 2, b: "y" },
      ],
    ],
    ["42 apples", { type: "integer" }, 42],
    ["Yes, of course.", { type: "boolean" }, true],
    [
      "Name: Ada",
      { type: "object", properties: { name: { type: "string" }, level: { type: "integer", default: 1 } } },
      { name: "Ada", level: 1 },
    ],
    [
      "Name: Ada",
      {
        $ref: "#/$defs/p",
        $defs: { p: { type: "object", properties: { name: { $ref: "#/$defs/n" } } }, n: { type: "string" } },
      },
      { name: "Ada" },
    ],
    [
      "age is 5 and size is unclear; size is 7 cm",
      { type: "object", properties: { size: { type: "number" } }, required: ["size"] },
      { size: 7 },
    ],
  ])("OUT-3: %j", async (text, schema, expected) => {
    expect(await extractStructured(text, schema)).toMatchObject({ value: expected, valid: true });
  });

  it("OUT-3: a list in the text is a list", async () => {
    const schema = { type: "array", items: { type: "integer" } };
    expect((await extractStructured("Here they are:\n1. **7**\n2. 8 apples", schema)).value).toEqual([7, 8]);
    expect((await extractStructured("- a, b\n- c", { type: "array" })).value).toEqual(["a, b", "c"]);
  });

  it("hostile names and texts end", async () => {
    const names = ["(a+)+$", "[", "__proto__", "", "a".repeat(5000), "*"];
    const schema = { type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "number" }])) };
    for (const text of ["a is ".repeat(20_000), `${"a".repeat(50_000)}!`, "x: ".repeat(20_000)])
      expect((await extractStructured(text, schema).catch(() => ({ source: "none" }))).source).toMatch(/^\w+$/);
    expect("polluted" in {}).toBe(false);
  });
});
