import { defined, defineTool, toolInfo, type Tool } from "@llmspell/core";
import { FunctionRef, type Handle, type ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { own } from "../../run/owned.js";
import { jsonSchema, toScript } from "../shapes.js";
import { countCalls } from "./counts.js";

const example = t.object(
  { description: t.optional(t.string), args: t.table, result: t.optional(t.any) },
  "ToolExample",
);

/** A tool as a script writes it down. */
export const toolDefinition = t.object(
  {
    name: t.name,
    description: t.string,
    parameters: t.optional(t.table),
    schema: t.optional(t.table),
    execute: t.optional(t.fn),
    func: t.optional(t.fn),
    version: t.optional(t.string),
    category: t.optional(t.name),
    tags: t.optional(t.list(t.string)),
    output: t.optional(t.table),
    examples: t.optional(t.list(example)),
    timeout: t.optional(t.duration),
    permissions: t.optional(t.list(t.string)),
    needs_approval: t.optional(t.union(t.boolean, t.fn)),
  },
  "ToolDefinition",
);
export type ToolDefinition = ReturnType<typeof toolDefinition.check>;

const toolHandle = t.handle<Tool>("Tool");
/** Anything that names a tool: a name in the registry, a handle, or a definition on the spot. */
export const toolReference = t.union(t.string, toolDefinition, toolHandle);
export const knownTool = t.union(t.string, toolHandle);

/** Tools whose function is one of the spell. */
const ofScripts = new WeakSet<Tool>();
export const isOfScript = (tool: Tool): boolean => ofScripts.has(tool);
/** Notes that a spell has made a tool, also of others. */
export function made(tool: Tool): Tool {
  ofScripts.add(tool);
  return tool;
}

/** Makes a tool of a function of the spell. */
export function scriptTool(run: RunContext, definition: ToolDefinition): Tool {
  const { name, description, version, category, tags, output, examples, timeout, permissions, needs_approval } =
    definition;
  const execute = definition.execute ?? definition.func;
  if (execute === undefined) throw new SpellError("INVALID_ARGUMENT", `tool '${name}' needs a function 'execute'`);
  const schema = definition.parameters ?? definition.schema ?? { type: "object", properties: {} };
  const call: Tool["execute"] = (args, { signal }) => {
    run.progress(`tool ${name}`);
    return run.callGuest(execute, [args as ScriptObject], signal);
  };
  return made(
    defineTool({
      name,
      description,
      parameters: jsonSchema(schema),
      ...defined({ version, category, tags }),
      ...(output === undefined ? {} : { output: jsonSchema(output) }),
      ...(examples === undefined ? {} : { examples: examples as NonNullable<Tool["examples"]> }),
      ...defined({ timeoutMs: timeout, permissions }),
      ...(needs_approval === undefined ? {} : { needsApproval: asked(run, needs_approval) }),
      execute: own(run, call, execute),
    }),
  );
}

function asked(run: RunContext, needs: boolean | FunctionRef): NonNullable<Tool["needsApproval"]> {
  if (!(needs instanceof FunctionRef)) return needs;
  const ask = async (args: unknown, { signal }: { signal: AbortSignal }): Promise<boolean> => {
    const answer = await run.callGuest(needs, [args as ScriptObject], signal);
    return answer !== null && answer !== false;
  };
  return own(run, ask, needs);
}

/** The tool that `reference` names. */
export function resolveTool(run: RunContext, reference: string | ToolDefinition | Tool): Tool {
  countCalls(run);
  if (typeof reference === "string") return run.tools.get(reference);
  return isTool(reference) ? reference : scriptTool(run, reference);
}

// A definition made by a script has a function of the guest where a tool has one of the host.
function isTool(value: ToolDefinition | Tool): value is Tool {
  return typeof value.execute === "function";
}

export const handleOf = (run: RunContext, tool: Tool): Handle => run.handles.add("Tool", tool);

export function describeTool(tool: Tool): ScriptObject {
  return toScript(toolInfo(tool)) as ScriptObject;
}
