import { SpellError } from "@llmspell/errors";
import { isRecord, type JsonSchema } from "../json.js";
import type { Context } from "../context.js";

/** A power that a call needs, e.g. `{ capability: "file.read", scope: "notes/a.txt" }`. */
export interface CapabilityRequest {
  capability: string;
  scope?: string;
}

/** Decides on a power; throws (usually `PERMISSION_DENIED`) to deny. May wait for a person. */
export type Authorize = (request: CapabilityRequest) => void | Promise<void>;

/** What a tool is given besides its arguments. Without `authorize` everything is allowed: the caller is trusted host code. */
export interface ToolContext {
  signal: AbortSignal;
  agentId?: string;
  toolCallId?: string;
  authorize?: Authorize;
  /** The run that asks, with its services and events; a run that the tool starts belongs inside it. */
  run?: Context;
}

/** Something a model or a spell can call. */
export interface Tool {
  /** 1 to 64 letters, digits, `_` or `-`. */
  name: string;
  /** What it does, in words for the model. */
  description: string;
  /** JSON Schema of the arguments; its type is `object`. */
  parameters: JsonSchema;
  /** Runs it. The arguments already match `parameters`. */
  execute(args: Record<string, unknown>, context: ToolContext): unknown;
  category?: string;
  tags?: string[];
  /** The powers that a call with these arguments needs; each is authorized before it runs. */
  capabilities?(args: Record<string, unknown>): CapabilityRequest[];
}

/**
 * Checks a tool definition and returns it.
 *
 * @example
 * const add = defineTool({
 *   name: "add",
 *   description: "Adds two numbers",
 *   parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] },
 *   execute: ({ a, b }) => Number(a) + Number(b),
 * });
 * @throws SpellError `INVALID_ARGUMENT` naming the field that is wrong.
 */
export function defineTool(definition: Tool): Tool {
  if (!isRecord(definition)) throw invalid("a tool must be an object");
  const { name, description, parameters, execute, capabilities } = definition;
  if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    throw invalid("the 'name' of a tool must be 1 to 64 letters, digits, '_' or '-'");
  }
  if (typeof description !== "string" || description.trim() === "")
    throw invalid(`tool '${name}' needs a 'description'`);
  if (!isRecord(parameters) || (parameters["type"] ?? "object") !== "object") {
    throw invalid(`'parameters' of tool '${name}' must be a JSON Schema of type object`);
  }
  if (typeof execute !== "function") throw invalid(`tool '${name}' needs a function 'execute'`);
  if (capabilities !== undefined && typeof capabilities !== "function") {
    throw invalid(`'capabilities' of tool '${name}' must be a function`);
  }
  return parameters["type"] === "object"
    ? definition
    : { ...definition, parameters: { ...parameters, type: "object" } };
}

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
