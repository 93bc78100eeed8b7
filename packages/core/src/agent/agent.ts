import { SpellError } from "@llmspell/errors";
import { deadline, raceAbort, type Deadline } from "../abort.js";
import type { Context } from "../context.js";
import type { SystemEvent } from "../events/system-events.js";
import { createHooks } from "../hooks/hooks.js";
import { defined, type JsonSchema } from "../json.js";
import { sha256 } from "../hash.js";
import type { Memory } from "../memory/memory.js";
import type { Message } from "../messages.js";
import { NO_USAGE, type ModelRef, type Usage } from "../models/model-ref.js";
import type { Models } from "../models/models.js";
import type { RetryOptions } from "../resilience/retry.js";
import type { State } from "../state/state.js";
import type { ToolRegistry } from "../tools/registry.js";
import { defineTool, type Authorize, type Tool } from "../tools/tool.js";
import { checkAgentConfig, type AgentConfig } from "./agent-config.js";
import { runLoop, type LoopRequest, type LoopResult } from "./agent-loop.js";
import { readAgentSnapshot, takeAgentSnapshot, type AgentSnapshot } from "./agent-snapshot.js";
import { checkDecision, type ApprovalDecision, type Approve } from "./approval.js";
import { claim } from "./claim.js";
import { createLifecycle, limitsOf, type AgentMetrics, type AgentStatus } from "./lifecycle.js";
import { newsBegin } from "./remember.js";
import { conversationOf, toResponse, type AgentResponse, type Input } from "./response.js";
import { checkSuspension, timeLeft, type RunState, type Suspension } from "./run-state.js";
import { streamRun, type AgentStream } from "./stream.js";

/** What agents share. */
export interface AgentServices {
  models: Models;
  tools?: ToolRegistry;
  /** Makes the ids; `agent-1`, `agent-2`, … per `models` by default. */
  nextId?: () => string;
  /** Services, hooks and the receiver of events of all runs. */
  context?: Context;
  /** Knows what models cost (`provider:model`), in US dollars; `maxCost` needs it. */
  prices?: { costOf(usage: Usage, model: string): { total: number } | undefined };
  /** Where resumed runs are noted, so that of all processes that share it one goes on; this process by default. */
  claims?: State;
}

/** One run of an agent. */
export interface AgentRunOptions {
  signal?: AbortSignal;
  /** Streams the run; without it the model answers in one piece. */
  onEvent?: (event: SystemEvent) => void;
  /** Asked after each piece of a streamed answer: the model waits for what it gives, e.g. until the piece was sent on. */
  ready?: () => Promise<void> | undefined;
  timeoutMs?: number;
  schema?: JsonSchema;
  /** Decides on every power that a tool needs; without it all are allowed. */
  authorize?: Authorize;
  onToolDenied?: "tell" | "throw";
  /** Decides on tool calls that need approval; without it, or when it leaves one open, the run is suspended. */
  approve?: Approve;
  /** The conversation so far, before the input; what the agent remembers by default. */
  messages?: readonly Message[];
  retry?: RetryOptions;
  /** The run that this one is part of (a tool has it as `context.run`); that of the agent by default. */
  context?: Context;
}

/** How a suspended run goes on. */
export interface ResumeOptions extends Omit<AgentRunOptions, "messages"> {
  /** Goes on although the agent has another model, other instructions or another schema now. */
  acceptChanges?: boolean;
}

export interface AgentInfo {
  id: string;
  name: string;
  type: "llm" | "tool" | "workflow" | "composite";
  description?: string;
  model: string;
  provider: string;
  status: AgentStatus;
  /** Sums over all runs that did not fail. */
  usage: Usage;
  runs: number;
  toolCalls: number;
}

/** Whatever answers: a model with tools, a tool, a workflow, several agents together. */
export interface Runner {
  readonly id: string;
  readonly name: string;
  /** @throws SpellError `INVALID_STATE` when it runs already and does one run at a time; what `runLoop` throws. */
  run(input: Input, options?: AgentRunOptions): Promise<AgentResponse>;
  info(): AgentInfo;
  metrics(): AgentMetrics;
  /** Aborts what is under way and waits for it. It does not run any more. */
  dispose(): Promise<void>;
}

