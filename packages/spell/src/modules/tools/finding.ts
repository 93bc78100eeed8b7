import { defined, mcpDefinition, toolMarkdown, type Tool, type ToolCounters, type ToolFilter } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { toScript } from "../shapes.js";
import { statsOf } from "./counts.js";
import { describeTool, handleOf, isOfScript, knownTool, resolveTool } from "./definition.js";
import { EXAMPLE_TOOL } from "./example.js";

const filter = t.object(
  {
    builtin: t.optional(t.boolean),
    category: t.optional(t.string),
    tags: t.optional(t.list(t.string)),
    enabled: t.optional(t.boolean),
    search: t.optional(t.string),
  },
  "ToolFilter",
);

const listed = (run: RunContext, core: ToolFilter, wanted: (tool: Tool) => boolean = () => true): ScriptObject[] =>
  run.tools.list(core).filter(wanted).map(describeTool);

function figures({ calls, failures, totalMs, maxMs }: ToolCounters): ScriptObject {
  const errors = Object.values(failures).reduce((sum, count) => sum + count, 0);
  return { calls, errors, failures: { ...failures }, avg_ms: calls === 0 ? 0 : totalMs / calls, max_ms: maxMs };
}

const METRICS = "{calls: integer, errors: integer, failures: table, avg_ms: number, max_ms: number}";
const TAGGED = `tools.define({ name = "t", description = "T", category = "math", tags = { "a", "b" }, execute = function() end })\n`;

