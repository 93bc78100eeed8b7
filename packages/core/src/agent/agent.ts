import { SpellError } from "@llmspell/errors";
import { deadline, raceAbort } from "../abort.js";
import type { Context } from "../context.js";
import type { SystemEvent } from "../events/system-events.js";
import { defined, type JsonSchema } from "../json.js";
import type { Memory } from "../memory/memory.js";
import type { Message } from "../messages.js";
import type { Usage } from "../models/model-ref.js";
import type { Models } from "../models/models.js";
import type { RetryOptions } from "../resilience/retry.js";
import type { State } from "../state/state.js";
import type { ToolRegistry } from "../tools/registry.js";
import type { Authorize, Tool } from "../tools/tool.js";
import type { AgentConfig } from "./agent-config.js";
import { runLoop, type LoopRequest, type LoopResult } from "./agent-loop.js";
import { bindingOf, costOf, settingsOf, setUpAgent, type AgentSetup } from "./agent-setup.js";
import { withTool } from "./agent-tools.js";
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
  /**
   * An agent of the same configuration, changed, with copies of the tools' list and the memory.
   *
   * @throws SpellError as `createAgent`, but at once.
   */
  clone(changes?: Partial<AgentConfig>): Agent;
  /** Counters, memory and state, as JSON. */
  snapshot(): AgentSnapshot;
  /** @throws SpellError `VALIDATION_FAILED`; `INVALID_STATE` while it runs. */
  restore(snapshot: AgentSnapshot): void;
}

/**
 * Makes an agent, which costs next to nothing: its configuration is checked, and its model and tools are found,
 * when it is first used (`run`, `info()`, `name`, …). Its model is imported at the first run.
 *
 * @example
 * const agent = createAgent({ name: "helper", model: "offline:demo" }, { models });
 * const { content } = await agent.run("Hello");
 * @throws SpellError, at every use, `INVALID_ARGUMENT` for the configuration, `NOT_FOUND` for a tool or
 *   provider, `ALREADY_EXISTS` for two tools of one name, `PROVIDER_AUTH` for a provider that is not configured.
 *   `createAgents(services).create(config)` throws these at once, as `info()` does.
 */
export function createAgent(config: AgentConfig, services: AgentServices): Agent {
  return new ModelAgent(config, services);
}

/** {@link createAgent} whose errors are thrown at once. */
export function createCheckedAgent(config: AgentConfig, services: AgentServices): Agent {
  const agent = createAgent(config, services);
  agent.info();
  return agent;
}

/** An agent in use. */
interface Live {
  readonly id: string;
  readonly life: Lifecycle;
  setup: AgentSetup;
}

class ModelAgent implements Agent {
  readonly #given: AgentConfig;
  readonly #services: AgentServices;
  #used: Live | undefined;

  constructor(config: AgentConfig, services: AgentServices) {
    this.#given = config;
    this.#services = services;
  }

  get #live(): Live {
    return (this.#used ??= putToUse(this.#given, this.#services));
  }

