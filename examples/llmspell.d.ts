// The script API of llmspell, for JavaScript and TypeScript spells.
// Made by `llmspell types`; a change belongs into the declarations it is made of.

/** Milliseconds, or text such as "500ms", "5s", "2m", "1h". */
type Duration = number | `${number}${"ms" | "s" | "m" | "h"}`;

/** What the host refuses, and what it reports. */
interface SpellError extends Error {
  /** Stable, e.g. `PERMISSION_DENIED`. */
  readonly code: string;
  readonly category: string;
  readonly details: Record<string, any>;
}

interface Console {
  /** Text for the standard output. */
  log(...values: any[]): void;
  /** A line of the log, with its place. */
  debug(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
}
declare var console: Console;

declare function setTimeout(fn: (...args: any[]) => void, ms?: number, ...args: any[]): number;
declare function setInterval(fn: (...args: any[]) => void, ms?: number, ...args: any[]): number;
declare function clearTimeout(timer: number | undefined): void;
declare function clearInterval(timer: number | undefined): void;
declare function queueMicrotask(fn: () => void): void;
declare function structuredClone<T>(value: T): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((event: { type: "abort"; target: AbortSignal }) => void) | null;
  throwIfAborted(): void;
  addEventListener(
    type: "abort",
    listener: (event: { type: "abort"; target: AbortSignal }) => void,
    options?: { once?: boolean },
  ): void;
  removeEventListener(type: "abort", listener: (event: { type: "abort"; target: AbortSignal }) => void): void;
}
declare var AbortSignal: {
  prototype: AbortSignal;
  abort(reason?: any): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
  timeout(ms: number): AbortSignal;
};

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}
declare var AbortController: { prototype: AbortController; new (): AbortController };

