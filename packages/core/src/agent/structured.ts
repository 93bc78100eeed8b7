import { tryParseJson, type JsonSchema } from "../json.js";
import { describeErrors, validateJson } from "../schema/validate.js";

/** A value that matches, or in words why there is none. */
export type StructuredResult = { object: unknown; problem?: undefined } | { problem: string };

/**
 * Reads the JSON value that a model wrote and checks it against `schema`. A Markdown
 * fence around it is taken off.
 *
 * @throws SpellError `VALIDATION_FAILED` when the schema itself is unusable.
 */
export async function readStructured(text: string, schema: JsonSchema): Promise<StructuredResult> {
  const parsed = tryParseJson(unfenced(text));
  if (parsed === undefined) return { problem: "the answer is not valid JSON" };
  const { valid, errors } = await validateJson(schema, parsed.value);
  return valid ? { object: parsed.value } : { problem: describeErrors(errors) };
}

/** What a model is told after an answer that does not match, once. */
export function repairRequest(problem: string, schema: JsonSchema): string {
  return `Your answer cannot be used: ${problem}. Answer again with nothing but JSON that matches this JSON Schema:\n${JSON.stringify(schema)}`;
}

function unfenced(text: string): string {
  const trimmed = text.trim();
  if (!trimmed.startsWith("```") || !trimmed.endsWith("```") || trimmed.length < 6) return trimmed;
  return trimmed.slice(3, -3).replace(/^\w*\s*/, "");
}
