import { SpellError } from "@llmspell/errors";
import { stringifyJson } from "../formats/json.js";
import { didYouMean } from "../suggest.js";
import type { Mapping, Rule } from "./definition.js";
import { compile, type Language } from "./languages.js";
import type { WorkflowScope } from "./scope.js";

/** Functions by name for the rule `transform`. */
export type Transforms = Readonly<Record<string, (value: unknown) => unknown>>;

export const RULES = ["direct", "path", "template", "transform", "constant", "expression"] as const;

/** The value of a mapping. @throws SpellError `INVALID_ARGUMENT`, `NOT_FOUND`. */
export async function evaluateMapping(
  mapping: Mapping,
  scope: WorkflowScope,
  transforms: Transforms = {},
): Promise<unknown> {
  if ("fields" in mapping) {
    const entries = Object.entries(mapping.fields).map(
      async ([name, inner]) => [name, await evaluateMapping(inner, scope, transforms)] as const,
    );
    return Object.fromEntries(await Promise.all(entries));
  }
  if ("constant" in mapping) return mapping.constant;
  if ("direct" in mapping) return valueNamed(mapping.direct, scope);
  if ("transform" in mapping) {
    const value = mapping.of === undefined ? currentValue(scope) : await evaluateMapping(mapping.of, scope, transforms);
    return await transformNamed(mapping.transform, transforms)(value);
  }
  const [language, source] = sourceOf(mapping);
  return await (
    await compile(language, source)
  )(scope);
}

/** In a rule for the output that is the output, else what came before. */
const currentValue = (scope: WorkflowScope): unknown => ("output" in scope ? scope.output : scope.previous);

/** The language and source of a rule that has one. */
function sourceOf(
  rule: Exclude<Rule, { constant: unknown } | { direct: string } | { transform: string }>,
): [Language, string] {
  if ("path" in rule) return ["path", rule.path];
  return "template" in rule ? ["template", rule.template] : ["expression", rule.expression];
}

const OWN_NAMES = ["input", "previous", "output", "error"] as const;
export const isOwnName = (name: string): boolean => (OWN_NAMES as readonly string[]).includes(name);

function valueNamed(name: string, scope: WorkflowScope): unknown {
  if (isOwnName(name)) return scope[name as (typeof OWN_NAMES)[number]];
  if (Object.hasOwn(scope.vars, name)) return scope.vars[name];
  // A step that did not run, e.g. in the other way of a condition, has no output.
  return Object.hasOwn(scope.steps, name) ? scope.steps[name] : undefined;
}

/** @throws SpellError `NOT_FOUND` naming the nearest. */
export function transformNamed(name: string, transforms: Transforms): (value: unknown) => unknown {
  for (const known of [transforms, BUILT_IN])
    if (Object.hasOwn(known, name)) return known[name] as (value: unknown) => unknown;
  const names = [...Object.keys(transforms), ...Object.keys(BUILT_IN)];
  throw new SpellError("NOT_FOUND", `there is no transform '${name}'${didYouMean(name, names)}`);
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new SpellError("INVALID_ARGUMENT", "only a list can be transformed like this");
}

const text = (value: unknown): string => (typeof value === "string" ? value : stringifyJson(value ?? null));

function number(value: unknown): number {
  const found = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isFinite(found)) return found;
  throw new SpellError("INVALID_ARGUMENT", `${text(value).slice(0, 100)} is no number`);
}

const BUILT_IN: Transforms = {
  text,
  number,
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  trim: (value) => text(value).trim(),
  lines: (value) => text(value).split(/\r?\n/),
  to_json: (value) => stringifyJson(value ?? null),
  parse_json: (value) => JSON.parse(text(value)) as unknown,
  length: (value) => (typeof value === "string" ? value : list(value)).length,
  first: (value) => list(value)[0],
  last: (value) => list(value).at(-1),
  reverse: (value) => list(value).toReversed(),
  flatten: (value) => list(value).flat(),
  sum: (value) => list(value).reduce<number>((total, item) => total + number(item), 0),
  keys: (value) => Object.keys(Object(value) as object),
  values: (value) => Object.values(Object(value) as object),
};
