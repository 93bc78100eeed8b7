import { getPath, isMany, parsePath, withItem, type DataPath } from "../data-path.js";
import { SpellError } from "@llmspell/errors";
import { globMatcher } from "../glob.js";
import { isRecord, sameJson } from "../json.js";
import type { State } from "./state.js";

/** The key of the state that a path begins with, and all its steps. */
function stepsOf(path: string): [root: string, steps: readonly (string | number)[]] {
  const steps: DataPath = parsePath(path);
  const [root] = steps;
  if (typeof root !== "string" || isMany(steps))
    throw new SpellError("INVALID_ARGUMENT", `'${path.slice(0, 200)}' must begin with a key and lead to one place`);
  return [root, steps as readonly (string | number)[]];
}

/** The value at a path such as `user.names[0]`, whose first step is a key of the state. @throws SpellError `INVALID_ARGUMENT`. */
export function getAt(state: State, path: string): unknown {
  const [root] = stepsOf(path);
  return getPath({ [root]: state.get(root) }, path);
}

/**
 * Writes several values by their paths, all or none, as one version; undefined removes what is there.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a path that leads nowhere, and as {@link State.batch}.
 */
export function batchAt(state: State, values: Readonly<Record<string, unknown>>): number {
  const next = new Map<string, unknown>();
  const made = new WeakSet<object>();
  for (const [path, value] of Object.entries(values)) {
    const [root, steps] = stepsOf(path);
    const before = next.has(root) ? next.get(root) : state.get(root);
    // A key whose value is undefined is one to be removed.
    next.set(
      root,
      value === undefined ? without(before, steps.slice(1)) : withItem(before, steps, value, path, 1, made),
    );
  }
  return state.batch(Object.fromEntries(next));
}

/** Removes what is at a path; whether there was anything. */
export function deleteAt(state: State, path: string): boolean {
  if (getAt(state, path) === undefined) return false;
  batchAt(state, { [path]: undefined });
  return true;
}

/** A copy without what the steps lead to. */
function without(value: unknown, [step, ...rest]: readonly (string | number)[]): unknown {
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    const index = typeof step === "number" ? (step < 0 ? value.length + step : step) : -1;
    if (index < 0 || index >= value.length) return value;
    return rest.length === 0 ? value.toSpliced(index, 1) : value.with(index, without(value[index], rest));
  }
  if (!isRecord(value) || !Object.hasOwn(value, step)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    rest.length === 0
      ? entries.filter(([key]) => key !== step)
      : entries.map(([key, inner]) => [key, key === step ? without(inner, rest) : inner]),
  );
}

/**
 * Watches a place: `user.name`, or with `*` in its first step the keys that match, e.g. `user-*`.
 * `key` is the key of the state that was written.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a malformed path.
 */
export function watchAt(
  state: State,
  pattern: string,
  watcher: (change: { key: string; value: unknown; previous: unknown }) => void,
): Disposable {
  const cut = pattern.search(/[.[]/);
  const head = cut < 0 ? pattern : pattern.slice(0, cut);
  const rest = cut < 0 ? "" : pattern.slice(cut).replace(/^\./, "");
  if (head === "") throw new SpellError("INVALID_ARGUMENT", "what is watched must begin with a key");
  if (rest !== "" && isMany(parsePath(rest)))
    throw new SpellError("INVALID_ARGUMENT", "'*' can only be in the first step of what is watched");
  const inner = (value: unknown): unknown => (rest === "" ? value : getPath<unknown, string>(value, rest));
  return state.watch(head.includes("*") ? globMatcher(head) : head, ({ key, value, previous }) => {
    const [now, before] = [inner(value), inner(previous)];
    if (!sameJson(now, before)) watcher({ key, value: now, previous: before });
  });
}
