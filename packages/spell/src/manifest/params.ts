import type { ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";

export const PARAM_TYPES = ["string", "number", "integer", "boolean", "list", "table"] as const;
export type ParamType = (typeof PARAM_TYPES)[number];

/** A parameter that a spell declares. */
export interface ParamDeclaration {
  readonly type: ParamType;
  readonly description?: string;
  readonly default?: ScriptValue;
  readonly required: boolean;
}

function mismatch(name: string, wanted: string, value: ScriptValue): SpellError {
  const shown = typeof value === "string" ? `'${value.slice(0, 80)}'` : JSON.stringify(value)?.slice(0, 80);
  return new SpellError("VALIDATION_FAILED", `parameter '${name}' must be ${wanted}, not ${shown}`, {
    details: { param: name },
  });
}

/** Checks a parameter and converts text, which is all a command line has. */
export function coerceParam(name: string, type: ParamType, value: ScriptValue): ScriptValue {
  switch (type) {
    case "string":
      if (typeof value === "string") return value;
      if (typeof value === "number" || typeof value === "boolean") return String(value);
      throw mismatch(name, "text", value);
    case "number":
    case "integer": {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      const fits =
        typeof number === "number" && Number.isFinite(number) && (type === "number" || Number.isSafeInteger(number));
      if (fits) return number;
      throw mismatch(name, type === "number" ? "a number" : "an integer", value);
    }
    case "boolean":
      if (typeof value === "boolean") return value;
      if (value === "true" || value === "yes" || value === "1") return true;
      if (value === "false" || value === "no" || value === "0") return false;
      throw mismatch(name, "true or false", value);
    default:
      return coerceJson(name, type, value);
  }
}

function coerceJson(name: string, type: "list" | "table", value: ScriptValue): ScriptValue {
  let given: unknown = value;
  if (typeof value === "string") {
    try {
      given = JSON.parse(value);
    } catch {
      // A list on a command line is most easily written with commas.
      given = type === "list" ? value.split(",").map((item) => item.trim()) : undefined;
    }
  }
  const isList = Array.isArray(given);
  if (typeof given === "object" && given !== null && isList === (type === "list")) return given as ScriptValue;
  throw mismatch(name, type === "list" ? "a list (JSON, or items separated by commas)" : "a table (JSON)", value);
}

/**
 * The parameters of a run: given ones checked against their declarations, and
 * defaults. Without declarations (`undefined`) every parameter is taken as it is.
 *
 * @throws SpellError `VALIDATION_FAILED` for a missing, unknown or wrong one.
 */
export function resolveParams(
  declared: Readonly<Record<string, ParamDeclaration>> | undefined,
  given: Readonly<Record<string, ScriptValue>>,
): Record<string, ScriptValue> {
  if (declared === undefined) return { ...given };
  const names = Object.keys(declared);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(declared, name)) continue;
    const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
    throw new SpellError("VALIDATION_FAILED", `the spell has no parameter '${name}'; ${known}`, {
      details: { param: name },
    });
  }
  const resolved: Record<string, ScriptValue> = {};
  for (const [name, { type, default: fallback, required }] of Object.entries(declared)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value !== undefined) resolved[name] = coerceParam(name, type, value);
    else if (fallback !== undefined) resolved[name] = fallback;
    else if (required)
      throw new SpellError("VALIDATION_FAILED", `parameter '${name}' (${type}) is required`, {
        details: { param: name },
      });
  }
  return resolved;
}