/** What everything that waits takes. */
interface Waiting {
  /** Gives the call up; it is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** The parameters of the run. */
declare var params: Record<string, any>;

/** What an agent is and what it has used so far. */
interface AgentInfo {
  id: string;
  name: string;
  description: string | null;
  type: string;
  model: string;
  provider: string;
  status: string;
  usage: Usage;
  runs: number;
  tool_calls: number;
}

/** One message of a conversation. */
interface Message {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
  name?: string;
  tool_call_id?: string;
  tool_calls?: ToolCall[];
}

/** A provider of models. */
interface ProviderInfo {
  name: string;
  type: string;
  configured: boolean;
  default_model: string | null;
  capabilities: string[];
}

/** The answer of a model or an agent; used as text, it is its content. */
interface Response {
  content: string;
  role: string;
  model: string;
  provider: string;
  usage: Usage;
  tool_calls: ToolCall[];
  finish_reason: string;
  data: any;
  metadata: { steps: number };
}

/** A tool that a model has called. */
interface ToolCall {
  id: string;
  name: string;
  args: any;
  result?: any;
  error?: { code: string; message: string };
}

/** What a tool says of itself. */
interface ToolInfo {
  name: string;
  description: string;
  parameters: Record<string, any>;
  version?: string;
  category?: string;
  tags?: string[];
  features?: string[];
  output?: Record<string, any>;
  examples?: { description?: string; args: Record<string, any>; result?: any }[];
  timeoutMs?: number;
  permissions?: string[];
}

/** Tokens. */
interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

interface ToolDefinition {
  name: string;
  description: string;
  parameters?: Record<string, any>;
  schema?: Record<string, any>;
  execute?: (...args: any[]) => any;
  func?: (...args: any[]) => any;
  category?: string;
  tags?: readonly string[];
}

interface AgentConfig {
  name?: string;
  description?: string;
  provider?: string;
  model?: string;
  system_prompt?: string;
  temperature?: number;
  max_tokens?: number;
  top_p?: number;
  stop?: readonly string[];
  tools?: readonly (string | ToolDefinition | Tool)[];
  max_steps?: number;
  token_budget?: number;
  timeout?: Duration;
  schema?: Record<string, any>;
}

interface AgentRunOptions {
  timeout?: Duration;
  on_chunk?: (...args: any[]) => any;
  schema?: Record<string, any>;
}

interface GenerateRequest {
  prompt?: string;
  messages?: readonly Message[];
  provider?: string;
  model?: string;
  system?: string;
  system_prompt?: string;
  temperature?: number;
  max_tokens?: number;
  stop?: readonly string[];
  schema?: Record<string, any>;
  timeout?: Duration;
}

interface GenerateOptions {
  provider?: string;
  model?: string;
  system?: string;
  system_prompt?: string;
  temperature?: number;
  max_tokens?: number;
  stop?: readonly string[];
  schema?: Record<string, any>;
  timeout?: Duration;
}

interface BatchOptions {
  provider?: string;
  model?: string;
  system?: string;
  system_prompt?: string;
  temperature?: number;
  max_tokens?: number;
  stop?: readonly string[];
  schema?: Record<string, any>;
  timeout?: Duration;
  concurrency?: number;
}

interface WorkflowStep {
  id?: string;
  fn?: (...args: any[]) => any;
  agent?: Agent;
  tool?: string | Tool;
}

interface WorkflowOptions {
  name?: string;
  max_concurrency?: number;
  fail_fast?: boolean;
}

interface Agent {
  readonly kind: "Agent";
  /** A new agent with the same configuration, changed by `modifications`; nothing else is shared. */
  clone(modifications?: AgentConfig): Agent;
  /** Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer. */
  run(input: string | readonly Message[] | { messages: readonly Message[] }, opts?: AgentRunOptions & Waiting): Promise<Response>;
  /** A conversation with the agent that remembers: c:send(text), c:history(), … */
  conversation(systemPrompt?: string): Conversation;
  /** Forgets an agent; its handle can no longer be used. */
  remove(): boolean;
  /** What an agent is and what it has used so far. */
  getInfo(): AgentInfo;
  /** What an agent is and what it has used so far. */
  get_info(): AgentInfo;
  /** Gives an agent one more tool. */
  registerTool(tool: string | ToolDefinition | Tool): void;
  /** Gives an agent one more tool. */
  register_tool(tool: string | ToolDefinition | Tool): void;
  /** Takes a tool from an agent; true when it had it. */
  unregisterTool(toolName: string): boolean;
  /** Takes a tool from an agent; true when it had it. */
  unregister_tool(toolName: string): boolean;
  /** The tools of an agent. */
  listTools(): ToolInfo[];
  /** The tools of an agent. */
  list_tools(): ToolInfo[];
}

interface Conversation {
  readonly kind: "Conversation";
  /** Says something and waits for the answer. */
  send(text: string, opts?: Waiting): Promise<Response>;
  /** As send, with the pieces of the answer passed to the callback. */
  stream(text: string, callback: (...args: any[]) => any, opts?: Waiting): Promise<Response>;
  /** Every message so far. */
  history(): Message[];
  /** Adds a message without asking the model. */
  add(message: Message): void;
  /** Forgets everything but the system prompt. */
  clear(): void;
}

interface Tool {
  readonly kind: "Tool";
  /** Checks the parameters against the tool's schema, asks for the powers it needs and runs it. */
  execute(params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<any>;
  /** As execute, but a failure is a result: {success, result?, error?, duration_ms}. */
  executeSafe(params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /** As execute, but a failure is a result: {success, result?, error?, duration_ms}. */
  execute_safe(params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /** Checks parameters against a tool's schema. */
  validateParams(params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** Checks parameters against a tool's schema. */
  validate_params(params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  getInfo(): ToolInfo;
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  get_info(): ToolInfo;
  /** The JSON Schema of a tool's parameters. */
  getSchema(): Record<string, any>;
  /** The JSON Schema of a tool's parameters. */
  get_schema(): Record<string, any>;
}

interface Workflow {
  readonly kind: "Workflow";
  /** Runs a workflow to its end. A failed step is in the result, not an error. */
  run(input?: any, opts?: Waiting): Promise<{ status: string; output: any; steps: { id: string; status: string; output: any; error: SpellError | null; duration_ms: number }[]; duration_ms: number }>;
}

/** Agents: a model with instructions and tools. */
interface AgentModule {
  /** Makes an agent: create(config) or create(name, config). */
  create(name: string, config: AgentConfig): Agent;
  create(config: AgentConfig): Agent;
  /** Makes an agent for a model: create_llm(model, config?). */
  createLlm(model: string, config?: AgentConfig): Agent;
  /** Makes an agent for a model: create_llm(model, config?). */
  create_llm(model: string, config?: AgentConfig): Agent;
  /** A new agent with the same configuration, changed by `modifications`; nothing else is shared. */
  clone(agent: Agent | string, modifications?: AgentConfig): Agent;
  /** Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer. */
  run(agent: Agent | string, input: string | readonly Message[] | { messages: readonly Message[] }, opts?: AgentRunOptions & Waiting): Promise<Response>;
  /** A conversation with the agent that remembers: c:send(text), c:history(), … */
  conversation(agent: Agent | string, systemPrompt?: string): Conversation;
  /** The agent with this id, or nil. */
  get(id: string): Agent | null;
  /** Whether there is an agent with this id. */
  exists(id: string): boolean;
  /** Every agent of this run. */
  list(): AgentInfo[];
  /** Forgets an agent; its handle can no longer be used. */
  remove(agent: Agent | string): boolean;
  /** What an agent is and what it has used so far. */
  getInfo(agent: Agent | string): AgentInfo;
  /** What an agent is and what it has used so far. */
  get_info(agent: Agent | string): AgentInfo;
  /** Gives an agent one more tool. */
  registerTool(agent: Agent | string, tool: string | ToolDefinition | Tool): void;
  /** Gives an agent one more tool. */
  register_tool(agent: Agent | string, tool: string | ToolDefinition | Tool): void;
  /** Takes a tool from an agent; true when it had it. */
  unregisterTool(agent: Agent | string, toolName: string): boolean;
  /** Takes a tool from an agent; true when it had it. */
  unregister_tool(agent: Agent | string, toolName: string): boolean;
  /** The tools of an agent. */
  listTools(agent: Agent | string): ToolInfo[];
  /** The tools of an agent. */
  list_tools(agent: Agent | string): ToolInfo[];
}

/** JSON and collections. */
interface DataModule {
  /** Reads JSON strictly; checks it against a JSON Schema when one is given. */
  parseJson(text: string, schema?: Record<string, any>, opts?: Waiting): Promise<any>;
  /** Reads JSON strictly; checks it against a JSON Schema when one is given. */
  parse_json(text: string, schema?: Record<string, any>, opts?: Waiting): Promise<any>;
  /** Writes JSON with sorted keys. */
  toJson(value: any, format?: "compact" | "pretty" | { indent: number }): string;
  /** Writes JSON with sorted keys. */
  to_json(value: any, format?: "compact" | "pretty" | { indent: number }): string;
  /** Says whether a text is JSON. */
  validateJson(text: string): { valid: boolean; error?: string };
  /** Says whether a text is JSON. */
  validate_json(text: string): { valid: boolean; error?: string };
  /** Formats JSON text anew. */
  prettifyJson(text: string, indent?: number): string;
  /** Formats JSON text anew. */
  prettify_json(text: string, indent?: number): string;
  /** A new collection of what `fn(value, key)` returns for each element. */
  map(collection: readonly any[] | Record<string, any>, fn: (...args: any[]) => any): any;
  /** A new collection of the elements for which `fn(value, key)` is true; lists are repacked. */
  filter(collection: readonly any[] | Record<string, any>, fn: (...args: any[]) => any): any;
  /** Folds a collection with `fn(accumulator, value, key)`; tables in sorted key order. */
  reduce(collection: readonly any[] | Record<string, any>, fn: (...args: any[]) => any, initial: any): any;
}

/** Asking language models. */
interface LlmModule {
  /** One completion by the configured model, or by opts.provider and opts.model. */
  generate(prompt: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /** The text of one completion. */
  quickPrompt(prompt: string, opts?: GenerateOptions & Waiting): Promise<string>;
  /** The text of one completion. */
  quick_prompt(prompt: string, opts?: GenerateOptions & Waiting): Promise<string>;
  /** A completion of a conversation: a list of messages, or a table with messages and options. */
  chat(messages: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /** A completion whose pieces are passed to the callback as they arrive; the callback ends it by returning false. */
  stream(prompt: string | readonly Message[] | GenerateRequest, callback: (...args: any[]) => any, opts?: GenerateOptions & Waiting): Promise<Response>;
  /** A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear(). */
  chatSession(systemPrompt?: string | GenerateOptions, opts?: GenerateOptions): Conversation;
  /** A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear(). */
  chat_session(systemPrompt?: string | GenerateOptions, opts?: GenerateOptions): Conversation;
  /** Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. */
  batchProcess(prompts: readonly (string | readonly Message[] | GenerateRequest)[], opts?: BatchOptions & Waiting): Promise<{ ok: boolean; value?: Response; error?: SpellError }[]>;
  /** Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. */
  batch_process(prompts: readonly (string | readonly Message[] | GenerateRequest)[], opts?: BatchOptions & Waiting): Promise<{ ok: boolean; value?: Response; error?: SpellError }[]>;
}

/** Structured logging; lines go to the host's log, not to the spell's output. */
interface LogModule {
  /** Writes a log line of level debug. */
  debug(message: any, context?: Record<string, any>): void;
  /** Writes a log line of level info. */
  info(message: any, context?: Record<string, any>): void;
  /** Writes a log line of level warn. */
  warn(message: any, context?: Record<string, any>): void;
  /** Writes a log line of level error. */
  error(message: any, context?: Record<string, any>): void;
  /** Writes a log line of the given level. */
  log(level: "debug" | "info" | "warn" | "error", message: any, context?: Record<string, any>): void;
}

/** Promises, tasks, channels and waiting. */
interface PromiseModule {
  /** Waits without keeping other tasks from running. */
  sleep(duration: Duration, opts?: Waiting): Promise<void>;
}

/** The model providers of this run. */
interface ProviderModule {
  /** The provider that answers when none is named. */
  getDefault(): string;
  /** The provider that answers when none is named. */
  get_default(): string;
  /** Every known provider. */
  list(): ProviderInfo[];
  /** One provider. */
  get(name: string): ProviderInfo;
  /** Requests and tokens of this program so far, of one provider or of all. */
  getUsage(name?: string): { requests: number; tokens_in: number; tokens_out: number };
  /** Requests and tokens of this program so far, of one provider or of all. */
  get_usage(name?: string): { requests: number; tokens_in: number; tokens_out: number };
}

/** The spell that runs: its parameters, its result, its surroundings. */
interface SpellModule {
  /** A parameter of the run, checked and converted when a type is given; without a name, all of them. */
  params(name?: string, default_?: any, type?: "string" | "number" | "integer" | "boolean" | "list" | "table"): any;
  /** Sets the result of the run, in place of what the spell returns. */
  output(data: any): void;
  /** What is known about the run. */
  context(): { spell: string; file: string; run_id: string; engine: string; args: Record<string, any>; started_at: number };
}

/** Tools: defining, finding and running them. */
interface ToolsModule {
  /** Makes a tool of a function: define(name, description, schema, fn) or define{name=, description=, parameters=, execute=}. */
  define(name: string | ToolDefinition, description?: string, schema?: Record<string, any>, fn?: (...args: any[]) => any): Tool;
  /** Checks the parameters against the tool's schema, asks for the powers it needs and runs it. */
  execute(tool: string | Tool, params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<any>;
  /** As execute, but a failure is a result: {success, result?, error?, duration_ms}. */
  executeSafe(tool: string | Tool, params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /** As execute, but a failure is a result: {success, result?, error?, duration_ms}. */
  execute_safe(tool: string | Tool, params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /** Checks parameters against a tool's schema. */
  validateParams(tool: string | Tool, params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** Checks parameters against a tool's schema. */
  validate_params(tool: string | Tool, params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** A tool by name, or nil. */
  get(name: string): Tool | null;
  /** Whether there is a tool of this name. */
  exists(name: string): boolean;
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  getInfo(tool: string | Tool): ToolInfo;
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  get_info(tool: string | Tool): ToolInfo;
  /** The JSON Schema of a tool's parameters. */
  getSchema(tool: string | Tool): Record<string, any>;
  /** The JSON Schema of a tool's parameters. */
  get_schema(tool: string | Tool): Record<string, any>;
  /** Every tool of this run. */
  list(): ToolInfo[];
  /** Removes a tool; true when there was one. */
  unregister(name: string): boolean;
}

/** Steps run one after the other or at the same time. */
interface WorkflowModule {
  /** A workflow whose steps run in order; each gets what the one before returned. */
  sequential(steps: readonly (((...args: any[]) => any) | Agent | string | WorkflowStep)[], opts?: WorkflowOptions): Workflow;
  /** A workflow whose steps run at the same time with the same input; outputs by step id. */
  parallel(steps: readonly (((...args: any[]) => any) | Agent | string | WorkflowStep)[], opts?: WorkflowOptions): Workflow;
  /** Runs a workflow to its end. A failed step is in the result, not an error. */
  run(workflow: Workflow | string, input?: any, opts?: Waiting): Promise<{ status: string; output: any; steps: { id: string; status: string; output: any; error: SpellError | null; duration_ms: number }[]; duration_ms: number }>;
}

interface Llmspell {
  readonly agent: AgentModule;
  readonly data: DataModule;
  readonly llm: LlmModule;
  readonly log: LogModule;
  readonly promise: PromiseModule;
  readonly provider: ProviderModule;
  readonly spell: SpellModule;
  readonly tools: ToolsModule;
  readonly workflow: WorkflowModule;
}

declare var llmspell: Llmspell;
declare var agent: AgentModule;
declare var data: DataModule;
declare var llm: LlmModule;
declare var log: LogModule;
declare var promise: PromiseModule;
declare var sleep: PromiseModule["sleep"];
declare var delay: PromiseModule["sleep"];
declare var provider: ProviderModule;
declare var spell: SpellModule;
declare var tools: ToolsModule;
declare var workflow: WorkflowModule;

declare module "llmspell" {
  const all: Llmspell;
  export default all;
  export const agent: Llmspell["agent"];
  export const data: Llmspell["data"];
  export const llm: Llmspell["llm"];
  export const log: Llmspell["log"];
  export const promise: Llmspell["promise"];
  export const provider: Llmspell["provider"];
  export const spell: Llmspell["spell"];
  export const tools: Llmspell["tools"];
  export const workflow: Llmspell["workflow"];
}

declare module "llmspell/agent" {
  const all: AgentModule;
  export default all;
  /** Makes an agent: create(config) or create(name, config). */
  export const create: AgentModule["create"];
  /** Makes an agent for a model: create_llm(model, config?). */
  export const createLlm: AgentModule["createLlm"];
  /** Makes an agent for a model: create_llm(model, config?). */
  export const create_llm: AgentModule["create_llm"];
  /** A new agent with the same configuration, changed by `modifications`; nothing else is shared. */
  export const clone: AgentModule["clone"];
  /** Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer. */
  export const run: AgentModule["run"];
  /** A conversation with the agent that remembers: c:send(text), c:history(), … */
  export const conversation: AgentModule["conversation"];
  /** The agent with this id, or nil. */
  export const get: AgentModule["get"];
  /** Whether there is an agent with this id. */
  export const exists: AgentModule["exists"];
  /** Every agent of this run. */
  export const list: AgentModule["list"];
  /** Forgets an agent; its handle can no longer be used. */
  export const remove: AgentModule["remove"];
  /** What an agent is and what it has used so far. */
  export const getInfo: AgentModule["getInfo"];
  /** What an agent is and what it has used so far. */
  export const get_info: AgentModule["get_info"];
  /** Gives an agent one more tool. */
  export const registerTool: AgentModule["registerTool"];
  /** Gives an agent one more tool. */
  export const register_tool: AgentModule["register_tool"];
  /** Takes a tool from an agent; true when it had it. */
  export const unregisterTool: AgentModule["unregisterTool"];
  /** Takes a tool from an agent; true when it had it. */
  export const unregister_tool: AgentModule["unregister_tool"];
  /** The tools of an agent. */
  export const listTools: AgentModule["listTools"];
  /** The tools of an agent. */
  export const list_tools: AgentModule["list_tools"];
}

declare module "llmspell/data" {
  const all: DataModule;
  export default all;
  /** Reads JSON strictly; checks it against a JSON Schema when one is given. */
  export const parseJson: DataModule["parseJson"];
  /** Reads JSON strictly; checks it against a JSON Schema when one is given. */
  export const parse_json: DataModule["parse_json"];
  /** Writes JSON with sorted keys. */
  export const toJson: DataModule["toJson"];
  /** Writes JSON with sorted keys. */
  export const to_json: DataModule["to_json"];
  /** Says whether a text is JSON. */
  export const validateJson: DataModule["validateJson"];
  /** Says whether a text is JSON. */
  export const validate_json: DataModule["validate_json"];
  /** Formats JSON text anew. */
  export const prettifyJson: DataModule["prettifyJson"];
  /** Formats JSON text anew. */
  export const prettify_json: DataModule["prettify_json"];
  /** A new collection of what `fn(value, key)` returns for each element. */
  export const map: DataModule["map"];
  /** A new collection of the elements for which `fn(value, key)` is true; lists are repacked. */
  export const filter: DataModule["filter"];
  /** Folds a collection with `fn(accumulator, value, key)`; tables in sorted key order. */
  export const reduce: DataModule["reduce"];
}

declare module "llmspell/llm" {
  const all: LlmModule;
  export default all;
  /** One completion by the configured model, or by opts.provider and opts.model. */
  export const generate: LlmModule["generate"];
  /** The text of one completion. */
  export const quickPrompt: LlmModule["quickPrompt"];
  /** The text of one completion. */
  export const quick_prompt: LlmModule["quick_prompt"];
  /** A completion of a conversation: a list of messages, or a table with messages and options. */
  export const chat: LlmModule["chat"];
  /** A completion whose pieces are passed to the callback as they arrive; the callback ends it by returning false. */
  export const stream: LlmModule["stream"];
  /** A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear(). */
  export const chatSession: LlmModule["chatSession"];
  /** A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear(). */
  export const chat_session: LlmModule["chat_session"];
  /** Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. */
  export const batchProcess: LlmModule["batchProcess"];
  /** Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. */
  export const batch_process: LlmModule["batch_process"];
}

declare module "llmspell/log" {
  const all: LogModule;
  export default all;
  /** Writes a log line of level debug. */
  export const debug: LogModule["debug"];
  /** Writes a log line of level info. */
  export const info: LogModule["info"];
  /** Writes a log line of level warn. */
  export const warn: LogModule["warn"];
  /** Writes a log line of level error. */
  export const error: LogModule["error"];
  /** Writes a log line of the given level. */
  export const log: LogModule["log"];
}

declare module "llmspell/promise" {
  const all: PromiseModule;
  export default all;
  /** Waits without keeping other tasks from running. */
  export const sleep: PromiseModule["sleep"];
}

declare module "llmspell/provider" {
  const all: ProviderModule;
  export default all;
  /** The provider that answers when none is named. */
  export const getDefault: ProviderModule["getDefault"];
  /** The provider that answers when none is named. */
  export const get_default: ProviderModule["get_default"];
  /** Every known provider. */
  export const list: ProviderModule["list"];
  /** One provider. */
  export const get: ProviderModule["get"];
  /** Requests and tokens of this program so far, of one provider or of all. */
  export const getUsage: ProviderModule["getUsage"];
  /** Requests and tokens of this program so far, of one provider or of all. */
  export const get_usage: ProviderModule["get_usage"];
}

declare module "llmspell/spell" {
  const all: SpellModule;
  export default all;
  /** A parameter of the run, checked and converted when a type is given; without a name, all of them. */
  export const params: SpellModule["params"];
  /** Sets the result of the run, in place of what the spell returns. */
  export const output: SpellModule["output"];
  /** What is known about the run. */
  export const context: SpellModule["context"];
}

declare module "llmspell/tools" {
  const all: ToolsModule;
  export default all;
  /** Makes a tool of a function: define(name, description, schema, fn) or define{name=, description=, parameters=, execute=}. */
  export const define: ToolsModule["define"];
  /** Checks the parameters against the tool's schema, asks for the powers it needs and runs it. */
  export const execute: ToolsModule["execute"];
  /** As execute, but a failure is a result: {success, result?, error?, duration_ms}. */
  export const executeSafe: ToolsModule["executeSafe"];
  /** As execute, but a failure is a result: {success, result?, error?, duration_ms}. */
  export const execute_safe: ToolsModule["execute_safe"];
  /** Checks parameters against a tool's schema. */
  export const validateParams: ToolsModule["validateParams"];
  /** Checks parameters against a tool's schema. */
  export const validate_params: ToolsModule["validate_params"];
  /** A tool by name, or nil. */
  export const get: ToolsModule["get"];
  /** Whether there is a tool of this name. */
  export const exists: ToolsModule["exists"];
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  export const getInfo: ToolsModule["getInfo"];
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  export const get_info: ToolsModule["get_info"];
  /** The JSON Schema of a tool's parameters. */
  export const getSchema: ToolsModule["getSchema"];
  /** The JSON Schema of a tool's parameters. */
  export const get_schema: ToolsModule["get_schema"];
  /** Every tool of this run. */
  export const list: ToolsModule["list"];
  /** Removes a tool; true when there was one. */
  export const unregister: ToolsModule["unregister"];
}

declare module "llmspell/workflow" {
  const all: WorkflowModule;
  export default all;
  /** A workflow whose steps run in order; each gets what the one before returned. */
  export const sequential: WorkflowModule["sequential"];
  /** A workflow whose steps run at the same time with the same input; outputs by step id. */
  export const parallel: WorkflowModule["parallel"];
  /** Runs a workflow to its end. A failed step is in the result, not an error. */
  export const run: WorkflowModule["run"];
}