/** Finding tools, and what is known of them. */
export const finding = {
  list: sync({
    doc: "Every tool of this run, or those that fit a filter: builtin, category, tags, search, and with enabled = false those that are disabled.",
    params: { filter: t.optional(filter) },
    result: "list<ToolInfo>",
    aliases: ["get_builtin_tools", "list_tools"],
    example: "return #tools.list() >= 1",
    call(run, { filter: { builtin, category, tags, enabled, search } = {} }) {
      const core = {
        ...defined({ category, tags, search }),
        disabled: enabled === false,
      };
      return listed(
        run,
        core,
        (tool) =>
          (builtin === undefined || builtin !== isOfScript(tool)) && (enabled !== false || !run.tools.has(tool.name)),
      );
    },
  }),
  search: sync({
    doc: "Tools by words in name, description or tags, or by a pattern of names such as file_*.",
    params: { query: t.string },
    result: "list<ToolInfo>",
    aliases: ["search_tools"],
    example: `return tools.search("file_*")[1].name`,
    call: (run, { query }) => listed(run, { search: query }),
  }),
  get: sync({
    doc: "A tool by name, or nil.",
    params: { name: t.string },
    result: "Tool or nil",
    aliases: ["get_tool"],
    example: 'return tools.get("file_operations") ~= nil',
    call: (run, { name }) => (run.tools.has(name) ? handleOf(run, run.tools.get(name)) : null),
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
  get_documentation: sync({
    doc: "A page on a tool, in Markdown.",
    params: { tool: knownTool },
    result: "string",
    aliases: ["get_tool_documentation"],
    example: `${EXAMPLE_TOOL}return tools.get_documentation("double")`,
    call: (run, { tool }) => toolMarkdown(resolveTool(run, tool)),
  }),
  get_categories: sync({
    doc: "The categories of all tools, in order.",
    result: "list<string>",
    aliases: ["get_tool_categories"],
    example: `${TAGGED}return tools.get_categories()`,
    call: (run) => [...categoriesOf(run).keys()].toSorted(),
  }),
  list_by_category: sync({
    doc: "The tools of a category.",
    params: { category: t.string },
    result: "list<ToolInfo>",
    aliases: ["list_tools_by_category"],
    example: `${TAGGED}return tools.list_by_category("math")[1].name`,
    call: (run, { category }) => listed(run, { category }),
  }),
  list_by_tags: sync({
    doc: "The tools that have all of these tags.",
    params: { tags: t.list(t.string) },
    result: "list<ToolInfo>",
    aliases: ["list_tools_by_tags"],
    example: `${TAGGED}return tools.list_by_tags({ "b" })[1].name`,
    call: (run, { tags }) => listed(run, { tags }),
  }),
  list_by_permission: sync({
    doc: "The tools that declare that they need a power.",
    params: { permission: t.string },
    result: "list<ToolInfo>",
    aliases: ["list_tools_by_permission"],
    example: 'return tools.list_by_permission("file.read")[1].name',
    call: (run, { permission }) => listed(run, {}, ({ permissions }) => permissions?.includes(permission) === true),
  }),
  list_by_resource_usage: sync({
    doc: "The tools whose calls in this run took so much: at least min_calls, at most max_avg_ms on average, at most max_error_rate (0 to 1) failed.",
    params: {
      criteria: t.object(
        {
          min_calls: t.optional(t.integer(0)),
          max_avg_ms: t.optional(t.number),
          max_error_rate: t.optional(t.number),
        },
        "ToolUsageCriteria",
      ),
    },
    result: "list<ToolInfo>",
    aliases: ["list_tools_by_resource_usage"],
    example: `${EXAMPLE_TOOL}tools.execute("double", { n = 1 })\nreturn tools.list_by_resource_usage({ min_calls = 1 })[1].name`,
    call(run, { criteria: { min_calls = 0, max_avg_ms = Infinity, max_error_rate = 1 } }) {
      return listed(run, {}, ({ name }) => {
        const { calls, totalMs, failures } = statsOf(run).get(name);
        const errors = Object.values(failures).reduce((sum, count) => sum + count, 0);
        // Of what was never called, averages say nothing against it.
        const [average, rate] = calls === 0 ? [0, 0] : [totalMs / calls, errors / calls];
        return calls >= min_calls && average <= max_avg_ms && rate <= max_error_rate;
      });
    },
  }),
  enable: sync({
    doc: "Makes a disabled tool visible again.",
    params: { name: t.string },
    aliases: ["enable_tool"],
    example: `tools.disable("file_operations")\ntools.enable("file_operations")\nreturn tools.exists("file_operations")`,
    call(run, { name }) {
      run.tools.enable(name);
      return undefined;
    },
  }),
  disable: sync({
    doc: "Hides a tool from the spell, and from agents that are made from now on.",
    params: { name: t.string },
    aliases: ["disable_tool"],
    example: `tools.disable("file_operations")\nreturn tools.exists("file_operations")`,
    call(run, { name }) {
      run.tools.disable(name);
      return undefined;
    },
  }),
  get_metrics: sync({
    doc: "The calls of a tool in this run, by the spell and by agents; of every tool that was called, by name, without one.",
    params: { name: t.optional(t.string) },
    result: METRICS,
    aliases: ["get_tool_metrics"],
    example: `${EXAMPLE_TOOL}tools.execute("double", { n = 1 })\nreturn tools.get_metrics("double").calls`,
    call(run, { name }) {
      const stats = statsOf(run);
      if (name !== undefined) return figures(stats.get(name));
      return Object.fromEntries(Object.entries(stats.all()).map(([each, counters]) => [each, figures(counters)]));
    },
  }),
  get_registry_stats: sync({
    doc: "How many tools there are, and of which kinds; how often tools were called in this run.",
    result:
      "{total: integer, enabled: integer, disabled: integer, builtin: integer, by_category: table, calls: integer, errors: integer}",
    example: `${EXAMPLE_TOOL}return tools.get_registry_stats().total`,
    call(run) {
      const all = run.tools.list({ disabled: true });
      const enabled = run.tools.list().length;
      const counted = Object.values(statsOf(run).all()).map(figures);
      const sum = (name: "calls" | "errors"): number => counted.reduce((total, each) => total + Number(each[name]), 0);
      return {
        total: all.length,
        enabled,
        disabled: all.length - enabled,
        builtin: all.filter((tool) => !isOfScript(tool)).length,
        by_category: Object.fromEntries(categoriesOf(run)),
        calls: sum("calls"),
        errors: sum("errors"),
      };
    },
  }),
  export_mcp: sync({
    doc: "A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}.",
    params: { tool: t.optional(knownTool) },
    result: "table or list<table>",
    aliases: ["export_tool_to_mcp", "export_all_tools_to_mcp"],
    example: `${EXAMPLE_TOOL}return tools.export_mcp("double").inputSchema.type`,
    call(run, { tool }) {
      return tool === undefined
        ? run.tools.list().map((each) => toScript(mcpDefinition(each)))
        : toScript(mcpDefinition(resolveTool(run, tool)));
    },
  }),
};

/** How many tools each category has. */
function categoriesOf(run: RunContext): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { category } of run.tools.list())
    if (category !== undefined) counts.set(category, (counts.get(category) ?? 0) + 1);
  return counts;
}
