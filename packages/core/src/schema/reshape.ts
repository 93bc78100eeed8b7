import { isRecord, type JsonSchema } from "../json.js";
import { plainCopy } from "../formats/plain.js";
import { timed } from "../time-limit.js";
import { coerceTo, isOfType, type Reading, type TypeName } from "./coerce.js";
import { unusable } from "./guard.js";
import { followReference } from "./references.js";
import { transformSchema } from "./subschemas.js";
import { loadCheck, type Check, type SchemaError } from "./validate.js";

/** A value brought into the shape of a schema, and what still does not match. */
export interface Reshaped {
  value: unknown;
  valid: boolean;
  errors: SchemaError[];
}

interface Shaping {
  readonly root: JsonSchema;
  readonly check: Check;
  readonly coerce: Reading | undefined;
  readonly defaults: boolean;
  readonly strip: boolean;
  /** How deep inside the value; defaults may nest without end. */
  depth: number;
  /** Steps left; a web of references may stand for any number of them. */
  steps: number;
}

const MAX_STEPS = 1_000_000;

/** What {@link reshape} does; nothing by default. */
export interface ReshapeOptions {
  /** Turns values into the types that the schema wants; see {@link coerceTo}. */
  coerce?: Reading;
  /** Fills in `default` where a property is missing. */
  defaults?: boolean;
  /** Leaves out properties that the schema does not name, where it names any. */
  strip?: boolean;
  /** Default: that of a validator without options of its own. */
  check?: Check;
}

/**
 * A changed copy of `value`, checked against the schema. Where the schema has alternatives
 * (`anyOf`, `oneOf`, `if`), the first counts that the value matches, as it is or once changed.
 * `$ref` is followed within the schema, but not to an `$id`.
 *
 * @throws SpellError `VALIDATION_FAILED` when the schema cannot be used or it takes too long.
 */
export async function reshape(schema: JsonSchema, value: unknown, options: ReshapeOptions): Promise<Reshaped> {
  const { coerce, defaults = false, strip = false } = options;
  const check = await (options.check ?? loadCheck());
  // Says what is wrong with the schema.
  check(schema, null);
  const shaping: Shaping = { root: schema, check, coerce, defaults, strip, depth: 0, steps: MAX_STEPS };
  const copy = value === undefined ? undefined : plainCopy("json", value);
  const tooLong = (): Error => unusable("it takes too long");
  const shaped = timed(() => shape([schema], copy, shaping), tooLong) ?? null;
  return { value: shaped, ...check(schema, shaped) };
}

/** {@link reshape} with coercion and nothing else. */
export const coerceJson = (schema: JsonSchema, value: unknown): Promise<Reshaped> =>
  reshape(schema, value, { coerce: "strict" });
/** {@link reshape} with defaults and nothing else. */
export const applyDefaults = (schema: JsonSchema, value: unknown): Promise<Reshaped> =>
  reshape(schema, value, { defaults: true });
/** {@link reshape} with leaving out and nothing else. */
export const stripUnknown = (schema: JsonSchema, value: unknown): Promise<Reshaped> =>
  reshape(schema, value, { strip: true });

/** `value` in the shape that all of `schemas` want. */
function shape(schemas: readonly unknown[], given: unknown, shaping: Shaping): unknown {
  if (shaping.depth > MAX_DEPTH) throw unusable("its defaults have no end");
  const found = schemas.flatMap((schema) => together(schema, shaping, 0));
  let value = given;
  if (value === undefined && shaping.defaults) value = structuredClone(firstOf(found, "default"));
  if (value === undefined) return undefined;
  value = ofRightType(found, value, shaping);
  const all = found.flatMap((schema) => [schema, ...chosen(schema, value, shaping)]);
  value = ofRightType(all, value, shaping);
  if (typeof value !== "object" || value === null) return value;
  shaping.depth++;
  const shaped = Array.isArray(value)
    ? shapedItems(all, value, shaping)
    : shapedProperties(all, value as Readonly<Record<string, unknown>>, shaping);
  shaping.depth--;
  return shaped;
}

