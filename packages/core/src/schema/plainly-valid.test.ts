import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonSchema } from "../json.js";
import { isPlainlyValid } from "./plainly-valid.js";

const ajv = new Ajv2020({ strict: false, logger: false });
const accepts = (schema: JsonSchema): boolean => ajv.validateSchema(schema) === true;

const odd = fc.oneof(
  fc.constantFrom(null, true, false, -1, 0, 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "", "string", "nothing"),
  fc.constantFrom<unknown>([], {}, ["string"], ["string", "string"], ["nothing"], [1, 1], [{}], { a: 1 }, { a: {} }),
);

const KEYWORDS = `
  type enum const title description $comment default examples deprecated readOnly writeOnly format properties
  additionalProperties propertyNames required minProperties maxProperties items prefixItems contains minItems maxItems
  uniqueItems minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength allOf anyOf oneOf not
  $ref $id $defs $schema pattern patternProperties dependentRequired if x-other
`
  .trim()
  .split(/\s+/);

const { schema } = fc.letrec((tie) => ({
  schema: fc.dictionary(
    fc.constantFrom(...KEYWORDS),
    fc.oneof({ depthSize: "small" }, odd, tie("schema"), tie("list")),
    {
      maxKeys: 4,
    },
  ),
  list: fc.array(tie("schema"), { maxLength: 3 }),
}));

describe("what is plainly a valid schema", () => {
  it("the meta-schema accepts too, whatever it is", () => {
    fc.assert(
      fc.property(schema, (given) => {
        expect(!isPlainlyValid(given) || accepts(given)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(KEYWORDS.map((keyword) => ({ keyword })))("says of $keyword what the meta-schema says", ({ keyword }) => {
    fc.assert(
      fc.property(odd, (value) => {
        const given = { [keyword]: value };
        expect(!isPlainlyValid(given) || accepts(given)).toBe(true);
      }),
    );
  });

  it("is what a tool's schema mostly is", () => {
    const parameters = {
      type: "object",
      properties: {
        city: { type: "string", description: "Where", minLength: 1 },
        days: { type: "integer", minimum: 1, maximum: 7, default: 1 },
        units: { enum: ["c", "f"] },
        tags: { type: "array", items: { type: ["string", "null"] }, uniqueItems: true },
        place: { anyOf: [{ type: "null" }, { type: "object", additionalProperties: false }] },
      },
      required: ["city"],
    };
    expect(isPlainlyValid(parameters)).toBe(true);
  });

  it.each([
    { type: "strin" },
    { type: [] },
    { required: ["a", "a"] },
    { properties: { a: { type: 1 } } },
    { items: [{}] },
    { anyOf: [] },
    { minLength: -1 },
    { multipleOf: 0 },
    { $ref: "#/$defs/a" },
    { pattern: "a" },
    JSON.parse('{"__proto__": {"type": "string"}}'),
  ])("is not %j", (given) => {
    expect(isPlainlyValid(given as JsonSchema)).toBe(false);
  });
});
