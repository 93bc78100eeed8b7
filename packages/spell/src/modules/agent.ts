import {
  createAgent,
  createConversation,
  type Agent,
  type AgentConfig,
  type AgentRunOptions,
  type Message,
} from "@llmspell/core";
import type { Handle, ScriptObject } from "@llmspell/engine";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import type { RunContext } from "../run/context.js";
import { coreContext } from "../run/core-context.js";
import { conversationHandle } from "./llm.js";
import { coreMessage, messageType, scriptResponse } from "./shapes.js";
import { streamTo } from "./streaming.js";
import { describeTool, resolveTool, toolReference } from "./tools/definition.js";

const agentConfig = t.object(
  {
    name: t.optional(t.string),
    description: t.optional(t.string),
    provider: t.optional(t.string),
    model: t.optional(t.string),
    system_prompt: t.optional(t.string),
    temperature: t.optional(t.number),
    max_tokens: t.optional(t.integer(1)),
    top_p: t.optional(t.number),
    stop: t.optional(t.list(t.string)),
    tools: t.optional(t.list(toolReference)),
    max_steps: t.optional(t.integer(1)),
    token_budget: t.optional(t.integer(1)),
    timeout: t.optional(t.duration),
    schema: t.optional(t.table),
  },
  "AgentConfig",
);
type ScriptConfig = ReturnType<typeof agentConfig.check>;

/** The script's spelling of an agent's settings, and the framework's. */
const FIELDS = {
  description: "description",
  system_prompt: "systemPrompt",
  temperature: "temperature",
  max_tokens: "maxOutputTokens",
  top_p: "topP",
  stop: "stop",
  max_steps: "maxSteps",
  token_budget: "maxTokens",
  timeout: "timeoutMs",
  schema: "schema",
} as const satisfies Partial<Record<keyof ScriptConfig, keyof AgentConfig>>;

const agent = t.handle<Agent>("Agent");
/** What each agent was made from, for clones. */
const configs = new WeakMap<Agent, ScriptConfig>();

function create(run: RunContext, fn: string, config: ScriptConfig): Handle {
  const ref = run.authorizeModel(fn, config.model, config.provider);
  const settings: Record<string, unknown> = {};
  for (const [from, to] of Object.entries(FIELDS)) {
    const value = config[from as keyof typeof FIELDS];
    if (value !== undefined) settings[to] = value;
  }
  const made = createAgent(
    {
      name: config.name ?? "agent",
      model: ref.id,
      ...settings,
      ...(config.tools === undefined ? {} : { tools: config.tools.map((tool) => resolveTool(run, tool)) }),
    },
    { models: run.models, nextId: () => run.nextAgentId(), context: coreContext(run) },
  );
  configs.set(made, config);
  return run.handles.add("Agent", made, made.id);
}

function describe(of: Agent): ScriptObject {
  const { id, name, description, model, provider, status, usage, runs, toolCalls } = of.info();
  return {
    id,
    name,
    description: description ?? null,
    type: "llm",
    model,
    provider,
    status,
    usage: { prompt_tokens: usage.inputTokens, completion_tokens: usage.outputTokens, total_tokens: usage.totalTokens },
    runs,
    tool_calls: toolCalls,
  };
}

const input = t.union(t.string, t.list(messageType), t.object({ messages: t.list(messageType) }));
type Input = ReturnType<typeof input.check>;

function coreInput(given: Input): string | Message[] {
  if (typeof given === "string") return given;
  return (Array.isArray(given) ? given : given.messages).map(coreMessage);
}

