import type { JsonSchema } from "@llmspell/core";
import type { Module } from "../door/module.js";
import { RECORDS } from "../modules/records.js";
import { givenObject, parseNotation, type Notation } from "./notation.js";

/** The parameters of every function as JSON Schemas, by `module.name`; those of a kind's own methods by `Kind.name`. */
export function parameterSchemas(modules: readonly Module[]): Record<string, JsonSchema> {
  const groups = modules.flatMap(({ name, functions, methods }) => [
    [name, functions] as const,
    ...Object.entries(methods),
  ]);
  return Object.fromEntries(
    groups.flatMap(([owner, functions]) =>
      Object.entries(functions).map(([name, { doc, params }]) => [
        `${owner}.${name}`,
        { description: doc, ...ofNotation(givenObject(params)) },
      ]),
    ),
  );
}

/** The results with a name as JSON Schemas. */
export function recordSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(RECORDS).map(([name, { doc, fields }]) => [
      name,
      { description: doc, ...ofNotation(parseNotation(fields)) },
    ]),
  );
}

const NAMES: Readonly<Record<string, JsonSchema>> = {
  any: {},
  boolean: { type: "boolean" },
  bytes: { description: "Bytes" },
  duration: {
    anyOf: [
      { type: "number", minimum: 0 },
      { type: "string", pattern: "^\\d+(\\.\\d+)?(ms|s|m|h)$" },
    ],
  },
  function: { description: "A function of the script" },
  integer: { type: "integer" },
  nil: { type: "null" },
  number: { type: "number" },
  string: { type: "string" },
  table: { type: "object" },
};

function ofNotation(notation: Notation): JsonSchema {
  switch (notation.of) {
    case "name":
      return NAMES[notation.name] ?? { type: "object", description: notation.name };
    case "text":
      return { const: notation.text };
    case "handle":
      return { type: "string", description: `The id of a ${notation.kind}` };
    case "list":
      return { type: "array", items: ofNotation(notation.item) };
    case "union":
      return notation.members.every((member) => member.of === "text")
        ? { enum: notation.members.map((member) => (member.of === "text" ? member.text : "")) }
        : { anyOf: notation.members.map(ofNotation) };
    case "object": {
      const required = notation.fields.flatMap(({ name, optional }) => (optional ? [] : [name]));
      return {
        type: "object",
        properties: Object.fromEntries(notation.fields.map(({ name, type }) => [name, ofNotation(type)])),
        ...(required.length === 0 ? {} : { required }),
        ...(notation.given === true ? { additionalProperties: false } : {}),
      };
    }
  }
}
