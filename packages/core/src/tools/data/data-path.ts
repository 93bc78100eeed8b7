import { SpellError } from "@llmspell/errors";
import { isRecord } from "../../json.js";

/** One step into a value; `*` is every entry of a list or object. */
type Step = string | number | typeof EVERY;
const EVERY = Symbol("every");

/** Where in a value something is. */
export type DataPath = readonly Step[];

/**
 * Reads a path: `name`, `items[0].price`, `items[*].price`, `["a key.with dots"]`; empty for
 * the value itself. A negative index counts from the end.
 *
 * @throws SpellError `INVALID_ARGUMENT` naming the place of a mistake.
 */
export function parsePath(text: string): DataPath {
  const steps: Step[] = [];
  const pattern = /\.?(?:([^.[\]"*]+)|(\*)|\[(-?\d{1,9})\]|\[(\*)\]|\[("(?:[^"\\]|\\.)*")\])/y;
  while (pattern.lastIndex < text.length) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    // A dot stands between two steps, and a name needs one before it.
    const dotted = text[start] === ".";
    const [, name, star, index, every, quoted] = match ?? [];
    const misplaced = start === 0 ? dotted : !dotted && (name !== undefined || star !== undefined);
    if (match === null || misplaced)
      throw new SpellError(
        "INVALID_ARGUMENT",
        `the path '${text.slice(0, 200)}' cannot be read at character ${start + 1}`,
      );
    if (name !== undefined) steps.push(name);
    else if (index !== undefined) steps.push(Number(index));
    else if (quoted !== undefined) steps.push(unquoted(quoted, text));
    else if (star !== undefined || every !== undefined) steps.push(EVERY);
  }
  return steps;
}

function unquoted(quoted: string, text: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw new SpellError("INVALID_ARGUMENT", `the path '${text.slice(0, 200)}' has a malformed text`);
  }
}

/** Whether a path can lead to more than one place. */
export const isMany = (path: DataPath): boolean => path.includes(EVERY);

/** Everything that `path` leads to; with no `*` in it at most one value. */
export function valuesAt(value: unknown, path: DataPath): unknown[] {
  let found: unknown[] = [value];
  for (const step of path) found = found.flatMap((item) => entriesAt(item, step));
  return found;
}

/** What `path`, which has no `*`, leads to; undefined for nothing. */
export const valueAt = (value: unknown, path: DataPath): unknown => valuesAt(value, path)[0];

function entriesAt(value: unknown, step: Step): unknown[] {
  if (step === EVERY) return Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  if (Array.isArray(value))
    return typeof step === "number" ? value.slice(step, step === -1 ? undefined : step + 1) : [];
  // Only what the value itself has: `constructor` and the like are keys as any other.
  return isRecord(value) && Object.hasOwn(value, step) ? [value[step]] : [];
}
