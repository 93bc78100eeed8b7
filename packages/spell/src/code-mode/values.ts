import { bounded, isRecord, type Tool } from "@llmspell/core";
import type { ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { dataText } from "../run/data-only.js";
import { notationOfSchema } from "./schema-notation.js";

/** The most that one call of a tool gives a script. */
const MAX_ANSWER = 1_000_000;

/**
 * What a script passes to a tool, as its arguments.
 *
 * @throws SpellError `INVALID_ARGUMENT` that says what is wrong with them.
 */
export function argumentsOf(name: string, tool: Tool, given: readonly ScriptValue[]): Record<string, unknown> {
  const [first = null, ...others] = given;
  const value = first === null ? {} : (JSON.parse(dataText(first, `tools.${name}: args`)) as unknown);
  const isNone = others.every((other) => other === null);
  // To Lua an empty list and an empty table are the same.
  const args = Array.isArray(value) && value.length === 0 ? {} : value;
  if (isRecord(args) && isNone) return withLists(tool.parameters, args, tool.parameters) as Record<string, unknown>;
  const fields = Object.keys(isRecord(tool.parameters["properties"]) ? tool.parameters["properties"] : {});
  throw new SpellError(
    "INVALID_ARGUMENT",
    `tools.${name} takes one table or object with named fields${fields.length === 0 ? "" : ` (${bounded(fields.join(", "), 200)})`}`,
  );
}

/** Empty tables where the schema wants a list are empty lists. */
function withLists(schema: unknown, value: unknown, root: unknown): unknown {
  if (Array.isArray(value)) {
    const items = isRecord(schema) ? schema["items"] : undefined;
    return value.map((item) => withLists(items, item, root));
  }
  if (!isRecord(value)) return value;
  if (Object.keys(value).length === 0) return notationOfSchema(schema, root).of === "list" ? [] : value;
  const properties = isRecord(schema) && isRecord(schema["properties"]) ? schema["properties"] : {};
  // A field may have any name, `__proto__` too.
  for (const [field, part] of Object.entries(value)) {
    if (!Object.hasOwn(properties, field)) continue;
    const fixed = withLists(properties[field], part, root);
    if (fixed !== part)
      Object.defineProperty(value, field, { value: fixed, enumerable: true, writable: true, configurable: true });
  }
  return value;
}

/**
 * What a tool has given, as a script gets it: what it is as JSON, so that nothing of the host crosses.
 *
 * @throws SpellError `TOOL_FAILED` for what is no JSON, or more of it than a script may get.
 */
export function answerOf(name: string, result: unknown): ScriptValue {
  let text: string;
  try {
    text = JSON.stringify(result) ?? "null";
  } catch (error) {
    throw new SpellError("TOOL_FAILED", `the result of tools.${name} is no JSON`, { cause: error });
  }
  if (text.length <= MAX_ANSWER) return JSON.parse(text) as ScriptValue;
  throw new SpellError(
    "TOOL_FAILED",
    `the result of tools.${name} is ${text.length} characters long, and a script gets at most ${MAX_ANSWER}: ask for less`,
  );
}
