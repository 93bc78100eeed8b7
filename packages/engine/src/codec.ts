import { SpellError, isErrorCode, isSpellError } from "@llmspell/errors";
import {
  Float,
  FunctionRef,
  Handle,
  HostFunction,
  MAX_VALUE_DEPTH,
  WeakHandle,
  asText,
  textField,
  type ScriptValue,
} from "./value.js";

/**
 * The name of the format: a {@link ScriptValue} as JSON. What stands for itself
 * is null, booleans, finite numbers, text, arrays, and objects no key of which
 * begins with `$`; everything else is an object with the one key that names it:
 *
 * | value | JSON |
 * |---|---|
 * | `bigint` | `{"$bigint":"9007199254740993"}` |
 * | NaN, ±Infinity, -0 | `{"$number":"NaN"}` |
 * | `Uint8Array` | `{"$bytes":"…base64…"}` |
 * | `Float` | `{"$float":3}` |
 * | `FunctionRef` | `{"$function":7}`: an id that means something to one guest |
 * | `Handle` | `{"$handle":["Agent",3]}` |
 * | `WeakHandle` | `{"$weak":["Agent",3]}` |
 * | `SpellError` | `{"$error":{"code","message","details","cause"?}}` |
 * | object marked by `asText` | `{"$text":["content",{…}]}` |
 * | object with a key that begins with `$` | `{"$object":{…}}` |
 *
 * Stored values are read by later versions: never change what a name means, make
 * a new format with a new name.
 */
export const VALUE_FORMAT = "llmspell-value-1";

/** What `JSON.stringify` takes and `JSON.parse` gives. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** How deeply errors may cause each other. */
const MAX_CAUSES = 16;

/** `value` as JSON of the format {@link VALUE_FORMAT}. */
export function valueToJson(value: ScriptValue | undefined): Json {
  switch (typeof value) {
    case "undefined":
      return null;
    case "bigint":
      return { $bigint: String(value) };
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "object":
      return value === null ? null : objectToJson(value);
    default:
      return value;
  }
}

function objectToJson(value: Exclude<ScriptValue, null> & object): Json {
  if (Array.isArray(value)) return (value as readonly ScriptValue[]).map(valueToJson);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Float) return { $float: valueToJson(value.value) };
  if (value instanceof HostFunction)
    throw new SpellError("INVALID_ARGUMENT", `the function '${value.name}' of the host cannot be stored`);
  if (value instanceof FunctionRef) return { $function: value.id };
  if (value instanceof Handle) return { $handle: [value.kind, value.id] };
  if (value instanceof WeakHandle) return { $weak: [value.kind, value.id] };
  if (isSpellError(value)) return { $error: errorToJson(value, MAX_CAUSES) };
  const fields = fieldsToJson(value as Readonly<Record<string, ScriptValue | undefined>>);
  const field = textField(value);
  if (field !== undefined) return { $text: [field, fields] };
  return Object.keys(fields).some((key) => key.startsWith("$")) ? { $object: fields } : fields;
}

function fieldsToJson(object: Readonly<Record<string, ScriptValue | undefined>>): Record<string, Json> {
  // `fromEntries` defines: a key such as __proto__ stays a plain key.
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, valueToJson(value)]),
  );
}

function errorToJson(error: SpellError, causes: number): Json {
  const { code, message, details, cause } = error;
  return {
    code,
    message,
    details: detailsToJson(details),
    ...(isSpellError(cause) && causes > 0 ? { cause: errorToJson(cause, causes - 1) } : {}),
  };
}

/** Details are free-form; what JSON cannot hold is left out. */
function detailsToJson(details: SpellError["details"]): Json {
  try {
    const text = JSON.stringify(details, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
    return JSON.parse(text) as Json;
  } catch {
    return {}; // contains itself
  }
}

/**
 * The value that `json` stands for. Whatever the JSON is, the result is a value
 * or an error: nothing in it is trusted.
 *
 * @param functionOf makes the guest's function of an id.
 * @throws SpellError `INVALID_ARGUMENT`
 */
export function valueFromJson(json: unknown, functionOf: (id: number) => FunctionRef, depth = 0): ScriptValue {
  if (depth > MAX_VALUE_DEPTH) throw malformed("nests too deeply");
  const read = (inner: unknown): ScriptValue => valueFromJson(inner, functionOf, depth + 1);
  if (json === null || typeof json === "boolean" || typeof json === "number" || typeof json === "string") return json;
  if (Array.isArray(json)) return json.map(read);
  if (typeof json !== "object") throw malformed(`holds a ${typeof json}`);
  const object = json as Readonly<Record<string, unknown>>;
  const keys = Object.keys(object);
  const [tag] = keys;
  if (tag === undefined || !keys.some((key) => key.startsWith("$"))) return readFields(object, read);
  if (keys.length !== 1) throw malformed("has a tag beside other keys");
  return readTagged(tag, object[tag], read, functionOf);
}

function readFields(object: object, read: (inner: unknown) => ScriptValue): Record<string, ScriptValue> {
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, read(inner)]));
}

function readTagged(
  tag: string,
  inner: unknown,
  read: (inner: unknown) => ScriptValue,
  functionOf: (id: number) => FunctionRef,
): ScriptValue {
  switch (tag) {
    case "$bigint":
      if (typeof inner === "string" && /^-?\d{1,20}$/.test(inner)) return BigInt(inner);
      break;
    case "$number":
      if (inner === "NaN" || inner === "Infinity" || inner === "-Infinity" || inner === "-0") return Number(inner);
      break;
    case "$float": {
      const value = read(inner);
      if (typeof value === "number") return new Float(value);
      break;
    }
    case "$bytes":
      if (typeof inner === "string") return Uint8Array.from(Buffer.from(inner, "base64"));
      break;
    case "$function":
      if (isId(inner)) return functionOf(inner);
      break;
    case "$handle":
      if (isObjectId(inner)) return new Handle(...inner);
      break;
    case "$weak":
      if (isObjectId(inner)) return new WeakHandle(...inner);
      break;
    case "$error":
      return errorFromJson(inner);
    case "$text":
      if (Array.isArray(inner) && typeof inner[0] === "string" && isObject(inner[1])) {
        return asText(readFields(inner[1], read), inner[0]);
      }
      break;
    case "$object":
      if (isObject(inner)) return readFields(inner, read);
      break;
    default:
  }
  throw malformed(`has a wrong ${tag}`);
}

/** The error that the JSON of an `$error` stands for. @throws SpellError `INVALID_ARGUMENT` */
function errorFromJson(json: unknown, causes = MAX_CAUSES): SpellError {
  const { code, message, details, cause } = (isObject(json) ? json : {}) as Readonly<Record<string, unknown>>;
  if (!isErrorCode(code) || typeof message !== "string" || causes < 0) throw malformed("has a wrong $error");
  return new SpellError(code, message, {
    details: isObject(details) ? (details as SpellError["details"]) : {},
    cause: cause === undefined ? undefined : errorFromJson(cause, causes - 1),
  });
}

const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isObjectId = (value: unknown): value is [kind: string, id: number] =>
  Array.isArray(value) && typeof value[0] === "string" && isId(value[1]);
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function malformed(problem: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", `the stored value is not ${VALUE_FORMAT}: it ${problem}`);
}
