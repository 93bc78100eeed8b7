import { isRecord } from "../../json.js";
import { compareValues, identity } from "./compare.js";
import { parsePath, valuesAt } from "../../data-path.js";

export const COMPARISONS = [
  "eq",
  "ne",
  "lt",
  "lte",
  "gt",
  "gte",
  "in",
  "contains",
  "starts_with",
  "ends_with",
  "exists",
  "type",
] as const;

/**
 * What an entry must fulfil. A path with `*` fits when one of its values does. `lt` and
 * the like compare numbers with numbers and texts with texts; `contains` looks for a part of a
 * text or an entry of a list; `exists` wants `true` or `false`; `type` is one of null, boolean,
 * number, string, array and object.
 */
export interface Condition {
  path: string;
  is: (typeof COMPARISONS)[number];
  value?: unknown;
}

/** Whether an entry fulfils all conditions (or `any` of them). */
export function filterBy(conditions: readonly Condition[], any: boolean): (entry: unknown) => boolean {
  const tests = conditions.map(({ path, is, value }) => {
    const steps = parsePath(path);
    const test = TESTS[is](value);
    return (entry: unknown): boolean => {
      const found = valuesAt(entry, steps);
      if (is === "exists") return found.length > 0 === (value ?? true);
      // Not equal is the opposite of equal, also with a path to many.
      return found.some(test) !== (is === "ne");
    };
  });
  return (entry) => (any ? tests.some((test) => test(entry)) : tests.every((test) => test(entry)));
}

type Test = (item: unknown) => boolean;

const ordered =
  (accepts: (order: number) => boolean) =>
  (value: unknown): Test =>
  (item) =>
    typeof item === typeof value && ["number", "string"].includes(typeof item) && accepts(compareValues(item, value));

const ofTexts =
  (test: (item: string, value: string) => boolean) =>
  (value: unknown): Test =>
  (item) =>
    typeof item === "string" && typeof value === "string" && test(item, value);

function oneOf(values: readonly unknown[]): Test {
  // Compared by identity once, not each with each.
  const known = new Set(values.map(identity));
  return (item) => known.has(identity(item));
}

const equal = (value: unknown): Test => oneOf([value ?? null]);

const TESTS: Readonly<Record<Condition["is"], (value: unknown) => Test>> = {
  eq: equal,
  ne: equal,
  exists: () => () => true,
  lt: ordered((order) => order < 0),
  lte: ordered((order) => order <= 0),
  gt: ordered((order) => order > 0),
  gte: ordered((order) => order >= 0),
  in: (value) => oneOf(Array.isArray(value) ? value : []),
  contains(value) {
    const [same, part] = [equal(value), ofTexts((text, wanted) => text.includes(wanted))(value)];
    return (item) => (Array.isArray(item) ? item.some(same) : part(item));
  },
  starts_with: ofTexts((item, value) => item.startsWith(value)),
  ends_with: ofTexts((item, value) => item.endsWith(value)),
  type: (value) => (item) => typeName(item) === value,
};

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return isRecord(value) ? "object" : typeof value;
}
