import { isRecord } from "../json.js";

/** What a merge does where both have a value: a name, or a function of key and values. */
export type MergeStrategy =
  | (typeof MERGE_STRATEGIES)[number]
  | ((key: string, first: unknown, second: unknown) => unknown);

export const MERGE_STRATEGIES = ["last", "first", "deep", "concat"] as const;

type Values = Readonly<Record<string, unknown>>;

/**
 * The values of both. Where both have one, `last` takes the second, `first` the first; `deep` goes into
 * objects and then takes the second; `concat` does so too and puts lists one after the other.
 */
export function mergeValues(first: Values, second: Values, strategy: MergeStrategy = "last"): Record<string, unknown> {
  const both = new Map<string, unknown>(Object.entries(first));
  for (const [key, value] of Object.entries(second))
    both.set(key, both.has(key) ? resolve(key, both.get(key), value, strategy) : value);
  return Object.fromEntries(both);
}

function resolve(key: string, first: unknown, second: unknown, strategy: MergeStrategy): unknown {
  if (typeof strategy === "function") return strategy(key, first, second);
  if (strategy === "first") return first;
  if (strategy === "last") return second;
  if (isRecord(first) && isRecord(second)) return mergeValues(first, second, strategy);
  if (strategy === "concat" && Array.isArray(first) && Array.isArray(second))
    return [...(first as unknown[]), ...(second as unknown[])];
  return second;
}
