import {
  checkLoader,
  describeErrors,
  loadCheck,
  partialSchema,
  reshape,
  type JsonSchema,
  type ReshapeOptions,
  type SchemaResult,
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
  /** Knows the validators of the spell; one for all calls, as it takes milliseconds to make one and keeps what it compiles. */
  check: loadCheck,
  /** What they are to be asked, for they may wait: noted by the check while a value is validated. */
  asked: undefined as Question[] | undefined,
  last: [] as SchemaResult["errors"],
}));

const RESULT = "{valid: boolean, errors: list<{path: string, keyword: string, message: string}>}";

/** A value that a validator of the spell is to be asked about. */
interface Question {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
}

/** The schema, if it can be used in this run. @throws SpellError `VALIDATION_FAILED` saying why not. */
export async function checkedSchema(run: RunContext, schema: JsonSchema): Promise<JsonSchema> {
  (await checks(run).check())(schema, null);
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
  { partial, signal }: { partial: boolean; signal: AbortSignal },
): Promise<SchemaResult> {
  const own = checks(run);
  const check = await own.check();
  const asked: Question[] = (own.asked = []);
  let all: SchemaResult["errors"];
  try {
    all = [...check(partial ? partialSchema(schema) : schema, value).errors];
  } finally {
    own.asked = undefined;
  }
  for (const { name, value: item, path } of asked) {
    const message = await problemOf(run, { name, value: item, path }, signal);
    if (message !== undefined) all.push({ path, keyword: "x-validator", message });
  }
  own.last = all;
  return { valid: all.length === 0, errors: all };
}

/** What a validator of the spell says: a text, or false, for what is wrong. */
async function problemOf(
  run: RunContext,
  { name, value, path }: Question,
  signal: AbortSignal,
): Promise<string | undefined> {
  const fn = checks(run).validators.get(name);
  if (fn === undefined) throw new SpellError("NOT_FOUND", `there is no validator named '${name}'`);
  const answer = await run.callGuest(fn, [value as ScriptValue, path], signal);
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
  const check = await checks(run).check();
  return toScript((await reshape(schema, data, { ...options, check })).value);
}

async function coerced(
  run: RunContext,
  schema: JsonSchema,
  data: ScriptValue,
  signal: AbortSignal,
): Promise<ScriptValue> {
  const value = await reshaped(run, schema, data, { coerce: "strict" });
  const { valid, errors } = await validate(run, schema, value, { partial: false, signal });
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
    call: async (run, { data, schema }, signal) =>
      scriptResult(await validate(run, schemaOf(schema), data, { partial: false, signal })),
  }),
  validate_partial: awaitable({
    doc: "As `validate`, for data that is still being filled in: nothing is required.",
    params: { data: t.any, schema: schemaType },
    result: RESULT,
    aliases: ["structured.validation_validate_partial(schema, data)"],
    example: 'return schema.validate_partial({}, { type = "object", required = { "name" } }).valid',
    call: async (run, { data, schema }, signal) =>
      scriptResult(await validate(run, schemaOf(schema), data, { partial: true, signal })),
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
    params: { name: t.name, fn: t.fn },
    aliases: ["structured.validation_add_custom", "structured.custom_register"],
    example:
      'schema.add_custom("even", function(n) return n % 2 == 0 end)\nreturn schema.validate(3, { ["x-validator"] = "even" }).valid == false',
    call(run, { name, fn }) {
      const own = checks(run);
      if (own.validators.has(name))
        throw new SpellError("ALREADY_EXISTS", `there already is a validator named '${name}'`);
      own.validators.set(name, fn);
      const note = (each: string) => (value: unknown, path: string) => {
        own.asked?.push({ name: each, value, path });
        return undefined;
      };
      const validators = Object.fromEntries([...own.validators.keys()].map((each) => [each, note(each)]));
      own.check = checkLoader({ validators });
      return undefined;
    },
  }),
  custom_execute: awaitable({
    doc: "Asks one validator of the spell.",
    params: { name: t.name, value: t.any },
    result: "{valid: boolean, errors: list<string>}",
    example:
      'schema.add_custom("short", function(s) return #s < 3 or "too long" end)\nreturn schema.custom_execute("short", "abcd").errors[1]',
    async call(run, { name, value }, signal) {
      const problem = await problemOf(run, { name, value, path: "" }, signal);
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
    call: async (run, { data, schema }, signal) => await coerced(run, schemaOf(schema), data, signal),
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
