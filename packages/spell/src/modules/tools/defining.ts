import {
  defined,
  agentTool,
  pipelineTool,
  workflowTool,
  type Agent,
  type Tool,
  type WrapOptions,
} from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { own } from "../../run/owned.js";
import { jsonSchema } from "../shapes.js";
import { servicesOf, type HeldWorkflow } from "../workflow/held.js";
import {
  handleOf,
  isOfScript,
  knownTool,
  made,
  resolveTool,
  scriptTool,
  toolDefinition,
  type ToolDefinition,
} from "./definition.js";
import { EXAMPLE_TOOL } from "./example.js";

const wrapFields = {
  name: t.optional(t.name),
  description: t.optional(t.string),
  category: t.optional(t.name),
  tags: t.optional(t.list(t.string)),
  timeout: t.optional(t.duration),
  output: t.optional(t.table),
};
const wrapOptions = t.optional(t.object(wrapFields, "WrapToolOptions"));

function coreWrap(given: ReturnType<typeof wrapOptions.check> = {}): WrapOptions {
  const { timeout, output, name, description, category, tags } = given;
  return {
    ...defined({ name, description, category, tags, timeoutMs: timeout }),
    ...(output === undefined ? {} : { output: jsonSchema(output) }),
  };
}

const register = (run: RunContext, tool: Tool): Tool => run.tools.add(made(tool));

/** A name that no tool has yet. */
function freeName(run: RunContext, wanted: string): string {
  if (!run.tools.has(wanted)) return wanted;
  for (let number = 2; ; number++) if (!run.tools.has(`${wanted}_${number}`)) return `${wanted}_${number}`;
}

/** What libraries are made of: definitions by name, or each with its own. */
function definitionsOf(run: RunContext, library: ScriptObject | ScriptValue[]): [string, () => ToolDefinition][] {
  const entries: [string, ScriptValue][] = Array.isArray(library)
    ? library.map((each, i) => [nameIn(each) ?? String(i + 1), each])
    : Object.entries(library as Record<string, ScriptValue>);
  return entries.map(([name, each]) => [
    name,
    () => {
      const own = typeof each === "object" && each !== null && !Array.isArray(each) ? (each as ScriptObject) : each;
      const named = typeof own === "object" && own !== null && nameIn(own) === undefined ? { ...own, name } : own;
      return toolDefinition.check(named as ScriptValue, ["library", name], run.handles);
    },
  ]);
}

