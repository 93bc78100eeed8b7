import { SpellError } from "@llmspell/errors";
import { formats } from "../formats/formats.js";
import { examine, checkForm } from "./check.js";
import type { Workflow } from "./definition.js";

/**
 * A workflow as text.
 *
 * @throws SpellError `UNSUPPORTED` naming the functions and objects that are part of it;
 *   `VALIDATION_FAILED`; `INVALID_ARGUMENT` naming a constant that is not plain data.
 */
export async function serializeWorkflow(workflow: Workflow, format: "json" | "yaml" = "json"): Promise<string> {
  checkForm(workflow);
  const { unwritable } = examine(workflow);
  if (unwritable.length > 0) {
    const what = `a workflow with functions or objects cannot be written as text: ${unwritable.slice(0, 5).join(", ")}`;
    throw new SpellError("UNSUPPORTED", what, { details: { at: unwritable } });
  }
  return await formats[format].stringify(workflow, { indent: 2 });
}

/** The inverse of {@link serializeWorkflow}. @throws SpellError `SYNTAX_ERROR` with the place, `VALIDATION_FAILED`. */
export async function parseWorkflow(text: string, format: "json" | "yaml" = "json"): Promise<Workflow> {
  const definition = await formats[format].parse(text);
  checkForm(definition);
  return definition;
}
