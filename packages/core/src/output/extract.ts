import { isRecord, type JsonSchema } from "../json.js";
import { coerceTo } from "../schema/coerce.js";
import { followReference } from "../schema/references.js";
import { reshape, type Reshaped } from "../schema/reshape.js";
import { timedParse } from "../formats/timed-parse.js";
import { cleanAnswer, wordsOf } from "./clean.js";
import { findJson } from "./json-answer.js";
import {
  extractKeyValues,
  extractLists,
  extractTables,
  parseXmlAnswer,
  parseYamlAnswer,
  withoutMarks,
} from "./text-parsers.js";

/** A value found in an answer; `source` is how it was written. */
export interface Extracted extends Reshaped {
  source: "json" | "yaml" | "xml" | "table" | "prose";
}

/**
 * Finds a value of `schema` in a model's answer: as JSON, YAML or XML, as a table, or in lines
 * and sentences that name the properties (`age: 42 years`, `She is from Paris` for nothing).
 * Keys may be written in another style than the schema's; values are coerced, numbers also with
 * units; properties that are missing get their defaults. The first reading that matches counts;
 * when none does, the one with the fewest errors comes back with them, each with its path.
 *
 * @throws SpellError `VALIDATION_FAILED` when the schema cannot be used or it takes too long.
 */
export async function extractStructured(text: string, schema: JsonSchema): Promise<Extracted> {
  let best: Extracted | undefined;
  for (const reading of READINGS) {
    for (const candidate of await reading.read(text, schema)) {
      if (!isAbout(candidate, schema)) continue;
      const found = { source: reading.source, ...(await shaped(schema, candidate)) };
      if (found.valid) return found;
      if (best === undefined || found.errors.length < best.errors.length) best = found;
    }
    // What is written as data is meant as data; its words are not read again as prose.
    if (best !== undefined && DECISIVE.has(best.source)) break;
  }
  return best ?? { source: "prose", ...(await shaped(schema, null)) };
}

/** Whether `value` has any property of `schema`, when that is what the schema is about. */
function isAbout(value: unknown, given: JsonSchema): boolean {
  const schema = resolved(given, given);
  const known = new Set(propertiesOf(schema).map(([name]) => wordsOf(name).join(" ")));
  return known.size === 0 || (isRecord(value) && Object.keys(value).some((key) => known.has(wordsOf(key).join(" "))));
}

const shaped = (schema: JsonSchema, value: unknown): Promise<Reshaped> =>
  reshape(schema, withSchemaKeys(value, schema, schema, 0), { coerce: "loose", defaults: true });

const DECISIVE: ReadonlySet<Extracted["source"]> = new Set(["json", "xml"]);

interface Reading {
  readonly source: Extracted["source"];
  read(text: string, schema: JsonSchema): Promise<unknown[]>;
}

/** Entries of lists that are tried, each by itself, for a schema of one object. */
const MOST_INSIDE = 64;

const READINGS: readonly Reading[] = [
  {
    source: "json",
    async read(text, schema) {
      const values = (await findJson(text)).map(({ value }) => value);
      // Several objects, one after the other, are read as a list.
      const inside =
        typeNameOf(schema) === "object" ? values.flatMap((value) => (Array.isArray(value) ? value : [])) : [];
      return [...values, ...inside.slice(0, MOST_INSIDE)];
    },
  },
  {
    source: "yaml",
    async read(text) {
      const value = await parseYamlAnswer(text).catch(() => undefined);
      return typeof value === "object" && value !== null ? [value] : [];
    },
  },
  {
    source: "xml",
    async read(text) {
      const value = await parseXmlAnswer(text).catch(() => undefined);
      // The root only names the whole.
      return isRecord(value) ? [...Object.values(value), value] : [];
    },
  },
  {
    source: "table",
    async read(text, schema) {
      const [table] = extractTables(text);
      if (table === undefined) return [];
      const rows = table.rows.map((row) =>
        Object.fromEntries(row.map((cell, i) => [table.headers[i] ?? "", withoutMarks(cell)])),
      );
      return typeNameOf(schema) === "array" ? [rows] : [rows[0], pairsOf(table.headers, table.rows)];
    },
  },
  {
    source: "prose",
    async read(text, given) {
      const schema = resolved(given, given);
      const [list] = typeNameOf(schema) === "array" ? await extractLists(text) : [];
      if (list !== undefined) return [list];
      const cleaned = cleanAnswer(text);
      return timedParse("markdown", () => {
        const scalar = typeNameOf(schema) === "object" ? undefined : fromProse(cleaned, schema);
        return scalar === undefined
          ? [objectFrom(cleaned, schema, schema, 0)].filter((value) => value !== undefined)
          : [scalar];
      });
    },
  },
];