/** Levels of a value; what comes in has 100 at most. */
const MAX_DEPTH = 200;

// More is only reached by a schema that refers to itself.
const MAX_HOPS = 100;

/** `schema` and what holds beside it: what it refers to and its `allOf`. */
function together(schema: unknown, shaping: Shaping, hops: number): JsonSchema[] {
  if (shaping.steps-- <= 0 || hops > MAX_HOPS) throw unusable("its references have no end");
  if (!isRecord(schema)) return [];
  const reference = schema["$ref"];
  const target = typeof reference === "string" ? followReference(reference, shaping.root) : undefined;
  const all: unknown[] = Array.isArray(schema["allOf"]) ? schema["allOf"] : [];
  return [
    schema,
    ...[target, ...all].flatMap((inner) => (inner === undefined ? [] : together(inner, shaping, hops + 1))),
  ];
}

/** The alternatives of `schema` that apply to `value`. */
function chosen(schema: JsonSchema, value: unknown, shaping: Shaping): JsonSchema[] {
  const found: JsonSchema[] = [];
  const add = (inner: unknown): void => {
    for (const part of together(inner, shaping, 0)) found.push(part, ...chosen(part, value, shaping));
  };
  for (const keyword of ["anyOf", "oneOf"]) {
    const choices: unknown = schema[keyword];
    if (Array.isArray(choices)) add(alternative(choices, value, shaping));
  }
  if (schema["if"] !== undefined) {
    const condition = schema["if"];
    const holds = matches(condition, value, shaping);
    if (holds) add(condition);
    add(holds ? schema["then"] : schema["else"]);
  }
  return found;
}

function alternative(choices: readonly unknown[], value: unknown, shaping: Shaping): unknown {
  return (
    choices.find((choice) => matches(choice, value, shaping)) ??
    choices.find((choice) => matches(choice, shape([choice], value, shaping), shaping)) ??
    // So that errors and defaults are those of the nearest: the one with the same constants.
    choices.find((choice) => isRecord(choice) && sameConstants(choice, value, shaping))
  );
}

function sameConstants(choice: JsonSchema, value: unknown, shaping: Shaping): boolean {
  if (!isRecord(value)) return false;
  const constants = together(choice, shaping, 0).flatMap(({ properties }) =>
    isRecord(properties) ? Object.entries(properties).filter(([, inner]) => isRecord(inner) && "const" in inner) : [],
  );
  return constants.length > 0 && constants.every(([name, inner]) => isRecord(inner) && inner["const"] === value[name]);
}

/** Whether `value` matches `schema`, which is a part of the root. */
function matches(schema: unknown, value: unknown, { root, check }: Shaping): boolean {
  if (typeof schema === "boolean") return schema;
  return isRecord(schema) && value !== undefined && check(standAlone(schema, root), value).valid;
}

const ROOT = "https://schema.invalid/root";
const partsOf = new WeakMap<JsonSchema, WeakMap<JsonSchema, JsonSchema>>();

/** `part` of `root` as a schema of its own: what it refers to comes with it. */
function standAlone(part: JsonSchema, root: JsonSchema): JsonSchema {
  const known = partsOf.get(root) ?? new WeakMap<JsonSchema, JsonSchema>();
  partsOf.set(root, known);
  const before = known.get(part);
  if (before !== undefined) return before;
  let refers = false;
  const moved = transformSchema(part, (schema) => {
    if (typeof schema["$ref"] !== "string" || !schema["$ref"].startsWith("#")) return schema;
    refers = true;
    return { ...schema, $ref: ROOT + schema["$ref"] };
  });
  const alone = refers ? { ...moved, $defs: { root: { ...root, $id: ROOT } } } : part;
  known.set(part, alone);
  return alone;
}

