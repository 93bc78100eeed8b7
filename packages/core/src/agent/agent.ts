import { SpellError } from "@llmspell/errors";
import { deadline, raceAbort } from "../abort.js";
import type { Context } from "../context.js";
import type { SystemEvent } from "../events/system-events.js";
import { createHooks, type Hooks } from "../hooks/hooks.js";
import { defined, type JsonSchema } from "../json.js";
import { sha256 } from "../hash.js";
import type { Memory } from "../memory/memory.js";
import type { Message } from "../messages.js";
import { NO_USAGE, type ModelRef, type Usage } from "../models/model-ref.js";
import type { Models } from "../models/models.js";
import type { RetryOptions } from "../resilience/retry.js";
import type { State } from "../state/state.js";
import type { ToolRegistry } from "../tools/registry.js";
import type { Authorize, Tool } from "../tools/tool.js";
import { checkAgentConfig, type AgentConfig } from "./agent-config.js";
import { runLoop, type LoopRequest, type LoopResult } from "./agent-loop.js";
import { toolsOf, withTool } from "./agent-tools.js";
import { readAgentSnapshot, takeAgentSnapshot, type AgentSnapshot } from "./agent-snapshot.js";
import type { ApprovalDecision, Approve } from "./approval.js";
import { claim, giveBack } from "./claim.js";
import { Lifecycle, type AgentMetrics, type AgentStatus } from "./lifecycle.js";
import { newsBegin } from "./remember.js";
import { conversationOf, toResponse, type AgentResponse, type Input } from "./response.js";
import { checkDecisions, checkSuspension, timeLeft, type RunState, type Suspension } from "./run-state.js";
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
  /** Ends a streamed answer where it is, and the run with it, without an error: what was told of it is the answer. */
  enough?: AbortSignal;
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
   *   `INVALID_STATE` when it was resumed before. Nothing has then happened. A run whose model fails
   *   after that can be resumed once more, and goes on behind what its tools have done.
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
export function createAgent(config: AgentConfig, services: AgentServices): Agent {
  return new ModelAgent(config, services);
}

class ModelAgent implements Agent {
  readonly id: string;
  readonly name: string;
  readonly #services: AgentServices;
  readonly #life: Lifecycle;
  #config: AgentConfig;
  #ref: ModelRef;
  #hooks: Hooks | undefined;
  /** Another list at each change, so that a run under way keeps the one it began with. */
  #tools: readonly Tool[];

