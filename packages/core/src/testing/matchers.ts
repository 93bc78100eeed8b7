import { isDeepStrictEqual } from "node:util";
import { SpellError } from "@llmspell/errors";
import { bounded, isRecord } from "../json.js";
import { explain, mismatchOf, show, type Finding, type Mismatch, type Path } from "./mismatch.js";

/**
 * Says whether a value is as expected. It is a predicate, so it can be given to `filter`
 * and `find`; {@link fit} and {@link assertFits} tell why a value does not fit.
 */
export interface Matcher {
  (value: unknown): boolean;
  /** What it expects, e.g. `a text that contains "rain"`. */
  readonly words: string;
  /** @internal */
  readonly findings: (value: unknown, at: Path) => readonly Finding[];
}

/**
 * What a value is held against: a {@link Matcher}, or a value that stands for its shape.
 * An object wants at least these fields, a list exactly these items, a regular expression
 * a text that it matches, anything else an equal value.
 */
export type Expected = unknown;

/** A matcher of your own: `words` end the sentence "expected …". */
export function satisfies(words: string, accepts: (value: unknown) => boolean): Matcher {
  return matcher(words, (value, at) => (accepts(value) ? [] : [{ at, words, actual: value }]));
}

/** An equal value, in every depth and with nothing more. */
export function equals(expected: unknown): Matcher {
  return matcher(show(expected), (value, at) => unequal(value, expected, at));
}

/** A text with this part, or a list with an item that fits. */
export function contains(part: Expected): Matcher {
  const item = toMatcher(part);
  const words =
    typeof part === "string" ? `a text or list that contains ${show(part)}` : `a list that contains ${item.words}`;
  return satisfies(
    words,
    (value) =>
      (Array.isArray(value) && value.some((each) => item(each))) ||
      (typeof value === "string" && typeof part === "string" && value.includes(part)),
  );
}

/** A text that the expression matches somewhere; a text is one as `new RegExp` takes it. */
export function matches(expression: RegExp | string): Matcher {
  const pattern = typeof expression === "string" ? new RegExp(expression, "u") : expression;
  // Not `test`: with the flag `g` it would go on where it ended the last time.
  return satisfies(
    `a text like ${String(pattern)}`,
    (value) => typeof value === "string" && value.search(pattern) >= 0,
  );
}

/** A number not further than `within` from this one; a millionth of it by default. */
export function approximately(expected: number, within?: number): Matcher {
  const most = within ?? (Number.isFinite(expected) ? Math.abs(expected) * 1e-6 : 0);
  return satisfies(
    `about ${expected} (± ${most})`,
    (value) => typeof value === "number" && (value === expected || Math.abs(value - expected) <= most),
  );
}

/**
 * At least these fields, each fitting; undefined for one that is not there. For a list
 * exactly these items in this order.
 */
export function hasShape(shape: Readonly<Record<string, Expected>> | readonly Expected[]): Matcher {
  const entries = Object.entries(shape).map(([key, expected]): [string, Matcher] => [key, toMatcher(expected)]);
  if (Array.isArray(shape)) {
    const words = `a list of ${shape.length}`;
    return matcher(words, (value, at) => {
      if (!Array.isArray(value)) return [{ at, words, actual: value }];
      const items = entries.slice(0, value.length).flatMap(([, item], i) => item.findings(value[i], [...at, i]));
      if (value.length === shape.length) return items;
      const length = value.length > shape.length ? "nothing more" : entries[value.length]?.[1].words;
      const i = Math.min(value.length, shape.length);
      return [...items, { at: [...at, i], words: length ?? "", actual: value[i] as unknown }];
    });
  }
  const fields = entries.map(([key, { words: inner }]) => `${key}: ${inner}`).join(", ");
  const words = fields === "" ? "an object" : bounded(`an object like { ${fields} }`, 300);
  return matcher(words, (value, at) =>
    isRecord(value)
      ? entries.flatMap(([key, field]) =>
          field.findings(Object.hasOwn(value, key) ? value[key] : undefined, [...at, key]),
        )
      : [{ at, words, actual: value }],
  );
}

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: Number.isSafeInteger,
  boolean: (value) => typeof value === "boolean",
  list: Array.isArray,
  object: isRecord,
  null: (value) => value === null,
  nothing: (value) => value === undefined,
  anything: (value) => value !== undefined,
};

