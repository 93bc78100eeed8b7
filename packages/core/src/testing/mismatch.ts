import { inspect } from "node:util";
import { pathText } from "../formats/plain.js";
import { bounded, setOwn } from "../json.js";
import { lineDiff } from "./line-diff.js";

export type Path = readonly (string | number)[];

/** A place where a value is not as expected. */
export interface Mismatch {
  /** Reads like `items[0].name`; empty for the value itself. */
  readonly path: string;
  /** What was expected there, in words or as the value. */
  readonly expected: string;
  /** What is there, shortened; `nothing` for nothing. */
  readonly actual: string;
}

/** A mismatch with what the difference is drawn from. */
export interface Finding {
  readonly at: Path;
  readonly words: string;
  readonly actual: unknown;
  /** The value that should be there, where there is just one. */
  readonly wanted?: unknown;
}

const SHOWN = 300;
const MOST_TOLD = 20;
const MOST_DRAWN = 200;

export function mismatchOf({ at, words, actual }: Finding): Mismatch {
  return { path: pathText(at), expected: words, actual: show(actual) };
}

/** A value in one line, shortened; `nothing` for undefined. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return bounded(JSON.stringify(value), SHOWN);
  return bounded(inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 4, sorted: true }), SHOWN);
}

/**
 * What is wrong, a line for each place, and under it the value with lines as expected
 * (`-`) and as they are (`+`).
 */
export function explain(value: unknown, findings: readonly Finding[]): string {
  const told = findings.slice(0, MOST_TOLD).map((finding) => {
    const { path, expected, actual } = mismatchOf(finding);
    return `${path === "" ? "" : `${path}: `}expected ${expected}, got ${actual}`;
  });
  if (findings.length > MOST_TOLD) told.push(`and ${findings.length - MOST_TOLD} more`);
  const made = new WeakSet<object>();
  const corrected = findings.reduce((whole, finding) => withCorrection(whole, finding, 0, made), value);
  const drawn = lineDiff(printed(corrected), printed(value));
  const changed = drawn.some((line) => !line.startsWith(" "));
  // A difference of single lines says nothing that the first line does not.
  const isUseful = changed && drawn.length > 2;
  if (!isUseful) return told.join("\n");
  const cut = drawn.length > MOST_DRAWN ? [...drawn.slice(0, MOST_DRAWN), "…"] : drawn;
  return [...told, "", "- expected", "+ actual", "", ...cut].join("\n");
}

/** Words that stand in the place of a value. */
class Words {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  [inspect.custom](): string {
    return `‹${this.text}›`;
  }
}

/**
 * `value` with what was expected at its place, so that the two differ just there. What is in `made` is
 * changed instead of copied, and each copy is put there: so many corrections cost one copy.
 */
function withCorrection(value: unknown, finding: Finding, depth: number, made: WeakSet<object>): unknown {
  const step = finding.at[depth];
  if (step === undefined) return "wanted" in finding ? finding.wanted : new Words(finding.words);
  if (typeof value !== "object" || value === null) return value;
  const copy: object = made.has(value) ? value : Array.isArray(value) ? [...(value as unknown[])] : { ...value };
  made.add(copy);
  const corrected = withCorrection(Reflect.get(copy, step), finding, depth + 1, made);
  if (corrected === undefined && depth === finding.at.length - 1) Reflect.deleteProperty(copy, step);
  else setOwn(copy, step, corrected);
  return copy;
}

function printed(value: unknown): string[] {
  const text = inspect(value, {
    depth: 20,
    sorted: true,
    compact: false,
    breakLength: 0,
    maxArrayLength: 500,
    maxStringLength: 10_000,
  });
  return text.split("\n");
}