function firstOf(schemas: readonly JsonSchema[], keyword: string): unknown {
  return schemas.find((schema) => Object.hasOwn(schema, keyword))?.[keyword];
}

function ofRightType(schemas: readonly JsonSchema[], value: unknown, { coerce }: Shaping): unknown {
  if (coerce === undefined) return value;
  const constants = schemas.flatMap((schema) => [
    ...("const" in schema ? [schema["const"]] : []),
    ...(Array.isArray(schema["enum"]) ? (schema["enum"] as unknown[]) : []),
  ]);
  if (constants.length > 0) return ofConstants(constants, value);
  const types = schemas
    .map(({ type }) => (Array.isArray(type) ? type : [type]))
    .find(([first]) => first !== undefined) as TypeName[] | undefined;
  if (types === undefined || types.some((type) => isOfType(type, value))) return value;
  for (const type of types) {
    const changed = coerceTo(type, value, coerce);
    if (changed !== undefined) return changed;
  }
  return value;
}

/** The one constant that `value` says in another case or type; else `value`. */
function ofConstants(constants: readonly unknown[], value: unknown): unknown {
  if (constants.includes(value) || (typeof value === "object" && value !== null)) return value;
  const said = String(value).trim().toLowerCase();
  const same = constants.filter(
    (constant) => (typeof constant !== "object" || constant === null) && String(constant).toLowerCase() === said,
  );
  return same.length === 1 ? same[0] : value;
}

function shapedItems(schemas: readonly JsonSchema[], items: readonly unknown[], shaping: Shaping): unknown[] {
  return items.map((item, i) => {
    const inner = schemas.flatMap(({ prefixItems, items: others }) =>
      Array.isArray(prefixItems) && i < prefixItems.length ? [prefixItems[i]] : others === undefined ? [] : [others],
    );
    return shape(inner, item, shaping);
  });
}

function shapedProperties(
  schemas: readonly JsonSchema[],
  value: Readonly<Record<string, unknown>>,
  shaping: Shaping,
): Record<string, unknown> {
  const named = schemas.flatMap(({ properties }) => (isRecord(properties) ? Object.keys(properties) : []));
  const missing = [...new Set(named)].filter((name) => !Object.hasOwn(value, name));
  const isOpen = schemas.every((schema) => !namesProperties(schema)) || schemas.some(isOpenSchema);
  const entries = [...Object.keys(value), ...(shaping.defaults ? missing : [])].flatMap((name): [string, unknown][] => {
    const inner = schemas.flatMap((schema) => schemasOfProperty(schema, name));
    if (shaping.strip && !isOpen && inner.length === 0) return [];
    const shaped = shape(inner, Object.hasOwn(value, name) ? value[name] : undefined, shaping);
    return shaped === undefined ? [] : [[name, shaped]];
  });
  return Object.fromEntries(entries);
}

const namesProperties = (schema: JsonSchema): boolean =>
  isRecord(schema["properties"]) || isRecord(schema["patternProperties"]) || schema["additionalProperties"] === false;

// `additionalProperties` as a schema is seen with the properties it is for.
const isOpenSchema = (schema: JsonSchema): boolean =>
  schema["additionalProperties"] === true || schema["unevaluatedProperties"] === true;

/** The schemas that `schema` has for the property `name`; `true` for one without any demand. */
function schemasOfProperty(schema: JsonSchema, name: string): unknown[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const own = isRecord(properties) && Object.hasOwn(properties, name) ? [properties[name]] : [];
  const matching = isRecord(patternProperties)
    ? Object.entries(patternProperties).flatMap(([pattern, inner]) =>
        new RegExp(pattern, "u").test(name) ? [inner] : [],
      )
    : [];
  if (own.length + matching.length > 0) return [...own, ...matching];
  return isRecord(additionalProperties) ? [additionalProperties] : [];
}