/** A value of this kind; `nothing` for one that is not there, `anything` for one that is. */
export function isA(
  kind: "text" | "number" | "integer" | "boolean" | "list" | "object" | "null" | "nothing" | "anything",
): Matcher {
  const accepts = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (accepts === undefined) throw invalid(`there is no kind '${kind}', only ${Object.keys(KINDS).join(", ")}`);
  const bare = kind === "null" || kind === "nothing" || kind === "anything";
  return satisfies(bare ? kind : /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`, accepts);
}

/** A list of which every item fits, or an object of which every field does. */
export function every(expected: Expected): Matcher {
  const item = toMatcher(expected);
  const words = `only ${item.words}`;
  return matcher(words, (value, at) => {
    if (Array.isArray(value)) return value.flatMap((each, i) => item.findings(each, [...at, i]));
    if (!isRecord(value)) return [{ at, words, actual: value }];
    return Object.entries(value).flatMap(([key, each]) => item.findings(each, [...at, key]));
  });
}

/** A text, list or object of this length. */
export function hasLength(expected: Expected): Matcher {
  const length = toMatcher(expected);
  return satisfies(`a length that is ${length.words}`, (value) =>
    typeof value === "string" || Array.isArray(value)
      ? length(value.length)
      : isRecord(value) && length(Object.keys(value).length),
  );
}

/** What one of these fits. */
export function anyOf(...expected: readonly Expected[]): Matcher {
  const all = expected.map(toMatcher);
  return satisfies(all.map(({ words }) => words).join(" or "), (value) => all.some((each) => each(value)));
}

/** What all of these fit; those that do not are told one by one. */
export function allOf(...expected: readonly Expected[]): Matcher {
  const all = expected.map(toMatcher);
  return matcher(all.map(({ words }) => words).join(" and "), (value, at) =>
    all.flatMap((each) => each.findings(value, at)),
  );
}

/** What this does not fit. */
export function not(expected: Expected): Matcher {
  const inner = toMatcher(expected);
  return satisfies(`not ${inner.words}`, (value) => !inner(value));
}

/** `expected` as a matcher; see {@link Expected}. */
export function toMatcher(expected: Expected): Matcher {
  if (isMatcher(expected)) return expected;
  if (expected instanceof RegExp) return matches(expected);
  if (Array.isArray(expected)) return hasShape(expected);
  return isPlainRecord(expected) ? hasShape(expected) : equals(expected);
}

/** Where `value` is not as expected; empty when it fits. */
export function fit(value: unknown, expected: Expected): Mismatch[] {
  return toMatcher(expected).findings(value, []).map(mismatchOf);
}

/** Why `value` is not as expected, with the difference drawn; undefined when it fits. */
export function explainMisfit(value: unknown, expected: Expected): string | undefined {
  const findings = toMatcher(expected).findings(value, []);
  return findings.length === 0 ? undefined : explain(value, findings);
}

/**
 * For any test runner.
 *
 * @example
 * assertFits(response, { content: contains("rain"), toolCalls: [{ name: "weather" }] });
 * @throws SpellError `ASSERTION_FAILED` with the paths and the difference; `details.mismatches`.
 */
export function assertFits(value: unknown, expected: Expected, what = "the value"): void {
  const reason = explainMisfit(value, expected);
  if (reason === undefined) return;
  throw new SpellError("ASSERTION_FAILED", `${what} is not as expected\n${reason}`, {
    details: { mismatches: fit(value, expected) },
  });
}

/**
 * For `expect.extend` of vitest or jest: `expect(response).toFit({ content: contains("rain") })`.
 */
export const fitMatchers = {
  toFit(received: unknown, expected: Expected): { pass: boolean; message: () => string } {
    const reason = explainMisfit(received, expected);
    const words = toMatcher(expected).words;
    return { pass: reason === undefined, message: () => reason ?? `expected not ${words}, got ${show(received)}` };
  },
};

const MATCHER = Symbol("matcher");

function matcher(words: string, findings: Matcher["findings"]): Matcher {
  const accepts = (value: unknown): boolean => findings(value, []).length === 0;
  return Object.assign(accepts, { words, findings, [MATCHER]: true });
}

const isMatcher = (value: unknown): value is Matcher => typeof value === "function" && MATCHER in value;

const isPlainRecord = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null);

function unequal(value: unknown, expected: unknown, at: Path): Finding[] {
  if (isDeepStrictEqual(value, expected)) return [];
  const here: Finding[] = [
    { at, words: expected === undefined ? "nothing" : show(expected), actual: value, wanted: expected },
  ];
  if (Array.isArray(value) && Array.isArray(expected)) {
    const inner = Array.from({ length: Math.max(value.length, expected.length) }, (_, i) =>
      unequal(value[i], expected[i], [...at, i]),
    ).flat();
    return inner.length > 0 ? inner : here;
  }
  if (!isPlainRecord(value) || !isPlainRecord(expected)) return here;
  const keys = new Set([...Object.keys(expected), ...Object.keys(value)]);
  const inner = [...keys].flatMap((key) =>
    unequal(
      Object.hasOwn(value, key) ? value[key] : undefined,
      Object.hasOwn(expected, key) ? expected[key] : undefined,
      [...at, key],
    ),
  );
  return inner.length > 0 ? inner : here;
}

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
