import { defineTool, executeTool, toolInfo, validateJson, type JsonSchema, type Tool } from "@llmspell/core";
import type { Handle, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import type { RunContext } from "../run/context.js";
import { coreContext } from "../run/core-context.js";
import { toScript } from "./shapes.js";

/** A tool as a script writes it down. */
const toolDefinition = t.object(
  {
    name: t.string,
    description: t.string,
    parameters: t.optional(t.table),
    schema: t.optional(t.table),
    execute: t.optional(t.fn),
    func: t.optional(t.fn),
    category: t.optional(t.string),
    tags: t.optional(t.list(t.string)),
  },
  "ToolDefinition",
);
type ToolDefinition = ReturnType<typeof toolDefinition.check>;

/** Anything that names a tool: a name in the registry, a handle, or a definition on the spot. */
export const toolReference = t.union(t.string, toolDefinition, t.handle<Tool>("Tool"));
const knownTool = t.union(t.string, t.handle<Tool>("Tool"));

const ARRAY_KEYWORDS = ["required", "enum", "anyOf", "allOf", "oneOf", "prefixItems", "examples"];

/** An empty Lua table does not say whether it is a list; JSON Schema does. */
function jsonSchema(table: ScriptObject): JsonSchema {
  const fixed = (value: unknown, key: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => fixed(item, ""));
    if (Object.keys(value).length === 0 && ARRAY_KEYWORDS.includes(key)) return [];
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fixed(item, name)]));
  };
  return fixed(table, "") as JsonSchema;
}

/** Makes a tool of a function of the spell. */
function scriptTool(run: RunContext, definition: ToolDefinition): Tool {
  const { name, description, category, tags } = definition;
  const execute = definition.execute ?? definition.func;
  if (execute === undefined) throw new SpellError("INVALID_ARGUMENT", `tool '${name}' needs a function 'execute'`);
  const schema = definition.parameters ?? definition.schema ?? { type: "object", properties: {} };
  return defineTool({
    name,
    description,
    parameters: jsonSchema(schema),
    ...(category === undefined ? {} : { category }),
    ...(tags === undefined ? {} : { tags }),
    execute(args) {
      run.progress(`tool ${name}`);
      return run.callGuest(execute, [args as ScriptObject]);
    },
  });
}

/** The tool that `reference` names. */
export function resolveTool(run: RunContext, reference: string | ToolDefinition | Tool): Tool {
  if (typeof reference === "string") return run.tools.get(reference);
  return isTool(reference) ? reference : scriptTool(run, reference);
}

// A definition made by a script has a function of the guest where a tool has one of the host.
function isTool(value: ToolDefinition | Tool): value is Tool {
  return typeof value.execute === "function";
}

const toolHandle = (run: RunContext, tool: Tool): Handle => run.handles.add("Tool", tool);

export function describeTool(tool: Tool): ScriptObject {
  return toScript(toolInfo(tool)) as ScriptObject;
}

async function execute(
  run: RunContext,
  fn: string,
  tool: string | Tool,
  params: ScriptObject,
  timeout: number | undefined,
  signal: AbortSignal,
): Promise<ScriptValue> {
  const found = resolveTool(run, tool);
  run.progress(`tool ${found.name}`);
  const context = { signal, authorize: run.authorizer(fn), run: coreContext(run) };
  return toScript(await executeTool(found, params, context, timeout === undefined ? {} : { timeoutMs: timeout }));
}

const executeParams = {
  tool: knownTool,
  params: t.optional(t.table),
  opts: t.optional(t.object({ timeout: t.optional(t.duration) })),
};

const EXAMPLE_TOOL = `tools.define("double", "Doubles a number",
  { type = "object", properties = { n = { type = "number" } }, required = { "n" } },
  function(args) return args.n * 2 end)
`;

