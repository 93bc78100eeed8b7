import { SpellError, toSpellError } from "@llmspell/errors";
import { describeErrors, validateJson } from "../schema/validate.js";
import { executeTool } from "./execute.js";
import { defineTool, type Tool, type ToolContext } from "./tool.js";

/** Something that is wrong with a tool. */
export interface ToolProblem {
  field: "parameters" | "output" | "examples" | "version" | "permissions";
  message: string;
}

/** How {@link checkTool} checks. */
export interface CheckToolOptions {
  /** `strict` (default) refuses a tool with problems, `lenient` only tells them. */
  level?: "strict" | "lenient";
  /** Runs every example, with this context, and compares the result. Examples are not run without it. */
  run?: ToolContext;
}

/**
 * Looks closer at a tool than {@link defineTool}: its schemas compile, its examples
 * match them, it has a version, and it declares the powers that its examples need.
 *
 * @throws SpellError `INVALID_ARGUMENT` for what is no tool at all; `VALIDATION_FAILED` for a problem at level `strict`.
 */
export async function checkTool(definition: Tool, options: CheckToolOptions = {}): Promise<ToolProblem[]> {
  const { level = "strict", run } = options;
  const tool = defineTool(definition);
  const problems: ToolProblem[] = [];
  const tell = (field: ToolProblem["field"], message: string): number => problems.push({ field, message });

  if (tool.version === undefined) tell("version", "there is no version");
  const [parameters, output] = [await schemaProblem(tool.parameters), await schemaProblem(tool.output)];
  if (parameters !== undefined) tell("parameters", parameters);
  if (output !== undefined) tell("output", output);
  for (const [index, { args, result }] of (tool.examples ?? []).entries()) {
    const say = (what: string): number => tell("examples", `example ${index + 1}: ${what}`);
    if (parameters !== undefined) break;
    const found = await validateJson(tool.parameters, args);
    if (!found.valid) {
      say(`the arguments are invalid: ${describeErrors(found.errors)}`);
      continue;
    }
    for (const { capability } of tool.capabilities?.(args) ?? []) {
      if (tool.permissions?.includes(capability) === false)
        tell("permissions", `example ${index + 1} needs '${capability}', which is not declared`);
    }
    if (run === undefined || output !== undefined) continue;
    try {
      const [got, { isDeepStrictEqual }] = [await executeTool(tool, args, run), await import("node:util")];
      if (result !== undefined && !isDeepStrictEqual(got, result)) say("the result is another one");
    } catch (error) {
      say(toSpellError(error).message);
    }
  }
  if (level === "strict" && problems.length > 0) {
    const text = problems.map(({ field, message }) => `${field}: ${message}`).join("; ");
    throw new SpellError("VALIDATION_FAILED", `tool '${tool.name}' has problems: ${text}`, {
      details: { tool: tool.name, problems },
    });
  }
  return problems;
}

async function schemaProblem(schema: Tool["output"]): Promise<string | undefined> {
  if (schema === undefined) return undefined;
  try {
    await validateJson(schema, null);
    return undefined;
  } catch (error) {
    return toSpellError(error).message;
  }
}
