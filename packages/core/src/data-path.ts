import { SpellError } from "@llmspell/errors";
import { isRecord, setOwn } from "./json.js";

/**
 * What is at `P` in a `T`. A path that types do not follow (a text that is not known
 * before, quoted keys, `*`) gives `unknown`.
 */
export type ValueAtPath<T, P extends string> = unknown extends T
  ? unknown
  : string extends P
    ? unknown
    : P extends "" | `${string}"${string}` | `${string}*${string}`
      ? P extends ""
        ? T
        : unknown
      : P extends `${infer Head}.${infer Rest}`
        ? ValueAtPath<AfterKey<T, Head>, Rest>
        : AfterKey<T, P>;

/** After one step between dots, e.g. `items[0][1]`. */
type AfterKey<T, K extends string> = K extends `${infer Name}[${infer Index}]${infer Rest}`
  ? AfterKey<AtIndex<Name extends "" ? T : AtName<T, Name>, Index>, Rest>
  : K extends ""
    ? T
    : AtName<T, K>;
type AtName<T, K extends string> = unknown extends T
  ? unknown
  : T extends readonly unknown[]
    ? undefined
    : T extends object
      ? K extends keyof T
        ? T[K]
        : string extends keyof T
          ? T[keyof T] | undefined
          : undefined
      : undefined;
type AtIndex<T, K extends string> = unknown extends T
  ? unknown
  : T extends readonly (infer Item)[]
    ? K extends `${number}`
      ? Item | undefined
      : undefined
    : undefined;

/** Steps of a path; more than any value has levels. */
const MOST_STEPS = 1000;

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
    if (steps.length > MOST_STEPS)
      throw new SpellError("INVALID_ARGUMENT", `a path has at most ${MOST_STEPS} steps`, {
        details: { limit: MOST_STEPS },
      });
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

/**
 * What `path` leads to, e.g. `items[0].name`; undefined for nothing. Only what a value
 * itself has is found, never what it inherits.
 *
 * @example
 * const city = getPath(order, "customer.address.city");
 * @throws SpellError `INVALID_ARGUMENT` for a malformed path or one with `*`.
 */
export function getPath<T, const P extends string>(value: T, path: P): ValueAtPath<T, P> {
  return valueAt(value, onePlace(path)) as ValueAtPath<T, P>;
}

/**
 * A copy of `value` with `item` at `path`; what is not on the way is shared with `value`.
 * Objects and lists that are missing on the way are made.
 *
 * @example
 * const moved = setPath(order, "customer.address.city", "Paris");
 * @throws SpellError `INVALID_ARGUMENT` for a malformed path or one with `*`, for a step into
 *   something that is no object or list, and for an index that would leave a gap.
 */
export function setPath<T, const P extends string>(value: T, path: P, item: ValueAtPath<T, P>): T {
  return withItem(value, onePlace(path) as readonly (string | number)[], item, path) as T;
}

function onePlace(text: string): DataPath {
  const path = parsePath(text);
  if (isMany(path)) throw new SpellError("INVALID_ARGUMENT", `the path '${text.slice(0, 200)}' leads to many places`);
  return path;
}

/**
 * A copy of `value` with `item` at the steps from `depth` on; `text` is how the path is written. What is
 * in `made` is written to instead of copied, and each copy is put there: so many paths cost one copy.
 */
export function withItem(
  value: unknown,
  path: readonly (string | number)[],
  item: unknown,
  text: string,
  depth = 0,
  made?: WeakSet<object>,
): unknown {
  const step = path[depth];
  if (step === undefined) return item;
  const refuse = (reason: string): SpellError =>
    new SpellError(
      "INVALID_ARGUMENT",
      `the path '${text.slice(0, 200)}' cannot be set: ${reason} at step ${depth + 1}`,
    );
  const own = <V extends object>(of: V, copy: (of: V) => V): V => {
    if (made?.has(of) === true) return of;
    const copied = copy(of);
    made?.add(copied);
    return copied;
  };
  if (typeof step === "number") {
    if (!Array.isArray(value ?? [])) throw refuse("there is no list");
    const { length } = (value ?? []) as unknown[];
    const index = step < 0 ? length + step : step;
    if (index < 0 || index > length) throw refuse(`the list has ${length} items`);
    const list = own((value ?? []) as unknown[], (of) => [...of]);
    list[index] = withItem(list[index], path, item, text, depth + 1, made);
    return list;
  }
  if (!isRecord(value ?? {})) throw refuse("there is no object");
  const record = own((value ?? {}) as Record<string, unknown>, (of) => ({ ...of }));
  const inner = withItem(Object.hasOwn(record, step) ? record[step] : undefined, path, item, text, depth + 1, made);
  setOwn(record, step, inner);
  return record;
}
