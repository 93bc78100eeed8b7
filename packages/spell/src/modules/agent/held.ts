import {
  createAgent,
  createMemory,
  createState,
  defined,
  type Agent,
  type AgentConfig,
  type Memory,
  type Message,
  type State,
  type StateSnapshot,
  type Tool,
} from "@llmspell/core";
import type { Handle, ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import { codeModeOf } from "../../run/code-mode.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { memoriesOf, memoryHandle } from "../memory/store.js";
import { coreMessage, messageType, scriptUsage } from "../shapes.js";
import { resolveTool, toolReference } from "../tools/definition.js";

const language = t.oneOf("lua", "javascript");

/** One tool, `run_spell`, in the place of all. */
const codeMode = t.object(
  {
    language: t.optional(language),
    fuel: t.optional(t.integer(1)),
    memory: t.optional(t.integer(1)),
    time: t.optional(t.duration),
    calls: t.optional(t.integer(1)),
    parallel: t.optional(t.integer(1)),
    console: t.optional(t.integer(1)),
    result: t.optional(t.integer(1)),
    declared: t.optional(t.integer(0)),
  },
  "CodeMode",
);

export const agentConfig = t.object(
  {
    name: t.optional(t.name),
    description: t.optional(t.string),
    provider: t.optional(t.string),
    model: t.optional(t.string),
    system_prompt: t.optional(t.string),
    temperature: t.optional(t.number),
    max_tokens: t.optional(t.integer(1)),
    top_p: t.optional(t.number),
    stop: t.optional(t.list(t.string)),
    tools: t.optional(t.list(toolReference)),
    code_mode: t.optional(t.union(t.boolean, language, codeMode)),
    tool_choice: t.optional(t.union(t.oneOf("auto", "none", "required"), t.object({ tool: t.string }))),
    approvals: t.optional(t.union(t.oneOf("all", "none"), t.list(t.string))),
    memory: t.optional(t.union(t.boolean, memoryHandle)),
    max_steps: t.optional(t.integer(1)),
    token_budget: t.optional(t.integer(1)),
    context_tokens: t.optional(t.integer(1)),
    timeout: t.optional(t.duration),
    schema: t.optional(t.table),
  },
  "AgentConfig",
);
export type ScriptConfig = ReturnType<typeof agentConfig.check>;

/** The script's spelling of an agent's settings, and the framework's. */
const FIELDS = {
  description: "description",
  system_prompt: "systemPrompt",
  temperature: "temperature",
  max_tokens: "maxOutputTokens",
  top_p: "topP",
  stop: "stop",
  tool_choice: "toolChoice",
  approvals: "approvals",
  max_steps: "maxSteps",
  token_budget: "maxTokens",
  timeout: "timeoutMs",
  schema: "schema",
} as const satisfies Partial<Record<keyof ScriptConfig, keyof AgentConfig>>;

/** What a spell has of an agent besides the agent. */
interface AgentParts {
  readonly config: ScriptConfig;
  readonly state: State;
  readonly memory: Memory | undefined;
  readonly snapshots: Map<string, { name: string; createdAt: number; snapshot: StateSnapshot }>;
}

const parts = new WeakMap<Agent, AgentParts>();

/** @throws SpellError `INTERNAL` for an agent that no spell has made. */
export function partsOf(agent: Agent): AgentParts {
  const found = parts.get(agent);
  if (found === undefined) throw new SpellError("INTERNAL", "this agent was not made by a spell");
  return found;
}

export const agentHandle = t.handle<Agent>("Agent");

/** The settings of a configuration, in the framework's spelling. */
export function settingsOf(run: RunContext, config: ScriptConfig): Partial<AgentConfig> {
  const settings: Record<string, unknown> = {};
  for (const [from, to] of Object.entries(FIELDS)) {
    const value = config[from as keyof typeof FIELDS];
    if (value !== undefined) settings[to] = value;
  }
  const { tools: given, code_mode } = config;
  const tools = given?.map((tool) => resolveTool(run, tool));
  if (code_mode !== undefined && code_mode !== false) settings["tools"] = [inCodeMode(run, tools ?? [], code_mode)];
  else if (tools !== undefined) settings["tools"] = tools;
  if (config.context_tokens !== undefined) settings["fit"] = { maxTokens: config.context_tokens };
  return settings;
}

function inCodeMode(
  run: RunContext,
  tools: readonly Tool[],
  given: Exclude<ScriptConfig["code_mode"], undefined | false>,
): Tool {
  const options = typeof given === "object" ? given : given === true ? {} : { language: given };
  const { language: spoken, declared, fuel, calls, parallel, memory, time, console, result } = options;
  const limits = { fuel, calls, parallel, memoryBytes: memory, timeMs: time };
  const shown = { consoleCharacters: console, resultCharacters: result };
  return codeModeOf(run, tools, {
    ...defined({ language: spoken, declared }),
    limits: defined({ ...limits, ...shown }),
  });
}

export function make(run: RunContext, fn: string, config: ScriptConfig): Handle {
  const ref = run.authorizeModel(fn, config.model, config.provider);
  const memory = memoryOf(config);
  const state = createState();
  const made = createAgent(
    {
      name: config.name ?? "agent",
      model: ref.id,
      ...settingsOf(run, config),
      state,
      ...(memory === undefined ? {} : { memory }),
    },
    { models: run.models, tools: run.tools, nextId: () => run.nextAgentId(), context: coreContext(run) },
  );
  parts.set(made, { config, state, memory, snapshots: new Map() });
  return run.handles.add("Agent", made, made.id);
}

function memoryOf({ memory }: ScriptConfig): Memory | undefined {
  if (memory === undefined || memory === false) return undefined;
  return memory === true ? createMemory() : memory;
}

export const memoryHandleOf = (run: RunContext, memory: Memory): Handle => memoriesOf(run).handle(memory);

export function describe(agent: Agent): ScriptObject {
  const { id, name, description, type, model, provider, status, usage, runs, toolCalls } = agent.info();
  return {
    id,
    name,
    description: description ?? null,
    type,
    model,
    provider,
    status,
    usage: scriptUsage(usage),
    runs,
    tool_calls: toolCalls,
  };
}

export const input = t.union(t.string, t.list(messageType), t.object({ messages: t.list(messageType) }));
type Input = ReturnType<typeof input.check>;

export function coreInput(given: Input): string | Message[] {
  if (typeof given === "string") return given;
  return (Array.isArray(given) ? given : given.messages).map(coreMessage);
}
