import {
  defined,
  createValidator,
  describeErrors,
  reshape,
  validateJson,
  validatePartial,
  type JsonSchema,
  type ReshapeOptions,
  type SchemaResult,
  type Validator,
} from "@llmspell/core";
import type { FunctionRef, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { perRun } from "../../run/per-run.js";
import { toScript } from "../shapes.js";
import { schemaOf, schemaType } from "./types.js";

/** Validators of the spell, and what was found wrong last. */
const checks = perRun(() => ({
  validators: new Map<string, FunctionRef>(),
  /** One of each name that has nothing against any value; one object, with which core keeps what it compiles. */
  content: undefined as ReshapeOptions["validators"],
  last: [] as SchemaResult["errors"],
}));

const RESULT = "{valid: boolean, errors: list<{path: string, keyword: string, message: string}>}";

/** A value that a validator of the spell is to be asked about. */
interface Question {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
}

/** To make one of one's own for each check takes milliseconds. */
const PLAIN: Validator = { validate: validateJson, validatePartial };

/** A validator that knows those of the spell, and notes in `asked` what they are to be asked, for they may wait. */
function validatorOf(run: RunContext, asked: Question[]): Validator {
  const { validators } = checks(run);
  if (validators.size === 0) return PLAIN;
  const noted = (name: string) => (value: unknown, path: string) => void asked.push({ name, value, path });
  return createValidator({
    validators: Object.fromEntries([...validators.keys()].map((name) => [name, noted(name)])) as Record<
      string,
      (value: unknown, path: string) => undefined
    >,
  });
}

/** The schema, if it can be used in this run. @throws SpellError `VALIDATION_FAILED` saying why not. */
export async function checkedSchema(run: RunContext, schema: JsonSchema): Promise<JsonSchema> {
  await validatorOf(run, []).validate(schema, null);
  return schema;
}

/**
 * Checks a value. What the keyword `x-validator` names are functions of the spell, which may
 * wait: they are asked once the rest is checked.
 */
async function validate(
  run: RunContext,
  schema: JsonSchema,
  value: ScriptValue,
  partial: boolean,
): Promise<SchemaResult> {
  const asked: Question[] = [];
  const validator = validatorOf(run, asked);
  const { errors } = await (partial ? validator.validatePartial(schema, value) : validator.validate(schema, value));
  const all = [...errors];
  for (const { name, value: item, path } of asked) {
    const message = await problemOf(run, name, item as ScriptValue, path);
    if (message !== undefined) all.push({ path, keyword: "x-validator", message });
  }
  checks(run).last = all;
  return { valid: all.length === 0, errors: all };
}

/** What a validator of the spell says: a text, or false, for what is wrong. */
async function problemOf(run: RunContext, name: string, value: ScriptValue, path: string): Promise<string | undefined> {
  const fn = checks(run).validators.get(name);
  if (fn === undefined) throw new SpellError("NOT_FOUND", `there is no validator named '${name}'`);
  const answer = await run.callGuest(fn, [value, path]);
  if (typeof answer === "string") return answer;
  return answer === false ? `is refused by the validator '${name}'` : undefined;
}

const scriptResult = (result: SchemaResult): ScriptObject => toScript(result) as ScriptObject;

/** Data in another shape; validators of the spell, which may wait, have no say in what becomes of it. */
async function reshaped(
  run: RunContext,
  schema: JsonSchema,
  data: ScriptValue,
  options: ReshapeOptions,
): Promise<ScriptValue> {
  const { content: validators } = checks(run);
  return toScript((await reshape(schema, data, { ...options, ...defined({ validators }) })).value);
}

async function coerced(run: RunContext, schema: JsonSchema, data: ScriptValue): Promise<ScriptValue> {
  const value = await reshaped(run, schema, data, { coerce: "strict" });
  const { valid, errors } = await validate(run, schema, value, false);
  if (valid) return value;
  throw new SpellError("VALIDATION_FAILED", `the data cannot be coerced: ${describeErrors(errors)}`, {
    details: { errors },
  });
}

export const validationFunctions = {
  validate: awaitable({
    doc: "Checks data against a schema; says every mistake with its path.",
    params: { data: t.any, schema: schemaType },
    result: RESULT,
    aliases: ["validate_with_details", "structured.validation_validate(schema, data)", "data.validate"],
    example: 'return schema.validate({ age = "x" }, { properties = { age = { type = "number" } } }).errors[1].path',
    call: async (run, { data, schema }) => scriptResult(await validate(run, schemaOf(schema), data, false)),
  }),
  validate_partial: awaitable({
    doc: "As `validate`, for data that is still being filled in: nothing is required.",
    params: { data: t.any, schema: schemaType },
    result: RESULT,
    aliases: ["structured.validation_validate_partial(schema, data)"],
    example: 'return schema.validate_partial({}, { type = "object", required = { "name" } }).valid',
    call: async (run, { data, schema }) => scriptResult(await validate(run, schemaOf(schema), data, true)),
  }),
  get_errors: sync({
    doc: "The mistakes of a result, or of the latest validation, as texts.",
    params: { result: t.optional(t.object({ valid: t.boolean, errors: t.list(t.table) })) },
    result: "list<string>",
    aliases: ["structured.validation_get_errors"],
    example: 'schema.validate(1, { type = "string" })\nreturn schema.get_errors()[1]',
    call(run, { result }) {
      const errors = result === undefined ? checks(run).last : (result.errors as unknown as SchemaResult["errors"]);
      return errors.map((error) => describeErrors([error]));
    },
  }),
  add_custom: sync({
    doc: "A validator by name, for the keyword `x-validator`: a function of value and path that returns what is wrong, or false.",
    params: { name: t.string, fn: t.fn },
    aliases: ["structured.validation_add_custom", "structured.custom_register"],
    example:
      'schema.add_custom("even", function(n) return n % 2 == 0 end)\nreturn schema.validate(3, { ["x-validator"] = "even" }).valid == false',
    call(run, { name, fn }) {
      const own = checks(run);
      if (own.validators.has(name))
        throw new SpellError("ALREADY_EXISTS", `there already is a validator named '${name}'`);
      own.validators.set(name, fn);
      own.content = Object.fromEntries([...own.validators.keys()].map((each) => [each, () => undefined]));
      return undefined;
    },
  }),
  custom_execute: awaitable({
    doc: "Asks one validator of the spell.",
    params: { name: t.string, value: t.any },
    result: "{valid: boolean, errors: list<string>}",
    example:
      'schema.add_custom("short", function(s) return #s < 3 or "too long" end)\nreturn schema.custom_execute("short", "abcd").errors[1]',
    async call(run, { name, value }) {
      const problem = await problemOf(run, name, value, "");
      return { valid: problem === undefined, errors: problem === undefined ? [] : [problem] };
    },
  }),
  custom_list: sync({
    doc: "The names of the spell's validators.",
    result: "list<string>",
    example: "return #schema.custom_list()",
    call: (run) => [...checks(run).validators.keys()],
  }),
  coerce: awaitable({
    doc: 'Data with the types that a schema wants, e.g. 42 for "42"; an error where that cannot be.',
    params: { data: t.any, schema: schemaType },
    result: "any",
    example: 'return schema.coerce("42", { type = "integer" })',
    call: async (run, { data, schema }) => await coerced(run, schemaOf(schema), data),
  }),
  apply_defaults: awaitable({
    doc: "A copy of the data with the defaults of a schema where it has nothing.",
    params: { data: t.any, schema: schemaType },
    result: "any",
    aliases: ["defaults"],
    example: "return schema.apply_defaults({}, { properties = { n = { default = 3 } } }).n",
    call: async (run, { data, schema }) => await reshaped(run, schemaOf(schema), data, { defaults: true }),
  }),
  strip: awaitable({
    doc: "A copy of the data without properties that a schema does not know.",
    params: { data: t.any, schema: schemaType },
    result: "any",
    example: "return schema.strip({ a = 1, b = 2 }, { properties = { a = {} } }).b == nil",
    call: async (run, { data, schema }) => await reshaped(run, schemaOf(schema), data, { strip: true }),
  }),
};