  constructor(config: AgentConfig, services: AgentServices) {
    checkAgentConfig(config);
    this.name = config.name;
    this.#services = services;
    this.#config = config;
    this.#ref = services.models.resolve(config.model, config.provider);
    this.#hooks = config.hooks && createHooks(config.hooks);
    this.#tools = toolsOf(config, services);
    checkPrice(config, this.#ref, services);
    this.#life = new Lifecycle(config.name, isReentrant(config));
    this.id = services.nextId?.() ?? countedId(services.models);
  }

  run(input: Input, options: AgentRunOptions = {}): Promise<AgentResponse> {
    return this.#start(options, (signal) => this.#begin(input, options, signal));
  }

  stream(input: Input, options: Omit<AgentRunOptions, "onEvent" | "ready"> = {}): AgentStream {
    return streamRun(async ({ onEvent, ready, signal }) => {
      using ends = deadline("the run", undefined, signal, options.signal);
      return await this.run(input, { ...options, onEvent, ready, signal: ends.signal });
    });
  }

  async resume(
    suspension: Suspension,
    decisions: Readonly<Record<string, ApprovalDecision>>,
    options: ResumeOptions = {},
  ): Promise<AgentResponse> {
    checkSuspension(suspension);
    const { acceptChanges = false, ...rest } = options;
    // Nobody changes it while it goes on.
    const given = structuredClone(suspension);
    const { id, state, known, schema, binding } = given;
    checkDecisions(this.name, given, decisions);
    const decided = structuredClone(decisions);
    if (!acceptChanges && binding !== undefined && binding !== (await bindingOf(this.#config, this.#ref)))
      throw new SpellError("SNAPSHOT_INVALID", `agent '${this.name}' has changed since this run was suspended`);
    let going: RunState | undefined;
    const prepare = async (): Promise<Prepared> => {
      going = (await claim(id, this.#services)) ?? state;
      return { request: { from: going, messages: going.messages, decisions: decided }, known };
    };
    try {
      return await this.#start({ ...defined({ schema }), ...rest }, prepare, state);
    } catch (error) {
      if (going !== undefined) await giveBack(id, going, this.#services);
      throw error;
    }
  }

  addTool(tool: string | Tool): void {
    this.#tools = withTool(this.#tools, tool, this.name, this.#services);
  }

  removeTool(name: string): boolean {
    const rest = this.#tools.filter((tool) => tool.name !== name);
    const had = rest.length < this.#tools.length;
    this.#tools = rest;
    return had;
  }

  tools(): Tool[] {
    return [...this.#tools];
  }

  info(): AgentInfo {
    const { id, name } = this;
    const { description } = this.#config;
    const { model, provider } = this.#ref;
    return { id, name, type: "llm", ...defined({ description }), model, provider, ...this.#life.info() };
  }

  metrics(): AgentMetrics {
    return this.#life.metrics();
  }

  configure(changes: Partial<AgentConfig>): AgentInfo {
    return this.#life.whileIdle("a change of its configuration", () => {
      const { name } = this;
      const services = this.#services;
      const changed = { ...this.#config, ...changes };
      checkAgentConfig(changed);
      if (changed.name !== name) throw new SpellError("INVALID_ARGUMENT", `agent '${name}' keeps its name: clone it`);
      // All of it is made before any of it counts.
      const next = [
        services.models.resolve(changed.model, changed.provider),
        changes.tools === undefined ? this.#tools : toolsOf(changed, services),
        changes.hooks === undefined ? this.#hooks : createHooks(changes.hooks),
      ] as const;
      checkPrice(changed, next[0], services);
      [this.#ref, this.#tools, this.#hooks] = next;
      this.#config = changed;
      this.#life.reentrant = isReentrant(changed);
      return this.info();
    });
  }

  clone(changes: Partial<AgentConfig> = {}): Agent {
    const { state: _shared, ...rest } = this.#config;
    const memory = this.#config.memory?.fork();
    return createAgent({ ...rest, tools: this.#tools, ...defined({ memory }), ...changes }, this.#services);
  }

  snapshot(): AgentSnapshot {
    return takeAgentSnapshot(this.name, this.metrics(), this.#config);
  }

  restore(snapshot: AgentSnapshot): void {
    this.#life.whileIdle("restoring it", () => this.#life.restore(readAgentSnapshot(snapshot, this.#config)));
  }

  dispose(): Promise<void> {
    return this.#life.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /**
   * One run, of `input` or of a suspended run, with what the agent is now: a change of it does not change a run that
   * is under way. What is new in it is remembered before another one begins.
   */
  async #start(options: AgentRunOptions, prepare: Prepare, from?: RunState): Promise<AgentResponse> {
    const [config, ref, tools, hooks] = [this.#config, this.#ref, this.#tools, this.#hooks];
    const { schema = config.schema, retry = config.retry, context = this.#services.context } = options;
    const { guardrails, stopWhen, fit, toolChoice, approvals: policy } = config;
    const timeoutMs = timeLeft(options.timeoutMs ?? config.timeoutMs, from);
    const before = from && { usage: from.usage, toolCalls: [...from.toolCalls] };
    const run = this.#life.begin({ timeoutMs, signals: [options.signal, context?.signal] }, before);
    try {
      const prepared = prepare(run.limit.signal);
      const { request, known } = prepared instanceof Promise ? await prepared : prepared;
      const own = {
        limit: run.limit,
        costOf: costOf(this.#services, ref),
        model: () => this.#services.models.load(ref),
        tools,
        agentId: this.id,
        name: this.name,
        context,
        hooks,
        ...defined({ schema, retry, guardrails, stopWhen, fit, toolChoice, policy }),
      };
      const result = await runLoop(Object.assign({}, settingsOf(config), options, request, own));
      if (result.suspension !== undefined) result.suspension.binding = await bindingOf(config, ref);
      if (known !== undefined) keep(config.memory, result, known);
      return run.completed(toResponse(result, ref));
    } catch (error) {
      throw run.failed(error);
    }
  }

  #begin(input: Input, options: AgentRunOptions, signal: AbortSignal): Prepared | Promise<Prepared> {
    const { systemPrompt, memory } = this.#config;
    const history = options.messages ?? memory?.messages() ?? [];
    const begun = (system: string | undefined): Prepared => ({
      request: { messages: conversationOf(input, system, history) },
      // Whoever brings the history along keeps it, too.
      ...(options.messages === undefined ? { known: history } : {}),
    });
    if (typeof systemPrompt !== "function") return begun(systemPrompt);
    // What makes the instructions may never end.
    return raceAbort(Promise.resolve(systemPrompt({ input })), signal).then(begun);
  }
}

const isReentrant = ({ reentrant, memory }: AgentConfig): boolean => reentrant ?? memory === undefined;

/** What is particular to a run, and what the agent remembers of it already: the messages, or how many they are. */
interface Prepared {
  request: Pick<LoopRequest, "messages" | "from" | "decisions">;
  known?: readonly Message[] | number | undefined;
}

type Prepare = (signal: AbortSignal) => Prepared | Promise<Prepared>;

/** Instructions come from the configuration each time, so they are not remembered. */
function keep(
  memory: Memory | undefined,
  { messages, suspension }: LoopResult,
  known: readonly Message[] | number,
): void {
  const begin = typeof known === "number" ? known : newsBegin(known, messages);
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

const counts = new WeakMap<Models, { made: number }>();

function countedId(models: Models): string {
  let count = counts.get(models);
  if (count === undefined) counts.set(models, (count = { made: 0 }));
  return `agent-${++count.made}`;
}