  get #setup(): AgentSetup {
    return this.#live.setup;
  }

  get id(): string {
    return this.#live.id;
  }

  get name(): string {
    return this.#setup.config.name;
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
    if (!acceptChanges && binding !== undefined && binding !== (await bindingOf(this.#setup)))
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
    this.#setTools(withTool(this.#setup.tools, tool, this.name, this.#services));
  }

  removeTool(name: string): boolean {
    const { tools } = this.#setup;
    const rest = tools.filter((tool) => tool.name !== name);
    this.#setTools(rest);
    return rest.length < tools.length;
  }

  tools(): Tool[] {
    return [...this.#setup.tools];
  }

  info(): AgentInfo {
    const { id, life, setup } = this.#live;
    const { name, description } = setup.config;
    const { model, provider } = setup.ref;
    return { id, name, type: "llm", ...defined({ description }), model, provider, ...life.info() };
  }

  metrics(): AgentMetrics {
    return this.#live.life.metrics();
  }

  configure(changes: Partial<AgentConfig>): AgentInfo {
    const { life, setup } = this.#live;
    return life.whileIdle("a change of its configuration", () => {
      const { name } = this;
      const { config, tools } = setup;
      const changed = setUpAgent({ ...config, tools, ...changes }, this.#services);
      if (changed.config.name !== name)
        throw new SpellError("INVALID_ARGUMENT", `agent '${name}' keeps its name: clone it`);
      this.#live.setup = changed;
      life.reentrant = isReentrant(changed.config);
      return this.info();
    });
  }

  clone(changes: Partial<AgentConfig> = {}): Agent {
    const { config, tools } = this.#setup;
    const { state: _shared, ...rest } = config;
    const memory = config.memory?.fork();
    return createCheckedAgent({ ...rest, tools, ...defined({ memory }), ...changes }, this.#services);
  }

  snapshot(): AgentSnapshot {
    return takeAgentSnapshot(this.name, this.metrics(), this.#setup.config);
  }

  restore(snapshot: AgentSnapshot): void {
    const { life, setup } = this.#live;
    life.whileIdle("restoring it", () => life.restore(readAgentSnapshot(snapshot, setup.config)));
  }

  async dispose(): Promise<void> {
    let life: Lifecycle;
    try {
      ({ life } = this.#live);
    } catch {
      // An agent that cannot be has nothing to end, and goes on saying why.
      return;
    }
    await life.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #setTools(tools: readonly Tool[]): void {
    this.#live.setup = { ...this.#setup, tools };
  }

  /**
   * One run, of `input` or of a suspended run, with what the agent is now: a change of it does not change a run that
   * is under way. What is new in it is remembered before another one begins.
   */
  async #start(options: AgentRunOptions, prepare: Prepare, from?: RunState): Promise<AgentResponse> {
    const { id, life, setup } = this.#live;
    const { config, ref, tools, hooks } = setup;
    const { schema = config.schema, retry = config.retry, context = this.#services.context } = options;
    const { guardrails, stopWhen, fit, toolChoice, approvals: policy } = config;
    const timeoutMs = timeLeft(options.timeoutMs ?? config.timeoutMs, from);
    const before = from && { usage: from.usage, toolCalls: [...from.toolCalls] };
    const run = life.begin({ timeoutMs, signals: [options.signal, context?.signal] }, before);
    try {
      const prepared = prepare(run.limit.signal);
      const { request, known } = prepared instanceof Promise ? await prepared : prepared;
      const own = {
        limit: run.limit,
        costOf: costOf(this.#services, ref),
        model: () => this.#services.models.load(ref),
        tools,
        agentId: id,
        name: config.name,
        context,
        hooks,
        ...defined({ schema, retry, guardrails, stopWhen, fit, toolChoice, policy }),
      };
      const result = await runLoop(Object.assign({}, settingsOf(config), options, request, own));
      if (result.suspension !== undefined) result.suspension.binding = await bindingOf(setup);
      if (known !== undefined) keep(config.memory, result, known);
      return run.completed(toResponse(result, ref));
    } catch (error) {
      throw run.failed(error);
    }
  }

  #begin(input: Input, options: AgentRunOptions, signal: AbortSignal): Prepared | Promise<Prepared> {
    const { systemPrompt, memory } = this.#setup.config;
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

function putToUse(config: AgentConfig, services: AgentServices): Live {
  const setup = setUpAgent(config, services);
  const life = new Lifecycle(setup.config.name, isReentrant(setup.config));
  return { id: services.nextId?.() ?? countedId(services.models), life, setup };
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

const counts = new WeakMap<Models, { made: number }>();

function countedId(models: Models): string {
  let count = counts.get(models);
  if (count === undefined) counts.set(models, (count = { made: 0 }));
  return `agent-${++count.made}`;
}
