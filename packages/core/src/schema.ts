import { SpellError } from "@llmspell/errors";
import type { ErrorObject, ValidateFunction } from "ajv";
import { bounded, isRecord, type JsonSchema } from "./json.js";

/** One mismatch. `path` reads like `items[0].name`; empty for the value itself. */
export interface SchemaError {
  path: string;
  message: string;
}

/** What {@link validateJson} found. */
export interface SchemaResult {
  valid: boolean;
  errors: SchemaError[];
}

// Schemas come from spells, models and other servers. A regular expression or a
// web of references can take for ever, so every use runs under this many milliseconds.
const TIME_LIMIT_MS = 2000;
const MAX_ERRORS = 20;

/**
 * Checks `value` against a JSON Schema (2020-12, with formats; no coercion, no
 * defaults, no remote references). Compiled schemas are kept per schema object,
 * so do not mutate a schema after its first use.
 *
 * @throws SpellError `VALIDATION_FAILED` when the schema itself is invalid or
 *   checking takes longer than two seconds.
 */
export async function validateJson(schema: JsonSchema, value: unknown): Promise<SchemaResult> {
  const { timed } = await loadTools();
  const validate = await compiled(schema);
  let valid: unknown;
  try {
    valid = timed(() => validate(value));
  } catch (error) {
    throw schemaError(error);
  }
  const errors = valid === true ? [] : (validate.errors ?? []).slice(0, MAX_ERRORS).map(describe);
  validate.errors = null;
  return { valid: valid === true, errors };
}

/** `errors` as one line for people and models: `items[0].name: must be string; …`. */
export function describeErrors(errors: readonly SchemaError[]): string {
  return errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
}

let compilations = 0;
const validators = new WeakMap<JsonSchema, ValidateFunction>();

async function compiled(schema: JsonSchema): Promise<ValidateFunction> {
  if (!isRecord(schema)) throw new SpellError("VALIDATION_FAILED", "a JSON Schema must be an object");
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const { timed, ajv, renew } = await loadTools();
  // The dialect is always 2020-12; a `$schema` of another draft would only be
  // unresolvable. A schema's own `$id` could take the place of another one's.
  const { $schema: _dialect, ...rest } = schema;
  const plain = { ...rest, $id: `llmspell:${++compilations}` };
  let validate: ValidateFunction;
  try {
    validate = timed(() => ajv().compile(plain));
    // ajv keeps every schema for ever; the WeakMap above is our cache.
    ajv().removeSchema(plain.$id);
    ajv().removeSchema(plain);
  } catch (error) {
    renew();
    throw schemaError(error);
  }
  if ("$async" in validate) throw new SpellError("VALIDATION_FAILED", "asynchronous JSON Schemas are not supported");
  validators.set(schema, validate);
  return validate;
}

function schemaError(error: unknown): SpellError {
  const message = error instanceof Error ? bounded(error.message, 500) : "unknown";
  const timedOut = isRecord(error) && error["code"] === "ERR_SCRIPT_EXECUTION_TIMEOUT";
  const reason = timedOut ? `it takes longer than ${TIME_LIMIT_MS} ms` : message;
  return new SpellError("VALIDATION_FAILED", `the JSON Schema cannot be used: ${reason}`);
}

function describe(error: ErrorObject): SchemaError {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"))
    .reduce((whole, part) => (/^\d+$/.test(part) ? `${whole}[${part}]` : whole === "" ? part : `${whole}.${part}`), "");
  const message = error.message ?? `breaks '${error.keyword}'`;
  return { path: bounded(path, 200), message: bounded(message + extra(error), 300) };
}

function extra({ keyword, params }: ErrorObject): string {
  const shown = params as Record<string, unknown>;
  if (keyword === "enum") return `: ${JSON.stringify(shown["allowedValues"])}`;
  if (keyword === "const") return `: ${JSON.stringify(shown["allowedValue"])}`;
  return keyword === "additionalProperties" ? `: '${String(shown["additionalProperty"])}'` : "";
}

let tools: ReturnType<typeof importTools> | undefined;
const loadTools = (): ReturnType<typeof importTools> => (tools ??= importTools());

async function importTools() {
  const [{ Ajv2020 }, formats, vm] = await Promise.all([
    import("ajv/dist/2020.js"),
    import("ajv-formats"),
    import("node:vm"),
  ]);
  const create = () => {
    const instance = new Ajv2020({
      strict: false,
      allErrors: true,
      // Inlining lets a small schema of nested references explode into huge code.
      inlineRefs: false,
      logger: false,
    });
    formats.default.default(instance);
    return instance;
  };
  let current = create();
  // Node can only interrupt synchronous code that was entered through `vm`.
  const script = new vm.Script("work()");
  const context = vm.createContext({});
  const timed = <T>(work: () => T): T => {
    context["work"] = work;
    return script.runInContext(context, { timeout: TIME_LIMIT_MS }) as T;
  };
  const renew = (): void => {
    current = create();
  };
  return { timed, renew, ajv: () => current };
}
