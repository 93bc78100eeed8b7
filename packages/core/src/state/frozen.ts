import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";

const DEEPEST = 100;

/**
 * A copy of `value` that nobody can change, as JSON would have it.
 *
 * @throws SpellError `INVALID_ARGUMENT` naming the part that is not JSON or too deep.
 */
export function frozenJson(value: unknown, path: string, depth = 0): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (depth >= DEEPEST) throw new SpellError("INVALID_ARGUMENT", `'${path}' is nested too deeply, or contains itself`);
  if (Array.isArray(value))
    return Object.freeze(value.map((item, index) => frozenJson(item, `${path}[${index}]`, depth + 1)));
  const prototype: unknown = isRecord(value) ? Object.getPrototypeOf(value) : undefined;
  if (!isRecord(value) || (prototype !== Object.prototype && prototype !== null))
    throw new SpellError("INVALID_ARGUMENT", `'${path}' is not JSON`, { details: { path } });
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.freeze(
    Object.fromEntries(entries.map(([key, inner]) => [key, frozenJson(inner, `${path}.${key}`, depth + 1)])),
  );
}
