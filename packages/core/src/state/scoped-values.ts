import { SpellError } from "@llmspell/errors";
import { frozenJson } from "./frozen.js";

/** Values by key, with those of a parent behind its own. */
export interface ScopedValues {
  get(key: string): unknown;
  /** @throws SpellError `INVALID_ARGUMENT` for what is not JSON. */
  set(key: string, value: unknown): void;
  merge(values: Readonly<Record<string, unknown>>): void;
  /** Forgets its own. */
  clear(): void;
  readonly depth: number;
}

const DEEPEST = 100;

/**
 * Makes a scope, inside `parent` if there is one; `inherits` says which of the parent's keys are seen.
 *
 * @throws SpellError `INVALID_ARGUMENT` for scopes that are nested too deeply.
 */
export function createScopedValues(
  parent?: ScopedValues,
  inherits: (key: string) => boolean = () => true,
): ScopedValues {
  const own = new Map<string, unknown>();
  const depth = parent === undefined ? 0 : parent.depth + 1;
  if (depth > DEEPEST)
    throw new SpellError("INVALID_ARGUMENT", `contexts can be nested ${DEEPEST} deep`, { details: { limit: DEEPEST } });
  const scope: ScopedValues = {
    depth,
    get: (key) => (own.has(key) ? own.get(key) : inherits(key) ? parent?.get(key) : undefined),
    set: (key, value) => void own.set(key, frozenJson(value, key)),
    merge(values) {
      const frozen = Object.entries(values).map(([key, value]) => [key, frozenJson(value, key)] as const);
      for (const [key, value] of frozen) own.set(key, value);
    },
    clear: () => own.clear(),
  };
  return scope;
}