/** A table of two columns as one object: its first column are the keys. */
function pairsOf(headers: readonly string[], rows: readonly (readonly string[])[]): unknown {
  return headers.length === 2
    ? Object.fromEntries([headers, ...rows].map(([key = "", value = ""]) => [withoutMarks(key), withoutMarks(value)]))
    : undefined;
}

const MAX_DEPTH = 20;

function resolved(schema: unknown, root: JsonSchema): JsonSchema {
  let current = schema;
  for (let hops = 0; hops < MAX_DEPTH && isRecord(current) && typeof current["$ref"] === "string"; hops++)
    current = followReference(current["$ref"], root);
  return isRecord(current) ? current : {};
}

function propertiesOf(schema: JsonSchema): [string, unknown][] {
  return isRecord(schema["properties"]) ? Object.entries(schema["properties"]) : [];
}

function typeNameOf(schema: JsonSchema): unknown {
  const type: unknown = Array.isArray(schema["type"]) ? schema["type"].find((name) => name !== "null") : schema["type"];
  return type ?? (isRecord(schema["properties"]) ? "object" : undefined);
}

/** `value` with keys as the schema writes them, where they differ only in style. */
function withSchemaKeys(value: unknown, given: unknown, root: JsonSchema, depth: number): unknown {
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return value;
  const schema = resolved(given, root);
  if (Array.isArray(value)) return value.map((item) => withSchemaKeys(item, schema["items"], root, depth + 1));
  const properties = propertiesOf(schema);
  const byWords = new Map(properties.map(([name]) => [wordsOf(name).join(" "), name]));
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    const isKnown = properties.some(([name]) => name === key);
    const name = isKnown ? key : (byWords.get(wordsOf(key).join(" ")) ?? key);
    // A name that is there already keeps its own value.
    const final = name !== key && Object.hasOwn(value, name) ? key : name;
    return [final, withSchemaKeys(inner, properties.find(([known]) => known === final)?.[1], root, depth + 1)];
  });
  return Object.fromEntries(entries);
}

/** The properties of `schema` that `text` names; undefined when it names none. */
function objectFrom(
  text: string,
  given: unknown,
  root: JsonSchema,
  depth: number,
): Record<string, unknown> | undefined {
  const schema = resolved(given, root);
  const names = propertiesOf(schema)
    .map(([name]) => patternOf(name))
    .filter((name) => name !== "");
  const next = new RegExp(`[,;][^\\S\\n]*(?=(?:${names.join("|") || "(?!)"})[^\\S\\n]*[:=])`, "iu");
  const pairs = Object.fromEntries(
    Object.entries(extractKeyValues(text)).map(([key, value]) => [
      key,
      typeof value === "string" ? (value.split(next)[0] ?? "") : value,
    ]),
  );
  const found = propertiesOf(schema).flatMap(([name, inner]): [string, unknown][] => {
    const property = resolved(inner, root);
    const value =
      depth < 3 && typeNameOf(property) === "object"
        ? nestedFrom(text, name, property, root, depth)
        : propertyFrom(text, pairs, name, property);
    return value === undefined ? [] : [[name, value]];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** The part of the text under a heading or key of the name, else all of it. */
function nestedFrom(text: string, name: string, schema: JsonSchema, root: JsonSchema, depth: number): unknown {
  const lines = text.split("\n");
  const start = lines.findIndex((line) =>
    new RegExp(`^[\\s#*_-]*${patternOf(name)}[*_]*\\s*:?[*_]*\\s*$`, "iu").test(line),
  );
  if (start < 0) return objectFrom(text, schema, root, depth + 1);
  const end = lines.findIndex((line, i) => i > start && (line.trim() === "" || line.startsWith("#")));
  return objectFrom(lines.slice(start + 1, end < 0 ? undefined : end).join("\n"), schema, root, depth + 1);
}

/** The words of a name with anything between them that styles put there. */
const patternOf = (name: string): string =>
  wordsOf(name)
    .map((word) => word)
    .join("[\\s_-]*");

function propertyFrom(
  text: string,
  pairs: Readonly<Record<string, string | string[]>>,
  name: string,
  schema: JsonSchema,
): unknown {
  const names = [name, ...(typeof schema["title"] === "string" ? [schema["title"]] : [])];
  const wanted = new Set(names.map((one) => wordsOf(one).join(" ")));
  const pair = Object.entries(pairs).find(([key]) => wanted.has(wordsOf(key).join(" ")))?.[1];
  if (pair !== undefined && pair !== "") {
    const value = fromPair(pair, schema);
    if (value !== undefined) return value;
  }
  for (const one of names) {
    const value = fromSentence(text, one, schema);
    if (value !== undefined) return value;
  }
  // Said, but not in a way that fits: what stands there shows what is wrong.
  return pair === "" ? listUnder(text, name, schema) : pair;
}

function fromPair(pair: string | string[], schema: JsonSchema): unknown {
  if (typeNameOf(schema) === "array") return Array.isArray(pair) ? pair : itemsOf(pair);
  return typeof pair === "string"
    ? fromProse(pair, schema)
    : pair.map((one) => fromProse(one, schema)).find((value) => value !== undefined);
}

/** `age is 42`, `age of 42`, `42 years of age` for nothing: the name comes first. */
function fromSentence(text: string, name: string, schema: JsonSchema): unknown {
  if (wordsOf(name).length === 0) return undefined;
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])${patternOf(name)}(?![\\p{L}\\p{N}])[*_"'\`]*[^\\S\\n]*(?::|=|\\bis\\b|\\bare\\b|\\bwas\\b|\\bof\\b|\\bequals\\b|→|–)[^\\S\\n]*(?=([^\\n]{1,500}))`,
    "giu",
  );
  for (const match of text.matchAll(pattern)) {
    // A sentence ends at a full stop before a space, a clause at a comma for what is one word.
    const [sentence = ""] = (match[1] ?? "").split(/(?<!\d)[.!?](?=\s|$)|(?<=\d)[.!?](?=\s*$|\s+\p{Lu})|;/u);
    const value =
      typeNameOf(schema) === "array"
        ? itemsOf(sentence)
        : (fromProse(sentence, schema) ?? fromProse(sentence.split(/,| and | but /)[0] ?? "", schema));
    if (value !== undefined) return value;
  }
  return undefined;
}

function listUnder(text: string, name: string, schema: JsonSchema): unknown {
  if (typeNameOf(schema) !== "array") return undefined;
  const [, list] =
    new RegExp(`${patternOf(name)}[*_]*\\s*:[*_]*\\s*\\n((?:\\s*(?:[-*+•]|\\d{1,3}[.)])\\s+[^\\n]+\\n?)+)`, "iu").exec(
      text,
    ) ?? [];
  return list
    ?.trim()
    .split("\n")
    .map((line) => withoutMarks(line.replace(/^\s*(?:[-*+•]|\d{1,3}[.)])\s+/, "")));
}