/** A model with instructions and tools. Without a memory runs share nothing but the counters and may overlap. */
export interface Agent extends Runner, AsyncDisposable {
  /** A run whose events can be read as they come. */
  stream(input: Input, options?: Omit<AgentRunOptions, "onEvent" | "ready">): AgentStream;
  /**
   * Goes on with a suspended run, of this process or another one. Calls that were answered
   * are not repeated; those without a decision stay open, and the run is suspended again.
   *
   * @throws SpellError `VALIDATION_FAILED` for what is no suspended run; `INVALID_ARGUMENT` for one of another
   *   agent and for a decision on a call that does not wait; `SNAPSHOT_INVALID` when the agent has changed;
   *   `INVALID_STATE` when it was resumed before. Nothing has then happened.
   */
  resume(
    suspension: Suspension,
    decisions: Readonly<Record<string, ApprovalDecision>>,
    options?: ResumeOptions,
  ): Promise<AgentResponse>;
  /** @throws SpellError `ALREADY_EXISTS`, `NOT_FOUND`. */
  addTool(tool: string | Tool): void;
  removeTool(name: string): boolean;
  tools(): Tool[];
  /** Changes the configuration between runs. @throws SpellError as `createAgent`; `INVALID_STATE` while it runs. */
  configure(changes: Partial<AgentConfig>): AgentInfo;
  /** An agent of the same configuration, changed, with copies of the tools' list and the memory. */
  clone(changes?: Partial<AgentConfig>): Agent;
  /** Counters, memory and state, as JSON. */
  snapshot(): AgentSnapshot;
  /** @throws SpellError `VALIDATION_FAILED`; `INVALID_STATE` while it runs. */
  restore(snapshot: AgentSnapshot): void;
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
export function createAgent(initial: AgentConfig, services: AgentServices): Agent {
  checkAgentConfig(initial);
  const { name } = initial;
  let config = initial;
  let ref = services.models.resolve(config.model, config.provider);
  let hooks = config.hooks === undefined ? undefined : createHooks(config.hooks);
  let tools = toolsOf(config, services);
  const id = (services.nextId ?? (() => countedId(services.models)))();
  const life = createLifecycle(name, config.reentrant ?? config.memory === undefined);
  checkPrice(config, ref, services);

  /** One run, of `input` or of a suspended run; what is new in it is remembered before another one begins. */
  const start = async (
    options: AgentRunOptions,
    prepare: (signal: AbortSignal) => Promise<Prepared>,
    from?: RunState,
  ): Promise<AgentResponse> => {
    const { schema = config.schema, retry = config.retry, context = services.context } = options;
    const limits = limitsOf(options, context);
    limits.timeoutMs = timeLeft(options.timeoutMs ?? config.timeoutMs, from);
    const work = async (limit: Deadline): Promise<AgentResponse> => {
      const { guardrails, stopWhen, fit, toolChoice, approvals: policy } = config;
      const [used, bound] = [ref, config];
      const { request, begin } = await prepare(limit.signal);
      const result = await runLoop({
        ...settingsOf(bound),
        ...options,
        ...request,
        ...defined({ schema, retry, guardrails, stopWhen, fit, toolChoice, policy }),
        limit,
        costOf: costOf(services, used),
        model: () => services.models.load(used),
        // Snapshot of the tools: adding one does not change a run that is under way.
        tools: [...tools.values()],
        agentId: id,
        name,
        context,
        hooks,
      });
      if (result.suspension !== undefined) result.suspension.binding = await bindingOf(bound, used);
      const news = begin(result.messages);
      if (news !== undefined) keep(bound.memory, result, news);
      return toResponse(result, used);
    };
    return await life.run(limits, work, from && { usage: from.usage, toolCalls: [...from.toolCalls] });
  };

  const agent: Agent = {
    id,
    name,
    run: async (input, options = {}) =>
      await start(options, async (signal) => {
        const { systemPrompt, memory } = config;
        const history = options.messages ?? memory?.messages() ?? [];
        // What makes the instructions may never end.
        const system =
          typeof systemPrompt === "function"
            ? await raceAbort(Promise.resolve(systemPrompt({ input })), signal)
            : systemPrompt;
        return {
          request: { messages: conversationOf(input, system, history) },
          // Whoever brings the history along keeps it, too.
          begin: (messages) => (options.messages === undefined ? newsBegin(history, messages) : undefined),
        };
      }),
    stream: (input, options = {}) =>
      streamRun(async ({ onEvent, ready, signal }) => {
        using ends = deadline("the run", undefined, signal, options.signal);
        return await agent.run(input, { ...options, onEvent, ready, signal: ends.signal });
      }),
    async resume(suspension, decisions, options = {}) {
      checkSuspension(suspension);
      const { acceptChanges = false, ...rest } = options;
      // Nobody changes it while it goes on.
      const given = structuredClone(suspension);
      const { id: suspended, state, known, schema } = given;
      checkDecisions(name, given, decisions);
      const decided = structuredClone(decisions);
      if (!acceptChanges && given.binding !== undefined && given.binding !== (await bindingOf(config, ref)))
        throw new SpellError("SNAPSHOT_INVALID", `agent '${name}' has changed since this run was suspended`);
      const prepare = async (): Promise<Prepared> => {
        await claim(suspended, services);
        return { request: { from: state, messages: state.messages, decisions: decided }, begin: () => known };
      };
      return await start({ ...defined({ schema }), ...rest }, prepare, state);
    },
    addTool: (tool) => addTool(tools, name, tool, services),
    removeTool: (tool) => tools.delete(tool),
    tools: () => [...tools.values()],
    info() {
      const { description } = config;
      const { model, provider } = ref;
      return {
        id,
        name,
        type: "llm",
        ...defined({ description }),
        model,
        provider,
        ...life.info(),
      };
    },
    metrics: () => life.metrics(),
    configure: (changes) =>
      life.whileIdle("a change of its configuration", () => {
        const changed = { ...config, ...changes };
        checkAgentConfig(changed);
        if (changed.name !== name) throw new SpellError("INVALID_ARGUMENT", `agent '${name}' keeps its name: clone it`);
        // All of it is made before any of it counts.
        const next = [
          services.models.resolve(changed.model, changed.provider),
          changes.tools === undefined ? tools : toolsOf(changed, services),
          changes.hooks === undefined ? hooks : createHooks(changes.hooks),
        ] as const;
        checkPrice(changed, next[0], services);
        [ref, tools, hooks] = next;
        config = changed;
        life.reentrant = changed.reentrant ?? changed.memory === undefined;
        return agent.info();
      }),
    clone(changes = {}) {
      const memory = config.memory?.fork();
      const { state: _shared, ...rest } = config;
      return createAgent({ ...rest, tools: [...tools.values()], ...defined({ memory }), ...changes }, services);
    },
    snapshot: () => takeAgentSnapshot(name, life.metrics(), config),
    restore: (snapshot) => life.whileIdle("restoring it", () => life.restore(readAgentSnapshot(snapshot, config))),
    dispose: () => life.dispose(),
    [Symbol.asyncDispose]: () => life.dispose(),
  };
  return agent;
}

/** What is particular to a run, and where in its transcript that begins which the agent does not remember yet. */
interface Prepared {
  request: Pick<LoopRequest, "messages" | "from" | "decisions">;
  begin: (messages: readonly Message[]) => number | undefined;
}

/** Instructions come from the configuration each time, so they are not remembered. */
function keep(memory: Memory | undefined, { messages, suspension }: LoopResult, begin: number): void {
  if (suspension !== undefined) suspension.known = begin;
  else if (memory !== undefined) {
    // Then a hook has put other messages in the place of the history.
    if (begin === 0) memory.clear();
    memory.add(...messages.slice(begin).filter(({ role }) => role !== "system"));
  }
}

function settingsOf({
  temperature,
  maxOutputTokens,
  topP,
  stop,
  maxSteps,
  maxTokens,
  maxCost,
}: AgentConfig): Partial<LoopRequest> {
  return defined({ temperature, maxOutputTokens, topP, stop, maxSteps, maxTokens, maxCost });
}

function toolsOf(config: AgentConfig, services: AgentServices): Map<string, Tool> {
  const tools = new Map<string, Tool>();
  for (const tool of config.tools ?? []) addTool(tools, config.name, tool, services);
  return tools;
}

function addTool(
  tools: Map<string, Tool>,
  agent: string,
  given: string | Tool,
  { tools: registry }: AgentServices,
): void {
  const tool = typeof given === "string" ? registered(given, registry) : defineTool(given);
  if (tools.has(tool.name))
    throw new SpellError("ALREADY_EXISTS", `agent '${agent}' already has a tool named '${tool.name}'`);
  tools.set(tool.name, tool);
}

function registered(name: string, registry: ToolRegistry | undefined): Tool {
  if (registry === undefined)
    throw new SpellError("NOT_FOUND", `there is no tool named '${name}': no tools are registered`);
  return registry.get(name);
}

function checkDecisions(
  name: string,
  { agent, pending }: Suspension,
  decisions: Readonly<Record<string, unknown>>,
): void {
  if (agent !== name) throw new SpellError("INVALID_ARGUMENT", `this is a run of agent '${agent}', not of '${name}'`);
  const open = pending.map((request) => request.id);
  for (const [id, decision] of Object.entries(decisions)) {
    checkDecision(decision, id);
    if (!open.includes(id))
      throw new SpellError("INVALID_ARGUMENT", `no call '${id}' waits for a decision (open: ${open.join(", ")})`);
  }
}

function costOf({ prices }: AgentServices, { id }: ModelRef): LoopRequest["costOf"] {
  return prices && ((usage) => prices.costOf(usage, id)?.total);
}

/** A limit in money that nobody can compute would be none. */
function checkPrice({ name, maxCost }: AgentConfig, ref: ModelRef, services: AgentServices): void {
  if (maxCost === undefined || costOf(services, ref)?.(NO_USAGE) !== undefined) return;
  throw new SpellError(
    "INVALID_ARGUMENT",
    `'maxCost' of agent '${name}' needs the price of '${ref.id}', which is not known`,
  );
}

/** Changes with what a person who approves a call of this agent relies on. */
async function bindingOf({ systemPrompt, schema }: AgentConfig, { id }: ModelRef): Promise<string> {
  const instructions = typeof systemPrompt === "function" ? null : (systemPrompt ?? null);
  return await sha256(JSON.stringify([id, instructions, schema ?? null]));
}

const counts = new WeakMap<Models, number>();

function countedId(models: Models): string {
  const count = (counts.get(models) ?? 0) + 1;
  counts.set(models, count);
  return `agent-${count}`;
}