export const toolsModule = defineModule({
  name: "tools",
  doc: "Tools: defining, finding and running them.",
  aliases: ["tool"],
  handles: ["Tool"],
  functions: {
    define: sync({
      doc: "Makes a tool of a function: define(name, description, schema, fn) or define{name=, description=, parameters=, execute=}.",
      params: {
        name: t.union(t.string, toolDefinition),
        description: t.optional(t.string),
        schema: t.optional(t.table),
        fn: t.optional(t.fn),
      },
      result: "Tool",
      aliases: ["register", "register_custom_tool", "agent.create_tool(name, fn, schema, description)"],
      example: `${EXAMPLE_TOOL}return tools.execute("double", { n = 4 })`,
      call(run, { name, description = "", schema, fn }) {
        const definition = typeof name === "string" ? { name, description, parameters: schema, execute: fn } : name;
        return toolHandle(run, run.tools.add(scriptTool(run, definition as ToolDefinition)));
      },
    }),
    execute: awaitable({
      doc: "Checks the parameters against the tool's schema, asks for the powers it needs and runs it.",
      params: executeParams,
      result: "any",
      aliases: ["execute_tool", "async_execute"],
      example: `${EXAMPLE_TOOL}return tools.execute("double", { n = 4 })`,
      call: (run, { tool, params = {}, opts }, signal) =>
        execute(run, "tools.execute", tool, params, opts?.timeout, signal),
    }),
    execute_safe: awaitable({
      doc: "As execute, but a failure is a result: {success, result?, error?, duration_ms}.",
      params: executeParams,
      result: "{success: boolean, result?: any, error?: error, duration_ms: number}",
      example: 'return tools.execute_safe("missing", {}).success',
      async call(run, { tool, params = {}, opts }, signal) {
        const started = performance.now();
        const done = (outcome: ScriptObject): ScriptObject => ({
          ...outcome,
          duration_ms: performance.now() - started,
        });
        try {
          return done({
            success: true,
            result: await execute(run, "tools.execute_safe", tool, params, opts?.timeout, signal),
          });
        } catch (error) {
          if (signal.aborted) throw error;
          return done({ success: false, error: toSpellError(error) });
        }
      },
    }),
    validate_params: awaitable({
      doc: "Checks parameters against a tool's schema.",
      params: { tool: knownTool, params: t.table },
      result: "{valid: boolean, errors: list<{path: string, message: string}>}",
      aliases: ["validate", "validate_tool_input"],
      example: `${EXAMPLE_TOOL}return tools.validate_params("double", { n = "x" }).valid`,
      async call(run, { tool, params }) {
        return toScript(await validateJson(resolveTool(run, tool).parameters, params));
      },
    }),
    get: sync({
      doc: "A tool by name, or nil.",
      params: { name: t.string },
      result: "Tool or nil",
      aliases: ["get_tool"],
      example: 'return tools.get("file_operations") ~= nil',
      call: (run, { name }) => (run.tools.has(name) ? toolHandle(run, run.tools.get(name)) : null),
    }),
    exists: sync({
      doc: "Whether there is a tool of this name.",
      params: { name: t.string },
      result: "boolean",
      example: 'return tools.exists("file_operations")',
      call: (run, { name }) => run.tools.has(name),
    }),
    get_info: sync({
      doc: "All of a tool but its function: name, description, parameters, version, category, tags and so on.",
      params: { tool: knownTool },
      result: "ToolInfo",
      aliases: ["get_tool_info"],
      depends: "run",
      example: 'return tools.get_info("file_operations").name',
      call: (run, { tool }) => describeTool(resolveTool(run, tool)),
    }),
    get_schema: sync({
      doc: "The JSON Schema of a tool's parameters.",
      params: { tool: knownTool },
      result: "table",
      aliases: ["get_tool_schema"],
      depends: "run",
      example: 'return tools.get_schema("file_operations").type',
      call: (run, { tool }) => toScript(resolveTool(run, tool).parameters),
    }),
    list: sync({
      doc: "Every tool of this run.",
      result: "list<ToolInfo>",
      aliases: ["get_builtin_tools", "list_tools"],
      example: "return #tools.list() >= 1",
      call: (run) => run.tools.list().map(describeTool),
    }),
    unregister: sync({
      doc: "Removes a tool; true when there was one.",
      params: { name: t.string },
      result: "boolean",
      example: `${EXAMPLE_TOOL}return tools.unregister("double")`,
      call: (run, { name }) => run.tools.remove(name),
    }),
  },
});
