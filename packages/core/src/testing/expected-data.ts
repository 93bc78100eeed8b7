import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";
import {
  allOf,
  anyOf,
  approximately,
  contains,
  equals,
  every,
  hasLength,
  hasShape,
  isA,
  matches,
  not,
  type Expected,
  type Matcher,
} from "./matchers.js";
import { pathText } from "../formats/plain.js";
import type { Path } from "./mismatch.js";

type Make = (operand: unknown, read: (value: unknown, step?: string | number) => Expected) => Matcher;

const list = (operand: unknown): readonly unknown[] => {
  if (!Array.isArray(operand)) throw new TypeError("it takes a list");
  return operand;
};
const number = (operand: unknown): number => {
  if (typeof operand !== "number") throw new TypeError("it takes a number");
  return operand;
};

/** Matchers as data: `{ "$contains": "rain" }`. */
const MATCHERS: Readonly<Record<string, Make>> = {
  $contains: (operand, read) => contains(read(operand)),
  $matches(operand) {
    if (typeof operand !== "string") throw new TypeError("it takes a regular expression as a text");
    return matches(operand);
  },
  $approximately: (operand) =>
    isRecord(operand)
      ? approximately(number(operand["value"]), number(operand["within"]))
      : approximately(number(operand)),
  $shape(operand, read) {
    if (typeof operand !== "object" || operand === null) throw new TypeError("it takes an object or a list");
    return hasShape(read(operand) as Record<string, Expected>);
  },
  $equals: (operand) => equals(operand),
  $anyOf: (operand, read) => anyOf(...list(operand).map((each, i) => read(each, i))),
  $allOf: (operand, read) => allOf(...list(operand).map((each, i) => read(each, i))),
  $not: (operand, read) => not(read(operand)),
  $isA: (operand) => isA(operand as "text"),
  $every: (operand, read) => every(read(operand)),
  $length: (operand, read) => hasLength(read(operand)),
};

/**
 * An expectation that was written as data: an object whose only key begins with `$` is a
 * matcher, everything else stands for its shape. Matchers that are in it already stay.
 *
 * @throws SpellError `INVALID_ARGUMENT` naming the path of a matcher that is unknown or malformed.
 */
export function expectedFromData(data: unknown, at: Path = []): Expected {
  if (Array.isArray(data)) return data.map((item, i) => expectedFromData(item, [...at, i]));
  if (!isRecord(data) || Object.getPrototypeOf(data) !== Object.prototype) return data;
  const keys = Object.keys(data);
  const [key = ""] = keys;
  if (!keys.some((each) => each.startsWith("$")))
    return Object.fromEntries(keys.map((each) => [each, expectedFromData(data[each], [...at, each])]));
  const here = [...at, key];
  const refuse = (reason: string): SpellError =>
    new SpellError("INVALID_ARGUMENT", `${pathText(here)}: ${reason}`, { details: { path: pathText(here) } });
  if (keys.length > 1) throw refuse("a matcher is an object with one key");
  const make = Object.hasOwn(MATCHERS, key) ? MATCHERS[key] : undefined;
  if (make === undefined) throw refuse(`there is no matcher '${key}'${didYouMean(key, Object.keys(MATCHERS))}`);
  try {
    return make(data[key], (value, step) => expectedFromData(value, step === undefined ? here : [...here, step]));
  } catch (error) {
    // What a matcher refuses, or a regular expression that is none.
    if (error instanceof SpellError && error.details["path"] !== undefined) throw error;
    throw refuse((error as Error).message);
  }
}
