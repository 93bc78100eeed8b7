import { SpellError } from "@llmspell/errors";
import type { SystemEvent } from "../events/system-events.js";
import { createHooks } from "../hooks/hooks.js";
import { defined, type JsonSchema } from "../json.js";
import type { Message } from "../messages.js";
import { addUsage, NO_USAGE, type Usage } from "../models/model-ref.js";
import type { Models } from "../models/models.js";
import type { RetryOptions } from "../resilience/retry.js";
import type { Context } from "../context.js";
import type { ToolRegistry } from "../tools/registry.js";
import { defineTool, type Authorize, type Tool } from "../tools/tool.js";
import { checkAgentConfig, type AgentConfig } from "./agent-config.js";
import { runLoop } from "./agent-loop.js";
import { conversationOf, toResponse, type AgentResponse, type Input } from "./response.js";

/** What agents share. */
export interface AgentServices {
  models: Models;
  tools?: ToolRegistry;
  /** Makes the ids; `agent-1`, `agent-2`, … per `models` by default. */
  nextId?: () => string;
  /** Services, hooks and the receiver of events of all runs. */
  context?: Context;
}

/** One run of an agent. */
export interface AgentRunOptions {
  signal?: AbortSignal;
  /** Streams the run; without it the model answers in one piece. */
  onEvent?: (event: SystemEvent) => void;
  timeoutMs?: number;
  schema?: JsonSchema;
  /** Decides on every power that a tool needs; without it all are allowed. */
  authorize?: Authorize;
  onToolDenied?: "tell" | "throw";
  /** The conversation so far, before the input. */
  messages?: readonly Message[];
  retry?: RetryOptions;
  /** The run that this one is part of (a tool has it as `context.run`); that of the agent by default. */
  context?: Context;
}

/** Status of the latest event: `running` while any run is on, else how the last one ended. */
export type AgentStatus = "idle" | "running" | "completed" | "error";

export interface AgentInfo {
  id: string;
  name: string;
  description?: string;
  model: string;
  provider: string;
  status: AgentStatus;
  /** Sums over all runs that ended well. */
  usage: Usage;
  runs: number;
  toolCalls: number;
}

/** A model with instructions and tools. Runs share nothing but the counters and may overlap. */
export interface Agent {
  readonly id: string;
  readonly name: string;
  /** @throws SpellError what `runLoop` throws. */
  run(input: Input, options?: AgentRunOptions): Promise<AgentResponse>;
  /** @throws SpellError `ALREADY_EXISTS`, `NOT_FOUND`. */
  addTool(tool: string | Tool): void;
  removeTool(name: string): boolean;
  tools(): Tool[];
  info(): AgentInfo;
}

/**
 * Makes an agent. Its model is decided now and imported at the first run.
 *
 * @example
 * const agent = createAgent({ name: "helper", model: "offline:demo" }, { models });
 * const { content } = await agent.run("Hello");
 * @throws SpellError `INVALID_ARGUMENT` for the configuration, `NOT_FOUND` for a
 *   tool or provider, `PROVIDER_AUTH` for a provider that is not configured.
 */
export function createAgent(config: AgentConfig, services: AgentServices): Agent {
  checkAgentConfig(config);
  const { name, description, systemPrompt, temperature, maxOutputTokens, topP, stop, maxSteps, maxTokens } = config;
  const settings = defined({ temperature, maxOutputTokens, topP, stop, maxSteps, maxTokens });
  const ref = services.models.resolve(config.model, config.provider);
  const tools = new Map<string, Tool>();
  const addTool = (given: string | Tool): void => {
    const tool = typeof given === "string" ? registered(given, services.tools) : defineTool(given);
    if (tools.has(tool.name))
      throw new SpellError("ALREADY_EXISTS", `agent '${name}' already has a tool named '${tool.name}'`);
    tools.set(tool.name, tool);
  };
  config.tools?.forEach(addTool);
  const hooks = config.hooks === undefined ? undefined : createHooks(config.hooks);
  const id = (services.nextId ?? (() => countedId(services.models)))();

  let [usage, runs, toolCalls, running] = [NO_USAGE, 0, 0, 0];
  let ended: AgentStatus = "idle";

  return {
    id,
    name,
    addTool,
    removeTool: (tool) => tools.delete(tool),
    tools: () => [...tools.values()],
    info: () => ({
      id,
      name,
      ...defined({ description }),
      model: ref.model,
      provider: ref.provider,
      status: running > 0 ? "running" : ended,
      usage: { ...usage },
      runs,
      toolCalls,
    }),
    async run(input, options = {}) {
      const { messages: history, timeoutMs = config.timeoutMs, schema = config.schema, ...rest } = options;
      const { context = services.context } = options;
      const messages = conversationOf(input, systemPrompt, history);
      running++;
      runs++;
      try {
        const model = await services.models.load(ref);
        // Snapshot of the tools: adding one does not change a run that is under way.
        const result = await runLoop({
          ...rest,
          ...settings,
          ...defined({ timeoutMs, schema }),
          model,
          messages,
          tools: [...tools.values()],
          agentId: id,
          name,
          context,
          hooks,
        });
        usage = addUsage(usage, result.usage);
        toolCalls += result.toolCalls.length;
        ended = "completed";
        return toResponse(result, ref);
      } catch (error) {
        ended = "error";
        throw error;
      } finally {
        running--;
      }
    },
  };
}

function registered(name: string, registry: ToolRegistry | undefined): Tool {
  if (registry === undefined)
    throw new SpellError("NOT_FOUND", `there is no tool named '${name}': no tools are registered`);
  return registry.get(name);
}

const counts = new WeakMap<Models, number>();

function countedId(models: Models): string {
  const count = (counts.get(models) ?? 0) + 1;
  counts.set(models, count);
  return `agent-${count}`;
}
