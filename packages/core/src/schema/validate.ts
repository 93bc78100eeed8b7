import { SpellError, isSpellError } from "@llmspell/errors";
import type { ErrorObject, FormatDefinition, ValidateFunction } from "ajv";
import { pathText } from "../formats/plain.js";
import { bounded, isRecord, type JsonSchema } from "../json.js";
import { TIME_LIMIT_MS, isTimeLimit, timed } from "../time-limit.js";
import { guardSchema, reserving, safeExpression, unusable, withStack } from "./guard.js";
import { isPlainlyValid } from "./plainly-valid.js";
import { partialSchema } from "./partial.js";
import { subschemasOf } from "./subschemas.js";

/** One mismatch. `path` reads like `items[0].name`; empty for the value itself. */
export interface SchemaError {
  path: string;
  /** The keyword of the schema that is broken, e.g. `required`. */
  keyword: string;
  message: string;
}

/** What {@link validateJson} found. */
export interface SchemaResult {
  valid: boolean;
  errors: SchemaError[];
}

/** What a validator knows beyond JSON Schema itself. */
export interface ValidatorOptions {
  /** Further values of `format`, for strings. */
  formats?: Readonly<Record<string, RegExp | ((text: string) => boolean)>>;
  /**
   * What the keyword `x-validator` can name: returns what is wrong with a value, or
   * undefined. `path` is that of the value.
   */
  validators?: Readonly<Record<string, (value: unknown, path: string) => string | undefined>>;
  /** Schemas that `$ref` can name by their `$id`. Nothing is ever loaded from elsewhere. */
  schemas?: readonly JsonSchema[];
}

/** Checks values against JSON Schemas (2020-12, with formats; no coercion, no defaults). */
export interface Validator {
  /**
   * Checks `value`. Compiled schemas are kept per schema object, so do not mutate a schema
   * after its first use.
   *
   * @throws SpellError `VALIDATION_FAILED` when the schema itself is invalid or checking
   *   takes longer than two seconds.
   */
  validate(schema: JsonSchema, value: unknown): Promise<SchemaResult>;
  /** As `validate`, for a value that is still being filled in: nothing is required. */
  validatePartial(schema: JsonSchema, value: unknown): Promise<SchemaResult>;
}

/** Synchronous {@link Validator.validate}. */
export type Check = (schema: JsonSchema, value: unknown) => SchemaResult;

const MAX_ERRORS = 20;
// ajv keeps a few kilobytes of each schema that it has compiled, also of one that is removed.
const RENEWED_AFTER = 50;

/** A validator with formats, validators and schemas of its own. */
export function createValidator(options: ValidatorOptions = {}): Validator {
  const load = checkLoader(options);
  return {
    validate: async (schema, value) => (await load())(schema, value),
    validatePartial: async (schema, value) => (await load())(partialSchema(schema), value),
  };
}

/** The check of a validator without options of its own. */
export const loadCheck = checkLoader({});

const plain = createValidator();

/** {@link Validator.validate} without further formats and validators. */
export const validateJson = plain.validate;
/** {@link Validator.validatePartial} without further formats and validators. */
export const validatePartial = plain.validatePartial;

/** `errors` as one line for people and models: `items[0].name: must be string; …`. */
export function describeErrors(errors: readonly Pick<SchemaError, "path" | "message">[]): string {
  return errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}

type Create = () => InstanceType<Awaited<ReturnType<typeof importAjv>>["Ajv2020"]>;
type Ajv = ReturnType<Create>;

/** The check of a validator with these options, made when it is first asked for; it keeps what it compiles. */
export function checkLoader(options: ValidatorOptions): () => Promise<Check> {
  let check: Promise<Check> | undefined;
  return () => (check ??= createCheck(options));
}

async function importAjv() {
  const [{ Ajv2020 }, formats] = await Promise.all([import("ajv/dist/2020.js"), import("ajv-formats")]);
  return { Ajv2020, addFormats: formats.default.default };
}

async function createCheck(options: ValidatorOptions): Promise<Check> {
  const { Ajv2020, addFormats } = await importAjv();
  const create: Create = () => {
    const ajv = new Ajv2020({
      strict: false,
      allErrors: true,
      // Else 'toString' would be a property of every object.
      ownProperties: true,
      // Done below, where it must be: it compiles the meta-schema first.
      validateSchema: false,
      // Inlining lets a small schema of nested references explode into huge code.
      inlineRefs: false,
      logger: false,
      // The name is only used in stand-alone code.
      code: {
        regExp: Object.assign(
          (pattern: string, flags: string) => safeExpression(new RegExp(pattern, flags)) as RegExp,
          { code: "" },
        ),
      },
    });
    addFormats(ajv);
    for (const [name, format] of Object.entries({ ...ajv.formats, ...options.formats }))
      ajv.addFormat(name, safeFormat(format ?? true));
    ajv.addKeyword({
      keyword: "x-validator",
      schemaType: "string",
      errors: "full",
      compile: (name: string) => custom(options, name),
    });
    for (const schema of options.schemas ?? []) {
      guardSchema(schema);
      checkSchema(ajv, schema);
      ajv.addSchema(schema);
    }
    return ajv;
  };

  let shared: Ajv | undefined;
  let compilations = 0;
  const compile = (schema: JsonSchema): ValidateFunction => {
    // The dialect is always 2020-12; a `$schema` of another draft would only be unresolvable.
    const { $schema: _dialect, ...rest } = schema;
    // An identifier of a schema's own could take the place of another one's.
    if (hasIdentifier(rest)) return compiled(create(), rest);
    if (compilations % RENEWED_AFTER === 0) shared = create();
    const ajv = (shared ??= create());
    const named = { ...rest, $id: `llmspell:${++compilations}` };
    const validate = compiled(ajv, rest, named);
    // ajv keeps every schema for ever; the WeakMap below is our cache.
    ajv.removeSchema(named.$id);
    ajv.removeSchema(named);
    return validate;
  };

  const prepare = (schema: JsonSchema): Prepared => {
    const { refers, isLinear } = guardSchema(schema);
    let validate: ValidateFunction;
    try {
      validate = timed(() => compile(schema));
    } catch (error) {
      // What it was doing is half done.
      shared = undefined;
      throw error;
    }
    if ("$async" in validate) throw unusable("asynchronous JSON Schemas are not supported");
    const run = (value: unknown): unknown => reserving(refers, () => validate(value));
    // Watching the time takes longer than checking most values.
    return { run: isLinear ? run : (value) => timed(() => run(value)), validate };
  };

  const known = new WeakMap<JsonSchema, Prepared>();
  return (schema, value) => {
    if (!isRecord(schema)) throw new SpellError("VALIDATION_FAILED", "a JSON Schema must be an object");
    try {
      const prepared = known.get(schema) ?? prepare(schema);
      known.set(schema, prepared);
      const valid = prepared.run(value) === true;
      const errors = valid ? [] : (prepared.validate.errors ?? []).toSorted(byPlace).slice(0, MAX_ERRORS).map(describe);
      prepared.validate.errors = null;
      return { valid, errors };
    } catch (error) {
      throw asUnusable(error);
    }
  };
}

