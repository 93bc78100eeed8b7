import { isRecord, type JsonSchema } from "../json.js";

type Rule = (value: unknown) => boolean;

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];

const isText: Rule = (value) => typeof value === "string";
const isBoolean: Rule = (value) => typeof value === "boolean";
const isNumber: Rule = (value) => typeof value === "number" && Number.isFinite(value);
const isCount: Rule = (value) => Number.isInteger(value) && Number(value) >= 0;
const areUnique = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const areNames: Rule = (value) => Array.isArray(value) && value.every(isText) && areUnique(value);
const isTypeName: Rule = (value) => TYPES.includes(value as string);
const isType: Rule = (value) =>
  isTypeName(value) || (Array.isArray(value) && value.length > 0 && value.every(isTypeName) && areUnique(value));
const anything: Rule = () => true;

const isSchema: Rule = (value) => isBoolean(value) || (isRecord(value) && isPlainlyValid(value));
const areSchemas: Rule = (value) => Array.isArray(value) && value.length > 0 && value.every(isSchema);
const isMapOfSchemas: Rule = (value) => isRecord(value) && Object.values(value).every(isSchema);

/** What the meta-schema of 2020-12 says of the keywords that schemas of tools and answers mostly have. */
const RULES: Readonly<Record<string, Rule>> = {
  type: isType,
  enum: Array.isArray,
  const: anything,
  title: isText,
  description: isText,
  $comment: isText,
  default: anything,
  examples: Array.isArray,
  deprecated: isBoolean,
  readOnly: isBoolean,
  writeOnly: isBoolean,
  format: isText,
  properties: isMapOfSchemas,
  additionalProperties: isSchema,
  propertyNames: isSchema,
  required: areNames,
  minProperties: isCount,
  maxProperties: isCount,
  items: isSchema,
  prefixItems: areSchemas,
  contains: isSchema,
  minItems: isCount,
  maxItems: isCount,
  uniqueItems: isBoolean,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && Number(value) > 0,
  minLength: isCount,
  maxLength: isCount,
  allOf: areSchemas,
  anyOf: areSchemas,
  oneOf: areSchemas,
  not: isSchema,
};

/**
 * Whether `schema` has none but the most common keywords, each with a value that the
 * meta-schema accepts. Nothing is said of other schemas: those are for the meta-schema itself,
 * whose compilation takes as long as a hundred of these (50 ms, measured).
 */
export function isPlainlyValid(schema: JsonSchema): boolean {
  return Object.entries(schema).every(([keyword, value]) => {
    const rule = Object.hasOwn(RULES, keyword) ? RULES[keyword] : undefined;
    return rule !== undefined && rule(value);
  });
}