const itemsOf = (text: string): string[] =>
  text
    .replace(/[.;]\s*$/, "")
    .split(/\s*[,;]\s*(?:and\s+|or\s+)?|\s+(?:and|or|&)\s+/)
    .map((item) => unquoted(item))
    .filter((item) => item !== "");

const unquoted = (text: string): string =>
  text
    .trim()
    .replace(/^["'“‘`](.*)["'”’`]$/s, "$1")
    .trim();

/** What `text`, a value as somebody wrote it, says for `schema`; undefined when nothing. */
function fromProse(text: string, schema: JsonSchema): unknown {
  const said = unquoted(withoutMarks(text));
  if (said === "") return undefined;
  const choices = Array.isArray(schema["enum"])
    ? (schema["enum"] as unknown[])
    : "const" in schema
      ? [schema["const"]]
      : undefined;
  if (choices !== undefined) {
    const words = ` ${wordsOf(said).join(" ")} `;
    const named = choices.filter(
      (choice) => typeof choice !== "object" && words.includes(` ${wordsOf(String(choice)).join(" ")} `),
    );
    return named.length === 1 ? named[0] : undefined;
  }
  const type = typeNameOf(schema);
  switch (type) {
    case "number":
    case "integer": {
      const [, amount = said] = /^(.*?[\d)%])(?:[,;.]?\s+(?:and|but|or|so|which)\b.*)?\.?$/is.exec(said) ?? [];
      return (
        coerceTo(type, said, "loose") ??
        coerceTo(type, said.split(/[,;](?!\d)|\(|\.(?!\d)/)[0] ?? "", "loose") ??
        coerceTo(type, amount, "loose")
      );
    }
    case "boolean": {
      const [first = ""] = wordsOf(said);
      return coerceTo("boolean", first);
    }
    case "array":
      return itemsOf(said);
    case "object":
      return undefined;
    default:
      return typeof schema["format"] === "string" ? formatted(said, schema["format"]) : said.replace(/\.$/, "");
  }
}

const IN_TEXT: Readonly<Record<string, RegExp>> = {
  date: /\b\d{4}-\d\d-\d\d\b/,
  "date-time": /\b\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)?/,
  email: /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/,
  uri: /\bhttps?:\/\/[^\s<>"')]{1,2000}[^\s<>"').,;]/,
  uuid: /\b[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\b/i,
  ipv4: /\b\d{1,3}(?:\.\d{1,3}){3}\b/,
};

const formatted = (text: string, format: string): string =>
  (Object.hasOwn(IN_TEXT, format) ? IN_TEXT[format]?.exec(text)?.[0] : undefined) ?? text;
