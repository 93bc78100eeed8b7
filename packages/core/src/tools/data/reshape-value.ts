import { SpellError } from "@llmspell/errors";
import { isRecord } from "../../json.js";
import { compareValues, identity } from "./compare.js";
import { isMany, parsePath, valueAt, valuesAt } from "../../data-path.js";

/** Changes of an object, or of each object of a list, in this order. Keys are names, not paths. */
export interface Transformation {
  /** Keeps only these keys. */
  pick?: string[];
  omit?: string[];
  /** New names by old ones. */
  rename?: Record<string, string>;
  /** Values by key. */
  set?: Record<string, unknown>;
  /** Paths by key: what they lead to, a list for a path with `*`; null for nothing. */
  from?: Record<string, string>;
}

export function transform(value: unknown, change: Transformation): unknown {
  const [pick, omit] = [change.pick && new Set(change.pick), new Set(change.omit)];
  const paths = Object.entries(change.from ?? {}).map(([key, text]) => [key, parsePath(text)] as const);
  const one = (entry: unknown): unknown => {
    if (!isRecord(entry))
      throw new SpellError("INVALID_ARGUMENT", "only an object or a list of objects can be transformed");
    const kept = Object.entries(entry)
      .filter(([key]) => pick?.has(key) !== false && !omit.has(key))
      .map(([key, item]): [string, unknown] => [own(change.rename, key) ?? key, item]);
    const added = paths.map(([key, path]): [string, unknown] => [
      key,
      isMany(path) ? valuesAt(entry, path) : (valueAt(entry, path) ?? null),
    ]);
    return Object.fromEntries([...kept, ...Object.entries(change.set ?? {}), ...added]);
  };
  return Array.isArray(value) ? value.map(one) : one(value);
}

function own(names: Record<string, string> | undefined, key: string): string | undefined {
  return names !== undefined && Object.hasOwn(names, key) ? names[key] : undefined;
}

export const ARRAY_MERGES = ["replace", "concat", "union"] as const;

/** `other` over `value`: objects key by key, lists as `arrays` says, anything else replaced. */
export function merge(value: unknown, other: unknown, arrays: (typeof ARRAY_MERGES)[number]): unknown {
  if (Array.isArray(value) && Array.isArray(other) && arrays !== "replace") {
    const known = new Set(arrays === "union" ? value.map(identity) : []);
    return [...(value as unknown[]), ...other.filter((item) => !known.has(identity(item)))];
  }
  if (!isRecord(value) || !isRecord(other)) return other;
  const joined = Object.entries(other).map(([key, item]): [string, unknown] => [
    key,
    Object.hasOwn(value, key) ? merge(value[key], item, arrays) : item,
  ]);
  return Object.fromEntries([...Object.entries(value), ...joined]);
}

/** What a list is sorted by; the first difference counts. */
export interface SortKey {
  path: string;
  order?: "ascending" | "descending";
}

/** Entries that are equal keep their order. What is missing or null comes last in either order. */
export function sort(list: readonly unknown[], keys: readonly SortKey[]): unknown[] {
  const parsed = keys.map(({ path, order }) => ({ path: parsePath(path), sign: order === "descending" ? -1 : 1 }));
  const keyed = list.map((item) => ({ item, values: parsed.map(({ path }) => valueAt(item, path) ?? null) }));
  const sorted = keyed.toSorted((a, b) => {
    for (const [index, { sign }] of parsed.entries()) {
      const [left, right] = [a.values[index] ?? null, b.values[index] ?? null];
      const order = compareValues(left, right);
      if (order !== 0) return left === null || right === null ? order : order * sign;
    }
    return 0;
  });
  return sorted.map(({ item }) => item);
}

/** Cells of a table as numbers and booleans, where their text is that of one. */
export function typedCells(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(typedCells);
  if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typedCells(item)]));
  if (value === "true" || value === "false") return value === "true";
  // As JSON writes numbers: `007` and `1e5000` stay texts.
  if (typeof value !== "string" || !/^-?(0|[1-9]\d{0,15})(\.\d{1,15})?$/.test(value)) return value;
  return Number.isSafeInteger(Number(value)) || value.includes(".") ? Number(value) : value;
}
