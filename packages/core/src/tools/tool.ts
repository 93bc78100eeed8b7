import { SpellError } from "@llmspell/errors";
import { defined, isRecord, type JsonSchema } from "../json.js";
import type { Approve } from "../agent/approval.js";
import type { Context } from "../context.js";
import type { NestedCalls } from "./suspended-call.js";

/** A power that a call needs, e.g. `{ capability: "file.read", scope: "notes/a.txt" }`. */
export interface CapabilityRequest {
  capability: string;
  scope?: string;
}

/** Decides on a power; throws (usually `PERMISSION_DENIED`) to deny. May wait for a person. */
export type Authorize = (request: CapabilityRequest) => void | Promise<void>;

/** News of a call that is still running. */
export interface ToolProgress {
  /** What it is doing, in words. */
  message?: string;
  /** How much is done, 0 to 1. */
  fraction?: number;
  /** A part of the result, e.g. some words of an answer. */
  partial?: unknown;
}

/** What a tool is given besides its arguments. Without `authorize` everything is allowed: the caller is trusted host code. */
export interface ToolContext {
  signal: AbortSignal;
  agentId?: string;
  toolCallId?: string;
  authorize?: Authorize;
  /** The run that asks, with its services and events; a run that the tool starts belongs inside it. */
  run?: Context;
  /** Decides on the calls of an agent that the tool runs. */
  approve?: Approve;
  /** There when the caller can keep a call that waits for decisions on calls inside it. */
  nested?: NestedCalls;
  /** Takes news of the call. */
  report?: (progress: ToolProgress) => void;
}

export interface ToolExample {
  description?: string;
  args: Record<string, unknown>;
  /** What the call returns; left out when it differs from call to call. */
  result?: unknown;
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
  /** `major.minor.patch`, as of semver. */
  version?: string;
  category?: string;
  tags?: string[];
  /** What callers may count on, e.g. `streaming` or `cancellable`. */
  features?: string[];
  /** JSON Schema of the result; a result that breaks it is an error. */
  output?: JsonSchema;
  examples?: ToolExample[];
  /** Milliseconds that a call may take when the caller sets no limit. */
  timeoutMs?: number;
  /** Every power that a call can need. When given, a call is refused any other. */
  permissions?: string[];
  /** Whether a person shall decide on a call with these arguments before it runs: always, or where it is true. */
  needsApproval?:
    | boolean
    | ((args: Record<string, unknown>, options: { signal: AbortSignal }) => boolean | Promise<boolean>);
  /** The powers that a call with these arguments needs, each authorized before it runs; all `permissions` by default. */
  capabilities?(args: Record<string, unknown>): CapabilityRequest[];
}

/** A tool as plain data: all of it but its functions. */
export type ToolInfo = Omit<Tool, "execute" | "capabilities" | "needsApproval">;

/** The part of a tool that can be shown, sent and stored. */
export function toolInfo(tool: Tool): ToolInfo {
  const { name, description, parameters, version, category, tags, features, output, examples, timeoutMs, permissions } =
    tool;
  return {
    name,
    description,
    parameters,
    ...defined({ version, category, tags, features, output, examples, timeoutMs, permissions }),
  };
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
  if (accepted.has(definition)) return definition;
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
  const { needsApproval } = definition;
  if (needsApproval !== undefined && typeof needsApproval !== "boolean" && typeof needsApproval !== "function") {
    throw invalid(`'needsApproval' of tool '${name}' must be a boolean or a function`);
  }
  for (const [field, fits, wanted] of METADATA) {
    const value = definition[field];
    if (value !== undefined && !fits(value)) throw invalid(`'${field}' of tool '${name}' must be ${wanted}`);
  }
  if (parameters["type"] === "object") {
    accepted.add(definition);
    return definition;
  }
  // Methods of a class are not copied by spreading, and a lost 'capabilities' would be a lost check.
  return {
    ...definition,
    execute: execute.bind(definition),
    ...(capabilities === undefined ? {} : { capabilities: capabilities.bind(definition) }),
    ...(typeof needsApproval === "function" ? { needsApproval: needsApproval.bind(definition) } : {}),
    parameters: { ...parameters, type: "object" },
  };
}

const accepted = new WeakSet<Tool>();

const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");
const TEXTS = "a list of texts";

const METADATA: readonly (readonly [keyof Tool, fits: (value: unknown) => boolean, wanted: string])[] = [
  // The pattern of semver.org without pre-release and build.
  ["version", (value) => /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(String(value)), "like 1.0.0"],
  ["category", (value) => typeof value === "string", "a text"],
  ["tags", areTexts, TEXTS],
  ["features", areTexts, TEXTS],
  ["permissions", areTexts, TEXTS],
  ["output", isRecord, "a JSON Schema"],
  [
    "examples",
    (value) => Array.isArray(value) && value.every((item) => isRecord(item) && isRecord(item["args"])),
    "a list of {args, result?}",
  ],
  ["timeoutMs", (value) => typeof value === "number" && value > 0, "milliseconds above 0"],
];

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
