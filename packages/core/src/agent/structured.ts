import type { JsonSchema } from "../json.js";
import { findJson } from "../output/json-answer.js";
import { coerceJson } from "../schema/reshape.js";
import { describeErrors, validateJson } from "../schema/validate.js";

/** A value that matches, or in words why there is none. */
export type StructuredResult = { object: unknown; problem?: undefined } | { problem: string };

/**
 * Reads the JSON value that a model wrote, in a fence, in prose or with mistakes that can be
 * repaired, and checks it against `schema`. Of several values the first that matches counts,
 * else the first whose types can be coerced. An answer that was `cut` off is not repaired:
 * what is missing would look as if it were not there.
 *
 * @throws SpellError `VALIDATION_FAILED` when the schema itself is unusable.
 */
export async function readStructured(
  text: string,
  schema: JsonSchema,
  { cut = false }: { cut?: boolean } = {},
): Promise<StructuredResult> {
  const found = await findJson(text, { repair: !cut });
  for (const { value } of found) if ((await validateJson(schema, value)).valid) return { object: value };
  let problem: string | undefined;
  for (const { value } of found) {
    const { valid, value: coerced, errors } = await coerceJson(schema, value);
    if (valid) return { object: coerced };
    problem ??= describeErrors(errors);
  }
  return { problem: problem ?? (cut ? "the answer was cut off" : "the answer is not valid JSON") };
}

/** What a model is told after an answer that does not match, once. */
export function repairRequest(problem: string, schema: JsonSchema): string {
  return `Your answer cannot be used: ${problem}. Answer again with nothing but JSON that matches this JSON Schema:\n${JSON.stringify(schema)}`;
}