function nameIn(value: ScriptValue): string | undefined {
  const name = typeof value === "object" && value !== null ? (value as ScriptObject)["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}

/** The fields of a tool that is being built. */
class Builder {
  readonly fields: Record<string, unknown> = {};
  readonly properties: Record<string, ScriptValue> = {};
  readonly required: string[] = [];
  readonly tags: string[] = [];

  constructor(name: string) {
    this.fields["name"] = name;
  }

  definition(): ToolDefinition {
    const { properties, required, tags } = this;
    return {
      ...this.fields,
      parameters: { type: "object", properties, required },
      ...(tags.length === 0 ? {} : { tags }),
    } as unknown as ToolDefinition;
  }
}

const builder = t.handle<Builder>("ToolBuilder");

/** Making tools. */
export const defining = {
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
      return handleOf(run, register(run, scriptTool(run, definition as ToolDefinition)));
    },
  }),
  builder: sync({
    doc: "Makes a tool step by step: builder(name):description(…):parameter(name, type, description?, required?):execute(fn):build().",
    params: { name: t.name },
    result: "ToolBuilder",
    aliases: ["create_builder"],
    example: `tools.builder("add"):description("Adds"):parameter("a", "number"):parameter("b", "number")
  :execute(function(args) return args.a + args.b end):build()
return tools.execute("add", { a = 1, b = 2 })`,
    call: (run, { name }) => run.handles.add("ToolBuilder", new Builder(name)),
  }),
  register_library: sync({
    doc: "Registers many tools, by name or as a list; those that cannot be are told, and keep no other from it. opts.prefix comes before each name.",
    params: {
      library: t.union(t.list(t.any), t.table),
      opts: t.optional(t.object({ prefix: t.optional(t.string) }, "LibraryOptions")),
    },
    result: "{registered: list<string>, failed: list<{name: string, error: error}>}",
    example: `return tools.register_library({ one = { description = "One", execute = function() return 1 end } }, { prefix = "my_" }).registered`,
    call(run, { library, opts: { prefix = "" } = {} }) {
      const registered: string[] = [];
      const failed: ScriptObject[] = [];
      for (const [name, definition] of definitionsOf(run, library)) {
        try {
          const checked = definition();
          registered.push(register(run, scriptTool(run, { ...checked, name: prefix + checked.name })).name);
        } catch (error) {
          if (!isSpellError(error)) throw error;
          failed.push({ name, error });
        }
      }
      return { registered, failed };
    },
  }),
  wrap_agent: sync({
    doc: "Registers an agent as a tool with the parameter `task`; its result is the answer, as an object with opts.output.",
    needs: { model: "the model, as provider:model" },
    params: { agent: t.handle<Agent>("Agent"), opts: wrapOptions },
    result: "Tool",
    example: `tools.wrap_agent(agent.create({ name = "helper" }), { name = "ask_helper" })
return tools.execute("ask_helper", { task = "Say hello" })`,
    call(run, { agent, opts }) {
      const { model, provider } = agent.info();
      run.authorizeModel("tools.wrap_agent", model, provider);
      return handleOf(run, register(run, agentTool(agent, coreWrap(opts))));
    },
  }),
  wrap_workflow: sync({
    doc: "Registers a workflow as a tool with the parameter `input`; its result is the output. opts.input is the schema of the input.",
    params: {
      workflow: t.handle<HeldWorkflow>("Workflow"),
      opts: t.optional(t.object({ ...wrapFields, input: t.optional(t.table) }, "WrapWorkflowOptions")),
    },
    result: "Tool",
    example: `tools.wrap_workflow(workflow.sequential({ function(n) return n + 1 end }), { name = "inc" })
return tools.execute("inc", { input = 4 })`,
    call(run, { workflow, opts: { input, ...rest } = {} }) {
      const tool = workflowTool(workflow.definition, {
        ...coreWrap(rest),
        ...(input === undefined ? {} : { input: jsonSchema(input) }),
        services: servicesOf(run, "tools.wrap_workflow"),
      });
      return handleOf(run, register(run, tool));
    },
  }),
  compose: sync({
    doc: "Registers a tool that runs others one after the other, each with the result before; what is no table is given as {input=…}.",
    params: {
      tools: t.list(knownTool),
      opts: t.optional(t.object({ name: t.optional(t.name), description: t.optional(t.string) }, "ComposeOptions")),
    },
    result: "Tool",
    example: `tools.define("inc", "Adds one", {}, function(args) return args.input + 1 end)
return tools.compose({ "inc", "inc" }, { name = "plus_two" }):execute({ input = 1 })`,
    call(run, { tools, opts: { name, description } = {} }) {
      const found = tools.map((tool) => resolveTool(run, tool));
      const names = found.map((tool) => tool.name);
      const tool = pipelineTool({
        name: name ?? freeName(run, names.join("_then_").slice(0, 50)),
        description: description ?? `Runs ${names.join(", then ")}`,
        parameters: found[0]?.parameters ?? {},
        stages: found.map((each) => ({ tool: each })),
      });
      return handleOf(run, register(run, tool));
    },
  }),
  unregister: sync({
    doc: "Removes a tool; true when there was one.",
    params: { name: t.name },
    result: "boolean",
    example: `${EXAMPLE_TOOL}return tools.unregister("double")`,
    call: (run, { name }) => run.tools.remove(name),
  }),
  clear_registry: sync({
    doc: "Removes every tool that the spell has made, and no other; how many.",
    result: "integer",
    example: `${EXAMPLE_TOOL}return tools.clear_registry()`,
    call: (run) =>
      run.tools.list({ disabled: true }).filter((tool) => isOfScript(tool) && run.tools.remove(tool.name)).length,
  }),
};

const field = (name: string, doc: string) =>
  sync({
    doc,
    params: { builder, value: t.string },
    result: "ToolBuilder",
    call(run, { builder: of, value }) {
      of.fields[name] = value;
      return run.handles.add("ToolBuilder", of);
    },
  });

export const builderMethods = {
  description: field("description", "What the tool does, in words for the model."),
  category: field("category", "The category of the tool."),
  version: field("version", "The version of the tool, like 1.0.0."),
  tag: sync({
    doc: "Adds a tag.",
    params: { builder, tag: t.string },
    result: "ToolBuilder",
    call(run, { builder: of, tag }) {
      of.tags.push(tag);
      return run.handles.add("ToolBuilder", of);
    },
  }),
  parameter: sync({
    doc: "Adds a parameter by its type or JSON Schema; it is required unless `required` is false.",
    params: {
      builder,
      name: t.name,
      type: t.union(t.string, t.table),
      description: t.optional(t.string),
      required: t.optional(t.boolean),
    },
    result: "ToolBuilder",
    call(run, { builder: of, name, type, description, required = true }) {
      if (Object.hasOwn(of.properties, name))
        throw new SpellError("ALREADY_EXISTS", `the tool has a parameter '${name}' already`);
      const schema = typeof type === "string" ? { type } : (jsonSchema(type) as ScriptObject);
      Object.defineProperty(of.properties, name, {
        value: { ...schema, ...(description === undefined ? {} : { description }) },
        enumerable: true,
      });
      if (required) of.required.push(name);
      return run.handles.add("ToolBuilder", of);
    },
  }),
  execute: sync({
    doc: "What the tool does, as a function of its parameters.",
    mayNeed: { tools: "what the tool asks for" },
    params: { builder, fn: t.fn },
    result: "ToolBuilder",
    call(run, { builder: of, fn }) {
      of.fields["execute"] = fn;
      own(run, of, fn);
      return run.handles.add("ToolBuilder", of);
    },
  }),
  build: sync({
    doc: "Registers the tool.",
    params: { builder },
    result: "Tool",
    call(run, { builder: of }) {
      const definition = toolDefinition.check(of.definition() as never, ["tool"], run.handles);
      return handleOf(run, register(run, scriptTool(run, definition)));
    },
  }),
};
