import { defined, mergeValues, type Agent } from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { toolsInside } from "../../code-mode/code-mode.js";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { perRun } from "../../run/per-run.js";
import { describeTool, resolveTool, toolReference } from "../tools/definition.js";
import { agentConfig, agentHandle, describe, make, partsOf, settingsOf, type ScriptConfig } from "./held.js";

const agent = { agent: agentHandle };
const MADE = 'local a = agent.create({ name = "helper" })\n';

/** Configurations by name, as the spell gave them. */
const templates = perRun(() => new Map<string, ScriptConfig>());

function configure(of: Agent, changes: ReturnType<typeof settingsOf>): ScriptObject {
  of.configure(changes);
  return describe(of);
}

export const lifecycle = {
  create: sync({
    doc: "Makes an agent: create(config) or create(name, config). With `code_mode` (true, a language or limits) its model writes scripts that call the tools, by one tool `run_spell`.",
    needs: { model: "the model, as provider:model" },
    params: { name: t.optional(t.name), config: agentConfig },
    result: "Agent",
    aliases: ["lifecycle_create"],
    example: `${MADE}return a:run("Say hello").content`,
    call: (run, { name, config }) => make(run, "agent.create", name === undefined ? config : { ...config, name }),
  }),
  create_llm: sync({
    doc: "Makes an agent for a model: create_llm(model, config?).",
    needs: { model: "the model, as provider:model" },
    params: { model: t.string, config: t.optional(agentConfig) },
    result: "Agent",
    aliases: ["lifecycle_create_llm"],
    example: 'return agent.create_llm("offline:demo"):get_info().model',
    call: (run, { model, config = {} }) => make(run, "agent.create_llm", { ...config, model }),
  }),
  validate_config: sync({
    doc: "Whether an agent could be made of a configuration, and what is wrong with it.",
    params: { config: t.table },
    result: "{valid: boolean, errors: list<string>}",
    aliases: ["utils_validate_config"],
    example: "return agent.validate_config({ temprature = 1 }).errors[1]",
    call(run, { config }) {
      try {
        const checked = agentConfig.check(config, ["config"], run.handles);
        run.models.resolve(checked.model, checked.provider);
        settingsOf(run, checked);
        return { valid: true, errors: [] };
      } catch (error) {
        if (!isSpellError(error)) throw error;
        return { valid: false, errors: [error.message] };
      }
    },
  }),
  clone: sync({
    doc: "A new agent with the same configuration, changed by `modifications`; nothing else is shared.",
    needs: { model: "the model, as provider:model" },
    params: { ...agent, modifications: t.optional(agentConfig) },
    result: "Agent",
    example: `${MADE}return a:clone({ name = "other" }):get_info().name`,
    call(run, { agent: source, modifications }) {
      const { config, memory } = partsOf(source);
      const own = memory === undefined ? {} : { memory: memory.fork() };
      const tools = source.tools().flatMap((tool) => toolsInside(tool) ?? [tool]);
      return make(run, "agent.clone", { ...config, tools, ...own, ...modifications });
    },
  }),
  configure: sync({
    doc: "Changes the configuration of an agent between runs.",
    mayNeed: { model: "the model that it changes to" },
    params: { ...agent, settings: agentConfig },
    result: "AgentInfo",
    example: `${MADE}return a:configure({ description = "helps" }).description`,
    call(run, { agent: of, settings }) {
      const { name, memory, code_mode, ...rest } = settings;
      if (name !== undefined || memory !== undefined || code_mode !== undefined)
        throw new SpellError(
          "INVALID_ARGUMENT",
          "agent.configure: 'name', 'memory' and 'code_mode' are given when an agent is made",
        );
      const ref = rest.model ?? rest.provider;
      const model =
        ref === undefined ? {} : { model: run.authorizeModel("agent.configure", rest.model, rest.provider).id };
      const inside = rest.tools === undefined ? {} : defined({ code_mode: partsOf(of).config.code_mode });
      return configure(of, { ...settingsOf(run, { ...rest, ...inside }), ...model });
    },
  }),
  get: sync({
    doc: "The agent with this id, or nil.",
    params: { id: t.string },
    result: "Agent or nil",
    aliases: ["lifecycle_get"],
    example: `${MADE}return agent.get("agent-1"):get_info().name`,
    call(run, { id }) {
      const found = run.agents().find((candidate) => candidate.id === id);
      return found === undefined ? null : run.handles.add("Agent", found, id);
    },
  }),
  exists: sync({
    doc: "Whether there is an agent with this id.",
    params: { id: t.string },
    result: "boolean",
    example: 'return agent.exists("agent-99")',
    call: (run, { id }) => run.agents().some((candidate) => candidate.id === id),
  }),
  list: sync({
    doc: "Every agent of this run.",
    result: "list<AgentInfo>",
    aliases: ["lifecycle_list"],
    example: `${MADE}return #agent.list()`,
    call: (run) => run.agents().map(describe),
  }),
  remove: awaitable({
    doc: "Ends what an agent does and forgets it; its handle can no longer be used.",
    params: agent,
    result: "boolean",
    aliases: ["lifecycle_remove", "destroy"],
    example: 'return agent.create({ name = "helper" }):remove()',
    async call(run, { agent: gone }) {
      const known = run.handles.remove(gone);
      await gone.dispose();
      return known;
    },
  }),
  get_info: sync({
    doc: "What an agent is and what it has used so far.",
    params: agent,
    result: "AgentInfo",
    depends: "run",
    example: `${MADE}a:run("Hello")\nreturn a:get_info().usage.total_tokens > 0`,
    call: (_, { agent: of }) => describe(of),
  }),
  get_metrics: sync({
    doc: "What an agent has done so far.",
    params: agent,
    result:
      "{runs: integer, errors: integer, suspended: integer, avg_ms: number, tokens: integer, tool_calls: integer, failed_tool_calls: integer}",
    aliases: ["lifecycle_get_metrics"],
    example: `${MADE}a:run("Hello")\nreturn a:get_metrics().runs`,
    call(_, { agent: of }) {
      const { runs, errors, suspended, totalMs, usage, toolCalls, failedToolCalls } = of.metrics();
      return {
        runs,
        errors,
        suspended,
        avg_ms: runs === 0 ? 0 : totalMs / runs,
        tokens: usage.totalTokens,
        tool_calls: toolCalls,
        failed_tool_calls: failedToolCalls,
      };
    },
  }),
  register_tool: sync({
    doc: "Gives an agent one more tool.",
    params: { ...agent, tool: toolReference },
    aliases: ["communication_register_tool"],
    example: `${MADE}a:register_tool("file_operations")\nreturn #a:list_tools()`,
    call(run, { agent: owner, tool }) {
      owner.addTool(resolveTool(run, tool));
      return undefined;
    },
  }),
  add_tools: sync({
    doc: "Gives an agent several tools; says which could not be given.",
    params: { ...agent, tools: t.list(toolReference) },
    result: "{added: list<string>, failed: list<{name: string, error: error}>}",
    example: `${MADE}return a:add_tools({ "file_operations", "file_operations" }).failed[1].error.code`,
    call(run, { agent: owner, tools }) {
      const added: string[] = [];
      const failed: ScriptValue[] = [];
      for (const given of tools) {
        const name = typeof given === "string" ? given : given.name;
        try {
          const tool = resolveTool(run, given);
          owner.addTool(tool);
          added.push(tool.name);
        } catch (error) {
          if (!isSpellError(error)) throw error;
          failed.push({ name, error });
        }
      }
      return { added, failed };
    },
  }),
  unregister_tool: sync({
    doc: "Takes a tool from an agent; true when it had it.",
    params: { ...agent, tool_name: t.string },
    result: "boolean",
    aliases: ["communication_unregister_tool"],
    example: 'return agent.create({ name = "helper" }):unregister_tool("missing")',
    call: (_, { agent: owner, tool_name }) => owner.removeTool(tool_name),
  }),
  list_tools: sync({
    doc: "The tools of an agent.",
    params: agent,
    result: "list<ToolInfo>",
    aliases: ["communication_list_tools"],
    example: 'return #agent.create({ name = "helper" }):list_tools()',
    call: (_, { agent: owner }) => owner.tools().map(describeTool),
  }),
  register_template: sync({
    doc: "A configuration by name, to make agents of.",
    params: { name: t.name, config: agentConfig },
    example:
      'agent.register_template("brief", { system_prompt = "Be brief" })\nreturn agent.create_from_template("brief", { name = "b" }):get_info().name',
    call(run, { name, config }) {
      if (templates(run).has(name))
        throw new SpellError("ALREADY_EXISTS", `there already is a template named '${name}'`);
      templates(run).set(name, config);
      return undefined;
    },
  }),
  create_from_template: sync({
    doc: "An agent of a template, changed by `overrides`: tables go into each other, everything else takes the place.",
    needs: { model: "the model, as provider:model" },
    params: { name: t.name, overrides: t.optional(t.table) },
    result: "Agent",
    example:
      'agent.register_template("brief", { system_prompt = "Be brief" })\nreturn agent.create_from_template("brief", { name = "b" }):get_info().name',
    call(run, { name, overrides = {} }) {
      const template = templates(run).get(name);
      if (template === undefined) {
        const known = [...templates(run).keys()];
        throw new SpellError("NOT_FOUND", `there is no template named '${name}'; known: ${known.join(", ")}`, {
          details: { known },
        });
      }
      const given = agentConfig.check(overrides, ["overrides"], run.handles);
      const schema =
        template.schema === undefined || given.schema === undefined
          ? {}
          : { schema: mergeValues(template.schema, given.schema, "deep") as Record<string, ScriptValue> };
      return make(run, "agent.create_from_template", { ...template, ...given, ...schema });
    },
  }),
};
