import { SpellError, isSpellError } from "@llmspell/errors";
import { overLimit, titleOf, withDefaults, type FormatLimits, type FormatName } from "./format.js";

interface Copying {
  readonly format: FormatName;
  readonly sortKeys: boolean;
  readonly finite: boolean;
  readonly maxDepth: number;
  readonly maxValues: number;
  values: number;
}

/**
 * A copy of `value` as plain data: null, booleans, numbers, strings, lists and objects with
 * `Object.prototype`. Keys such as `__proto__` stay ordinary keys; properties that are
 * undefined are left out, as JSON does; errors of llmspell
 * become their code, category, message and details. With `finite` NaN and infinities are refused.
 *
 * @throws SpellError `VALIDATION_FAILED` at a limit, `INVALID_ARGUMENT` for anything else.
 */
export function plainCopy(
  format: FormatName,
  value: unknown,
  options: FormatLimits & { sortKeys?: boolean; finite?: boolean } = {},
): unknown {
  const { maxDepth, maxValues } = withDefaults(options);
  const { sortKeys = false, finite = false } = options;
  const copying = { format, sortKeys, finite, maxDepth, maxValues, values: 0 };
  return copy(value, copying, []);
}

/**
 * Checks the depth and the number of values of what `JSON.parse` made, which is plain already.
 *
 * @throws SpellError `VALIDATION_FAILED` at a limit.
 */
export function checkSize(format: FormatName, value: unknown, limits: FormatLimits | undefined): void {
  const { maxDepth, maxValues } = withDefaults(limits);
  let values = 0;
  const visit = (inner: unknown, depth: number): void => {
    if (++values > maxValues) throw tooMany(format, maxValues);
    if (typeof inner !== "object" || inner === null) return;
    if (depth >= maxDepth) throw tooDeep(format, maxDepth);
    for (const item of Array.isArray(inner) ? inner : Object.values(inner)) visit(item, depth + 1);
  };
  visit(value, 0);
}

const tooMany = (format: FormatName, limit: number): SpellError =>
  overLimit(format, "maxValues", `it has more than ${limit} values`);

const tooDeep = (format: FormatName, limit: number): SpellError =>
  overLimit(format, "maxDepth", `it is nested more than ${limit} levels deep, or contains itself`);

function copy(value: unknown, copying: Copying, path: (string | number)[]): unknown {
  const { format, maxDepth, maxValues } = copying;
  if (copying.values++ >= maxValues) throw tooMany(format, maxValues);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (copying.finite && !Number.isFinite(value))
        throw unsayable(`is ${value}, which ${titleOf(format)} cannot say`, path);
      return value;
    case "bigint":
      throw unsayable(`is an integer beyond 2^53, which ${titleOf(format)} readers would change`, path);
    case "object":
      break;
    default:
      throw unsayable(`has no form in ${titleOf(format)}`, path);
  }
  if (value === null) return null;
  if (path.length >= maxDepth) throw tooDeep(format, maxDepth);
  const inner = (item: unknown, key: string | number): unknown => {
    path.push(key);
    const copied = copy(item, copying, path);
    path.pop();
    return copied;
  };
  if (Array.isArray(value)) return Array.from(value, inner);
  const keys = keysOf(value, path, format);
  if (copying.sortKeys) keys.sort();
  return Object.fromEntries(keys.map((key) => [key, inner(Reflect.get(value, key), key)]));
}

function keysOf(value: object, path: readonly (string | number)[], format: FormatName): string[] {
  // Its own toJSON tells of causes inside the host.
  if (isSpellError(value)) return ["code", "category", "message", "details"];
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw unsayable(`has no form in ${titleOf(format)}`, path);
  return Object.keys(value).filter((key) => Reflect.get(value, key) !== undefined);
}

function unsayable(reason: string, path: readonly (string | number)[]): SpellError {
  const at = pathText(path);
  return new SpellError("INVALID_ARGUMENT", `${at === "" ? "the value" : `'${at}'`} ${reason}`, {
    details: { path: at },
  });
}

/** A path as people read it: `items[0].name`; empty for the value itself. */
export function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (whole, part) => (typeof part === "number" ? `${whole}[${part}]` : whole === "" ? part : `${whole}.${part}`),
    "",
  );
}
