import { SpellError } from "@llmspell/errors";
import { bounded, isRecord, sameJson } from "../json.js";
import { didYouMean } from "../suggest.js";
import type { SpellEvent } from "./event.js";
import { compilePattern } from "./pattern.js";
import { readField } from "./read-field.js";

/** A value of an event, by path (`payload.usage.totalTokens`), compared with `value`. */
export interface Comparison {
  field: string;
  op: ComparisonOperator;
  /** Left out only with `exists`. */
  value?: unknown;
}

export type ComparisonOperator = "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "contains" | "exists" | "matches";

/**
 * A condition on events, as data. `{ type }` is a pattern of types; `matches` takes a
 * regular expression in RE2's syntax, which no text above 100 000 characters matches (for
 * expressions of more than 40 instructions, fewer: four million divided by their number).
 */
export type EventFilter =
  | { and: EventFilter[] }
  | { or: EventFilter[] }
  | { not: EventFilter }
  | { type: string }
  | Comparison;

type Test = (value: unknown) => boolean;

const MOST_PARTS = 1000;
const DEEPEST = 32;
const LONGEST_REGEX = 1000;
// Time is that of the text times the expression, at worst 25 ns for a character and an
// instruction (measured): a tenth of a second. Longer texts match none.
const LONGEST_SUBJECT = 100_000;
const MOST_STEPS = 4_000_000;

const COMPARISONS: Readonly<Record<Exclude<ComparisonOperator, "matches">, (wanted: unknown) => Test>> = {
  eq: (wanted) => (value) => sameJson(value, wanted),
  ne: (wanted) => (value) => !sameJson(value, wanted),
  gt: (wanted) => ordered(wanted, (order) => order > 0),
  gte: (wanted) => ordered(wanted, (order) => order >= 0),
  lt: (wanted) => ordered(wanted, (order) => order < 0),
  lte: (wanted) => ordered(wanted, (order) => order <= 0),
  in: (wanted) => {
    if (!Array.isArray(wanted)) throw invalid("'in' takes a list of values");
    return (value) => wanted.some((item) => sameJson(value, item));
  },
  contains: (wanted) => (value) =>
    typeof value === "string"
      ? typeof wanted === "string" && value.includes(wanted)
      : Array.isArray(value) && value.some((item) => sameJson(item, wanted)),
  exists:
    (wanted = true) =>
    (value) =>
      (value !== undefined) === wanted,
};

/**
 * Compiles a filter to a function. Regular expressions run in time linear in the
 * text (RE2, without look-around and back references), so a hostile one cannot hold up anybody.
 *
 * @example
 * const slow = await compileFilter({ and: [{ type: "tool.*" }, { field: "payload.durationMs", op: "gt", value: 1000 }] });
 * events.on("**", report, { filter: slow });
 * @throws SpellError `INVALID_ARGUMENT` naming the part that is wrong.
 */
export async function compileFilter(filter: EventFilter): Promise<(event: SpellEvent) => boolean> {
  return compile(filter, usesRegex(filter) ? await regexTests() : undefined);
}

/** As {@link compileFilter}, at once; of `matches` it says that it needs the other. */
export function compilePlainFilter(filter: EventFilter): (event: SpellEvent) => boolean {
  if (usesRegex(filter)) throw invalid("'matches' needs its filter to be made first");
  return compile(filter, undefined);
}

function compile(filter: EventFilter, regex: ((source: string) => Test) | undefined): (event: SpellEvent) => boolean {
  let parts = 0;
  const testOf = (part: unknown, path: string, depth: number): ((event: SpellEvent) => boolean) => {
    if (++parts > MOST_PARTS || depth > DEEPEST) throw invalid("it is too large");
    if (!isRecord(part)) throw invalid(`${path} must be an object`);
    const list = (key: "and" | "or"): ((event: SpellEvent) => boolean)[] => {
      const items: unknown = part[key];
      if (!Array.isArray(items)) throw invalid(`${path}.${key} must be a list`);
      return items.map((item, index) => testOf(item, `${path}.${key}[${index}]`, depth + 1));
    };
    if ("and" in part) {
      const all = list("and");
      return (event) => all.every((test) => test(event));
    }
    if ("or" in part) {
      const any = list("or");
      return (event) => any.some((test) => test(event));
    }
    if ("not" in part) {
      const inner = testOf(part["not"], `${path}.not`, depth + 1);
      return (event) => !inner(event);
    }
    if ("type" in part) {
      const matches = compilePattern(String(part["type"]));
      return (event) => matches(event.type);
    }
    const { field, op, value } = part;
    if (typeof field !== "string" || field === "") throw invalid(`${path} needs a 'field'`);
    const test = comparison(String(op), value, path, regex);
    const keys = field.split(".");
    return (event) => test(readField(event, keys));
  };
  return testOf(filter, "filter", 0);
}

function comparison(op: string, value: unknown, path: string, regex: ((source: string) => Test) | undefined): Test {
  if (op === "matches" && regex !== undefined) {
    if (typeof value !== "string" || value.length > LONGEST_REGEX)
      throw invalid(`${path}.value must be a regular expression of at most ${LONGEST_REGEX} characters`);
    return regex(value);
  }
  if (!Object.hasOwn(COMPARISONS, op)) {
    const known = [...Object.keys(COMPARISONS), "matches"];
    throw invalid(`${path}.op '${bounded(op, 40)}' is unknown${didYouMean(op, known)} (known: ${known.join(", ")})`);
  }
  return COMPARISONS[op as keyof typeof COMPARISONS](value);
}

/** Whether one of the first parts, as many as a filter may have, needs the regular expressions. */
function usesRegex(filter: unknown): boolean {
  const parts = [filter];
  for (let index = 0; index < parts.length && index < MOST_PARTS; index++) {
    const part = parts[index];
    if (!isRecord(part)) continue;
    if (part["op"] === "matches") return true;
    parts.push(...[part["and"], part["or"], part["not"]].flat().slice(0, MOST_PARTS));
  }
  return false;
}

async function regexTests(): Promise<(source: string) => Test> {
  const { RE2JS } = await import("re2js");
  return (source) => {
    try {
      const pattern = RE2JS.compile(source);
      const longest = Math.min(LONGEST_SUBJECT, MOST_STEPS / pattern.programSize());
      return (value) => typeof value === "string" && value.length <= longest && pattern.matcher(value).find();
    } catch (error) {
      const reason = error instanceof Error ? bounded(error.message, 200) : "unknown";
      throw invalid(`'${bounded(source, 100)}' is no regular expression: ${reason}`);
    }
  };
}

/** Numbers and texts have an order, each among themselves. */
function ordered(wanted: unknown, accepts: (order: number) => boolean): Test {
  if (typeof wanted !== "number" && typeof wanted !== "string")
    throw invalid("'gt', 'gte', 'lt' and 'lte' take a number or a text");
  return (value) =>
    typeof value === typeof wanted && accepts(value === wanted ? 0 : (value as number) > (wanted as number) ? 1 : -1);
}

function invalid(reason: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", `the filter cannot be used: ${reason}`);
}
