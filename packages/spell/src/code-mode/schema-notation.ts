import { isRecord, type JsonSchema } from "@llmspell/core";
import type { Notation } from "../declarations/notation.js";

/** Deeper values are shown as `any`, and so is what a schema says of itself in circles. */
const MAX_DEPTH = 6;
/** Longer lists of values are shown as their type. */
const MAX_VALUES = 40;
/** Parts of a schema that are looked at: one that refers to itself has any number. */
const MAX_PARTS = 300;

const name = (named: string): Notation => ({ of: "name", name: named });
const ANY = name("any");

const TYPES: Readonly<Record<string, Notation>> = {
  string: name("string"),
  number: name("number"),
  integer: name("integer"),
  boolean: name("boolean"),
  null: name("nil"),
  object: name("table"),
};

/** How much of a schema may still be looked at. */
interface Parts {
  left: number;
}

export const allParts = (): Parts => ({ left: MAX_PARTS });

/** The type that a JSON Schema means, as far as types can say it. @param root what its references are in */
export const notationOfSchema = (schema: unknown, root: unknown = schema, parts = allParts()): Notation =>
  notationOf(schema, { root, depth: 0, parts });

interface Place {
  readonly root: unknown;
  readonly depth: number;
  readonly parts: Parts;
}

function notationOf(schema: unknown, { root, depth, parts }: Place): Notation {
  if (!isRecord(schema) || depth > MAX_DEPTH || parts.left-- <= 0) return ANY;
  const inner = (part: unknown): Notation => notationOf(part, { root, depth: depth + 1, parts });
  if (typeof schema["$ref"] === "string") return inner(resolve(schema["$ref"], root));
  if ("const" in schema) return unionOf([schema["const"]].map(literal));
  if (Array.isArray(schema["enum"]) && schema["enum"].length <= MAX_VALUES) return unionOf(schema["enum"].map(literal));
  for (const keyword of ["anyOf", "oneOf"]) {
    const choices = schema[keyword];
    if (Array.isArray(choices) && choices.length > 0) return unionOf(choices.slice(0, MAX_VALUES).map(inner));
  }
  const types = [schema["type"]].flat().filter((type): type is string => typeof type === "string");
  const one = (type: string): Notation => {
    if (type === "array") return { of: "list", item: inner(schema["items"]) };
    return type === "object" ? objectOf(schema, inner) : (Object.hasOwn(TYPES, type) && TYPES[type]) || ANY;
  };
  if (types.length > 0) return unionOf(types.map(one));
  return isRecord(schema["properties"]) ? objectOf(schema, inner) : ANY;
}

function objectOf(schema: JsonSchema, inner: (part: unknown) => Notation): Notation {
  const fields = fieldsOf(schema);
  if (fields.length === 0) return name("table");
  return {
    of: "object",
    fields: fields.map(({ name: field, optional, schema: part }) => ({ name: field, optional, type: inner(part) })),
  };
}

/** The fields that an object of this schema has. */
export function fieldsOf(schema: JsonSchema): { name: string; optional: boolean; schema: unknown }[] {
  const { properties, required } = schema;
  if (!isRecord(properties)) return [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return Object.entries(properties).map(([field, part]) => ({
    name: field,
    optional: !needed.has(field),
    schema: part,
  }));
}

function literal(value: unknown): Notation {
  if (typeof value === "string") return { of: "text", text: value };
  if (value === null) return name("nil");
  return TYPES[typeof value] ?? ANY;
}

function unionOf(members: readonly Notation[]): Notation {
  const [first = ANY, ...others] = members;
  return others.length === 0 ? first : { of: "union", members };
}

/** A part of the same schema: `#/$defs/City`. */
function resolve(reference: string, root: unknown): unknown {
  if (!reference.startsWith("#")) return undefined;
  const keys = reference.slice(1).split("/").slice(1);
  return keys.reduce<unknown>((part, key) => {
    const field = key.replaceAll("~1", "/").replaceAll("~0", "~");
    return isRecord(part) && Object.hasOwn(part, field) ? part[field] : undefined;
  }, root);
}
