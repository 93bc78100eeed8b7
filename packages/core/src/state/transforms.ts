import { SpellError } from "@llmspell/errors";
import { hasSecretName } from "../hooks/logger.js";
import { isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";

type Values = Readonly<Record<string, unknown>>;

/** Makes values of others. */
export type StateTransform = (values: Values, options: Values) => Record<string, unknown>;

/** Transforms by name. */
export interface StateTransforms {
  /** @throws SpellError `ALREADY_EXISTS`. */
  define(name: string, transform: StateTransform): void;
  /** @throws SpellError `NOT_FOUND`; what the transform throws. */
  apply(name: string, values: Values, options?: Values): Record<string, unknown>;
  has(name: string): boolean;
  names(): string[];
}

/**
 * The transforms `filter` (options `keys`, `prefix`: what stays), `flatten` (nested objects become keys
 * with dots, `TOO_LARGE` for very long ones; option `separator`), `sanitize` (without fields named like a secret and without control
 * characters), and those that are defined.
 */
export function createStateTransforms(): StateTransforms {
  const known = new Map<string, StateTransform>(Object.entries(BUILT_IN));
  return {
    define(name, transform) {
      if (known.has(name)) throw new SpellError("ALREADY_EXISTS", `there already is a transform '${name}'`);
      known.set(name, transform);
    },
    apply(name, values, options = {}) {
      const transform = known.get(name);
      if (transform === undefined)
        throw new SpellError("NOT_FOUND", `there is no transform '${name}'${didYouMean(name, [...known.keys()])}`);
      return transform(values, options);
    },
    has: (name) => known.has(name),
    names: () => [...known.keys()],
  };
}

const BUILT_IN: Readonly<Record<string, StateTransform>> = {
  filter(values, { keys, prefix = "" }) {
    const wanted = Array.isArray(keys) ? new Set<unknown>(keys) : undefined;
    return Object.fromEntries(
      Object.entries(values).filter(([key]) => key.startsWith(String(prefix)) && (wanted?.has(key) ?? true)),
    );
  },
  flatten: (values, { separator = "." }) => Object.fromEntries(flat(values, "", String(separator))),
  sanitize: (values) => cleaned(values) as Record<string, unknown>,
};

/** A key is in those of all that is inside. */
const LONGEST_PREFIX = 1000;

function flat(values: Values, prefix: string, separator: string): [string, unknown][] {
  if (prefix.length > LONGEST_PREFIX)
    throw new SpellError("TOO_LARGE", `flattened keys would begin with more than ${LONGEST_PREFIX} characters`, {
      details: { limit: LONGEST_PREFIX },
    });
  return Object.entries(values).flatMap(([key, value]): [string, unknown][] =>
    isRecord(value) && Object.keys(value).length > 0
      ? flat(value, `${prefix}${key}${separator}`, separator)
      : [[prefix + key, value]],
  );
}

function cleaned(value: unknown): unknown {
  // Line breaks and tabs are text.
  if (typeof value === "string") return value.replaceAll(/(?![\n\r\t])\p{Cc}/gu, "");
  if (Array.isArray(value)) return value.map(cleaned);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !hasSecretName(key));
  return Object.fromEntries(kept.map(([key, inner]) => [key, cleaned(inner)]));
}