function compiled(ajv: Ajv, schema: JsonSchema, named: JsonSchema = schema): ValidateFunction {
  checkSchema(ajv, schema);
  return ajv.compile(named);
}

/** @throws Error what the meta-schema has against `schema`. */
function checkSchema(ajv: Ajv, schema: JsonSchema): void {
  if (!isPlainlyValid(schema)) ajv.validateSchema(schema, true);
}

interface Prepared {
  readonly run: (value: unknown) => unknown;
  readonly validate: ValidateFunction;
}

function asUnusable(error: unknown): SpellError {
  if (isSpellError(error)) return error;
  if (isTimeLimit(error)) return unusable(`it takes longer than ${TIME_LIMIT_MS} ms`);
  return unusable(error instanceof Error ? bounded(error.message, 500) : "unknown");
}

/** Whether `schema` or one inside it has an `$id`. */
function hasIdentifier(schema: JsonSchema): boolean {
  return (
    typeof schema["$id"] === "string" ||
    subschemasOf(schema).some(({ schema: inner }) => isRecord(inner) && hasIdentifier(inner))
  );
}

type AnyFormat = Ajv["formats"][string];

function safeFormat(format: NonNullable<AnyFormat>): FormatDefinition<string> | FormatDefinition<number> | true {
  if (format === true || typeof format === "boolean") return true;
  if (format instanceof RegExp) return { validate: safeExpression(format).test };
  if (typeof format === "function") return { validate: (text: string) => withStack(() => format(text)) };
  if (typeof format === "string") return { validate: safeExpression(new RegExp(format, "u")).test };
  if (format.type === "number" || format.async === true) return format as FormatDefinition<number>;
  const { validate, compare } = format as FormatDefinition<string>;
  const safe = safeFormat(validate as NonNullable<AnyFormat>) as FormatDefinition<string>;
  return compare === undefined ? safe : { ...safe, compare };
}

function custom({ validators = {} }: ValidatorOptions, name: string) {
  const validator = Object.hasOwn(validators, name) ? validators[name] : undefined;
  if (validator === undefined) throw unusable(`there is no validator '${bounded(name, 100)}'`);
  const check = (value: unknown, context?: { instancePath: string }): boolean => {
    const message = validator(value, readablePath(context?.instancePath ?? ""));
    check.errors = message === undefined ? [] : [{ keyword: "x-validator", message }];
    return message === undefined;
  };
  check.errors = [] as Partial<ErrorObject>[];
  return check;
}

function readablePath(pointer: string): string {
  return pathText(
    pointer
      .split("/")
      .slice(1)
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
      .map((part) => (INDEX.test(part) ? Number(part) : part)),
  );
}

/** Not by the keys of schema and value, whose order differs from language to language. */
function byPlace(a: ErrorObject, b: ErrorObject): number {
  const [left, right] = [a.instancePath.split("/"), b.instancePath.split("/")];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareKeys(left[i] as string, right[i] as string);
    if (order !== 0) return order;
  }
  return (
    left.length - right.length ||
    compareText(a.keyword, b.keyword) ||
    compareText(describe(a).message, describe(b).message)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const compareKeys = (a: string, b: string): number =>
  (INDEX.test(a) && INDEX.test(b) && Number(a) - Number(b)) || compareText(a, b);
const INDEX = /^\d+$/;

function describe(error: ErrorObject): SchemaError {
  const message = error.message ?? `breaks '${error.keyword}'`;
  return {
    path: bounded(readablePath(error.instancePath), 200),
    keyword: error.keyword,
    message: bounded(message + extra(error), 300),
  };
}

function extra({ keyword, params }: ErrorObject): string {
  const shown = params as Record<string, unknown>;
  if (keyword === "enum") return `: ${JSON.stringify(shown["allowedValues"])}`;
  if (keyword === "const") return `: ${JSON.stringify(shown["allowedValue"])}`;
  return keyword === "additionalProperties" ? `: '${String(shown["additionalProperty"])}'` : "";
}