export const agentModule = defineModule({
  name: "agent",
  doc: "Agents: a model with instructions and tools.",
  aliases: ["agents"],
  handles: ["Agent"],
  functions: {
    create: sync({
      doc: "Makes an agent: create(config) or create(name, config).",
      params: { name: t.optional(t.string), config: agentConfig },
      result: "Agent",
      aliases: ["lifecycle_create"],
      example: 'local a = agent.create({ name = "helper" })\nreturn a:run("Say hello").content',
      call: (run, { name, config }) => create(run, "agent.create", name === undefined ? config : { ...config, name }),
    }),
    create_llm: sync({
      doc: "Makes an agent for a model: create_llm(model, config?).",
      params: { model: t.string, config: t.optional(agentConfig) },
      result: "Agent",
      aliases: ["lifecycle_create_llm"],
      example: 'return agent.create_llm("offline:demo"):get_info().model',
      call: (run, { model, config = {} }) => create(run, "agent.create_llm", { ...config, model }),
    }),
    clone: sync({
      doc: "A new agent with the same configuration, changed by `modifications`; nothing else is shared.",
      params: { agent, modifications: t.optional(agentConfig) },
      result: "Agent",
      example: 'local a = agent.create({ name = "helper" })\nreturn a:clone({ name = "other" }):get_info().name',
      call: (run, { agent: source, modifications }) =>
        create(run, "agent.clone", { ...configs.get(source), ...modifications }),
    }),
    run: awaitable({
      doc: "Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer.",
      params: {
        agent,
        input,
        opts: t.optional(
          t.object(
            { timeout: t.optional(t.duration), on_chunk: t.optional(t.fn), schema: t.optional(t.table) },
            "AgentRunOptions",
          ),
        ),
      },
      result: "Response",
      aliases: ["communication_run"],
      example: 'local a = agent.create({ name = "helper" })\nreturn agent.run(a, "Say hello").content',
      async call(run, { agent: runner, input: given, opts = {} }, signal) {
        const { model, provider } = runner.info();
        run.authorizeModel("agent.run", model, provider);
        run.progress(`agent ${runner.name}`);
        const stream = opts.on_chunk && streamTo(run, opts.on_chunk, signal);
        const options: AgentRunOptions = {
          signal: stream?.signal ?? signal,
          ...(opts.timeout === undefined ? {} : { timeoutMs: opts.timeout }),
          authorize: run.authorizer("agent.run"),
          ...(opts.schema === undefined ? {} : { schema: opts.schema }),
          ...(stream ? { onEvent: (event) => event.type === "model.text" && stream.push(event.payload.text) } : {}),
        };
        const response = await runner.run(coreInput(given), options);
        await stream?.end();
        return scriptResponse(response);
      },
    }),
    conversation: sync({
      doc: "A conversation with the agent that remembers: c:send(text), c:history(), …",
      params: { agent, system_prompt: t.optional(t.string) },
      result: "Conversation",
      example: 'local c = agent.create({ name = "helper" }):conversation("Be brief")\nreturn c:send("Hello").content',
      call: (run, { agent: partner, system_prompt }) =>
        conversationHandle(
          run,
          createConversation(partner, system_prompt === undefined ? {} : { systemPrompt: system_prompt }),
        ),
    }),
    get: sync({
      doc: "The agent with this id, or nil.",
      params: { id: t.string },
      result: "Agent or nil",
      aliases: ["lifecycle_get"],
      example: 'agent.create({ name = "helper" })\nreturn agent.get("agent-1"):get_info().name',
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
      example: 'agent.create({ name = "helper" })\nreturn #agent.list()',
      call: (run) => run.agents().map(describe),
    }),
    remove: sync({
      doc: "Forgets an agent; its handle can no longer be used.",
      params: { agent },
      result: "boolean",
      aliases: ["lifecycle_remove", "destroy"],
      example: 'return agent.create({ name = "helper" }):remove()',
      call: (run, { agent: gone }) => run.handles.remove(gone),
    }),
    get_info: sync({
      doc: "What an agent is and what it has used so far.",
      params: { agent },
      result: "AgentInfo",
      example:
        'local a = agent.create({ name = "helper" })\na:run("Hello")\nreturn a:get_info().usage.total_tokens > 0',
      call: (_, { agent: of }) => describe(of),
    }),
    register_tool: sync({
      doc: "Gives an agent one more tool.",
      params: { agent, tool: toolReference },
      aliases: ["communication_register_tool"],
      example:
        'local a = agent.create({ name = "helper" })\na:register_tool("file_operations")\nreturn #a:list_tools()',
      call(run, { agent: owner, tool }) {
        owner.addTool(resolveTool(run, tool));
        return undefined;
      },
    }),
    unregister_tool: sync({
      doc: "Takes a tool from an agent; true when it had it.",
      params: { agent, tool_name: t.string },
      result: "boolean",
      aliases: ["communication_unregister_tool"],
      example: 'return agent.create({ name = "helper" }):unregister_tool("missing")',
      call: (_, { agent: owner, tool_name }) => owner.removeTool(tool_name),
    }),
    list_tools: sync({
      doc: "The tools of an agent.",
      params: { agent },
      result: "list<ToolInfo>",
      aliases: ["communication_list_tools"],
      example: 'return #agent.create({ name = "helper" }):list_tools()',
      call: (_, { agent: owner }) => owner.tools().map(describeTool),
    }),
  },
});
