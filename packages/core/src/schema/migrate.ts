import { SpellError } from "@llmspell/errors";
import { plainCopy } from "../formats/plain.js";
import { isRecord, type JsonSchema } from "../json.js";
import { reshape } from "./reshape.js";
import { describeErrors } from "./validate.js";

/**
 * How values of one version become values of the next, as data. Places are written
 * `customer.name`; `lines[].sku` is that of every item. The steps are done in this order.
 */
export interface SchemaMigration {
  /** From the old place to the new one. Both are within the same item of a list. */
  rename?: Readonly<Record<string, string>>;
  remove?: readonly string[];
  /** Values for places that have none yet. */
  set?: Readonly<Record<string, unknown>>;
}

/**
 * `value` in the form of `schema`: the steps of `migration`, then types are coerced, missing
 * properties get their defaults and properties that the schema does not know are left out
 * where it names any.
 *
 * @throws SpellError `VALIDATION_FAILED` naming each place that cannot be brought into form,
 *   `INVALID_ARGUMENT` for a place that makes no sense.
 */
export async function migrateJson(
  value: unknown,
  schema: JsonSchema,
  migration: SchemaMigration = {},
): Promise<unknown> {
  const copy = plainCopy("json", value);
  for (const [from, to] of Object.entries(migration.rename ?? {})) rename(copy, parsePlace(from), parsePlace(to));
  for (const place of migration.remove ?? []) remove(copy, parsePlace(place));
  for (const [place, filling] of Object.entries(migration.set ?? {})) {
    const { lists, names } = parsePlace(place);
    for (const item of valuesAt(copy, lists)) put(item, names, structuredClone(filling));
  }
  const result = await reshape(schema, copy, { coerce: "strict", defaults: true, strip: true });
  if (result.valid) return result.value;
  throw new SpellError("VALIDATION_FAILED", `the value cannot be migrated: ${describeErrors(result.errors)}`, {
    details: { errors: result.errors },
  });
}

interface Place {
  readonly text: string;
  /** Steps to the innermost list, whose items have the property; `[]` is each item. */
  readonly lists: readonly string[];
  /** Steps from there. */
  readonly names: readonly string[];
}

function parsePlace(text: unknown): Place {
  // Data of scripts comes here too.
  if (typeof text !== "string") throw new SpellError("INVALID_ARGUMENT", "the place of a property must be a text");
  const steps = text.replaceAll("[]", ".[]").replace(/^\./, "").split(".");
  const end = steps.lastIndexOf("[]") + 1;
  if (end === steps.length || steps.some((step) => step === "" || step === "__proto__"))
    throw new SpellError("INVALID_ARGUMENT", `'${text}' is no place of a property`);
  return { text, lists: steps.slice(0, end), names: steps.slice(end) };
}

function valuesAt(value: unknown, steps: readonly string[]): unknown[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [value];
  if (step === "[]") return Array.isArray(value) ? value.flatMap((item) => valuesAt(item, rest)) : [];
  return isRecord(value) && Object.hasOwn(value, step) ? valuesAt(value[step], rest) : [];
}

function rename(root: unknown, from: Place, to: Place): void {
  if (from.lists.join(".") !== to.lists.join("."))
    throw new SpellError("INVALID_ARGUMENT", `'${from.text}' cannot become '${to.text}': it would leave its list`);
  for (const item of valuesAt(root, from.lists)) for (const moved of take(item, from.names)) put(item, to.names, moved);
}

function remove(root: unknown, { lists, names }: Place): void {
  for (const item of valuesAt(root, lists)) take(item, names);
}

/** Takes the property out; its value, when there was one. */
function take(value: unknown, names: readonly string[]): unknown[] {
  const name = names.at(-1) ?? "";
  return valuesAt(value, names.slice(0, -1)).flatMap((holder) => {
    if (!isRecord(holder) || !Object.hasOwn(holder, name)) return [];
    const taken = holder[name];
    delete holder[name];
    return [taken];
  });
}

/** Puts `filling` in its place, where there is nothing yet. */
function put(value: unknown, names: readonly string[], filling: unknown): void {
  const [name = "", ...rest] = names;
  if (!isRecord(value)) return;
  const isThere = Object.hasOwn(value, name);
  if (rest.length === 0) {
    if (!isThere) value[name] = filling;
    return;
  }
  if (!isThere) value[name] = {};
  put(value[name], rest, filling);
}
