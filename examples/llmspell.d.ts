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

type CamelCase<Name> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;
/** Names of what a function takes may be spelled in camelCase, as everywhere in JavaScript, or in snake_case. */
type Spelled<Fields> = { [Name in keyof Fields as CamelCase<Name>]: Fields[Name] } | Fields;

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

/** Something that happened. `category` is the first word of the type; events of one run share the correlation id; one of a replay has `replay`. */
interface Event {
  id: string;
  type: string;
  category: string;
  severity: string;
  source: string;
  timestamp: number;
  correlation_id?: string;
  data: any;
  replay?: boolean;
}

/** A hook in its place. */
interface HookInfo {
  id: string;
  name: string;
  type: string;
  points: string[];
  priority: number;
  enabled: boolean;
  metadata: Record<string, any>;
  calls: number;
  errors: number;
}

/** What is in a memory; tokens are estimated. */
interface MemoryInfo {
  id: string;
  messages: number;
  tokens: number;
  characters: number;
  by_role: Record<string, any>;
}

/** One message of a conversation. */
interface Message {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
  name?: string;
  tool_call_id?: string;
  tool_calls?: ToolCall[];
}

/** What is known of a model; what is left out is not known. Prices are in USD per million tokens. */
interface ModelInfo {
  id: string;
  provider: string;
  model: string;
  name: string;
  kind: "chat" | "embedding" | "unknown";
  context_window?: number;
  max_output?: number;
  modalities: string[];
  capabilities: string[];
  pricing?: { input: number; output: number; cached_input?: number; cache_write?: number; long_context?: Record<string, any> };
  dimension?: number;
  knowledge?: string;
  released?: string;
  aliases?: string[];
}

/** Several models as one. */
interface PoolInfo {
  name: string;
  strategy: string;
  providers: string[];
}

/** A provider of models, or with the type `pool` several of them as one. */
interface ProviderInfo {
  name: string;
  type: string;
  configured: boolean;
  default_model: string | null;
  capabilities: string[];
}

/** How a model did in this run. Times are in milliseconds, costs in USD, left out when a price is not known. */
interface ModelPerformance {
  model: string;
  calls: number;
  errors: number;
  error_rate: number;
  error_codes: Record<string, any>;
  latency_p50?: number;
  latency_p95?: number;
  tokens_in: number;
  tokens_out: number;
  cost?: number;
}

/** What a provider of a type is configured with. */
interface ProviderTemplate {
  type: string;
  description: string;
  fields: { name: string; required: boolean; secret: boolean; description: string; default?: string }[];
  defaults: Record<string, any>;
  env: string[];
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
  status: string;
  suspension?: Record<string, any>;
  data: any;
  metadata: { steps: number };
}

/** Somebody who is logged in. */
interface Session {
  id: string;
  user: Record<string, any>;
  token: string;
  refresh_token: string;
  expires_at: number;
}

/** How tests ended. */
interface TestResults {
  total: number;
  passed: number;
  failed: number;
  skipped: number;
  duration_ms: number;
  cases: { groups: string[]; name: string; status: "passed" | "failed" | "skipped"; duration_ms: number; error?: SpellError; reason?: string }[];
  report?: string;
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

/** What a workflow is. */
interface WorkflowInfo {
  name: string | null;
  description: string | null;
  pattern: string;
  steps: number;
  status: string;
}

/** How a step of a workflow ended. */
interface WorkflowStepResult {
  id: string;
  path: string;
  status: string;
  output: any;
  error: SpellError | null;
  duration_ms: number;
}

interface ToolExample {
  description?: string;
  args: Record<string, any>;
  result?: any;
}

type ToolDefinition = Spelled<{
  name: string;
  description: string;
  parameters?: Record<string, any>;
  schema?: Record<string, any>;
  execute?: (...args: any[]) => any;
  func?: (...args: any[]) => any;
  version?: string;
  category?: string;
  tags?: readonly string[];
  output?: Record<string, any>;
  examples?: readonly ToolExample[];
  timeout?: Duration;
  permissions?: readonly string[];
  needs_approval?: boolean | ((...args: any[]) => any);
}>;

interface CodeMode {
  language?: "lua" | "javascript";
  fuel?: number;
  memory?: number;
  time?: Duration;
  calls?: number;
  parallel?: number;
  console?: number;
  result?: number;
  declared?: number;
}

type AgentConfig = Spelled<{
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
  code_mode?: boolean | "lua" | "javascript" | CodeMode;
  tool_choice?: "auto" | "none" | "required" | { tool: string };
  approvals?: "all" | "none" | readonly string[];
  memory?: boolean | Memory | string;
  max_steps?: number;
  token_budget?: number;
  context_tokens?: number;
  timeout?: Duration;
  schema?: Record<string, any>;
}>;

type AgentRunOptions = Spelled<{
  timeout?: Duration;
  on_chunk?: (...args: any[]) => any;
  schema?: Record<string, any>;
  approve?: (...args: any[]) => any;
  messages?: readonly Message[];
}>;

type DelegateOptions = Spelled<{
  report_back?: boolean;
  timeout?: Duration;
}>;

type CollaborateOptions = Spelled<{
  mode?: "sequential" | "parallel" | "leader" | "vote";
  choices?: readonly string[];
  rounds?: number;
  share_context?: boolean;
  max_concurrency?: number;
  timeout?: Duration;
}>;

interface AgentReplayOptions {
  speed?: number;
}

interface AgentHookOptions {
  name?: string;
  priority?: number | "highest" | "critical" | "high" | "normal" | "low" | "lowest";
}

type OAuthConfig = Spelled<{
  client_id: string;
  client_secret?: string;
  redirect_uri: string;
  scopes?: readonly string[];
  authorization_endpoint?: string;
  token_endpoint?: string;
  timeout?: Duration;
}>;

interface JwtVerification {
  key: string | Record<string, any>;
  algs?: readonly string[];
  iss?: string;
  aud?: string;
}

interface TokenOptions {
  ttl?: Duration;
  alg?: "HS256" | "HS384" | "HS512";
}

interface TokenChecks {
  alg?: "HS256" | "HS384" | "HS512";
  iss?: string;
  aud?: string;
}

interface PolicyRule {
  effect: "allow" | "deny";
  subjects?: readonly string[];
  resources?: readonly string[];
  actions?: readonly string[];
  conditions?: Record<string, any>;
}

interface ConvertOptions {
  schema?: Record<string, any>;
  indent?: number;
}

interface DumpOptions {
  depth?: number;
}

type RetryOptions = Spelled<{
  attempts?: number;
  backoff?: "fixed" | "linear" | "exponential" | "fibonacci";
  delay?: Duration;
  max_delay?: Duration;
  jitter?: boolean;
  retry_if?: (...args: any[]) => any;
}>;

type BreakerConfig = Spelled<{
  name?: string;
  failures?: number;
  reset?: Duration;
  half_open?: number;
}>;

type EventInput = Spelled<{
  type: string;
  data?: any;
  severity?: "debug" | "info" | "warning" | "error";
  source?: string;
  correlation_id?: string;
}>;

type EmitOptions = Spelled<{
  severity?: "debug" | "info" | "warning" | "error";
  source?: string;
  correlation_id?: string;
}>;

interface EventComparison {
  field: string;
  op: string;
  value?: any;
}

type EventFilterSpec = Spelled<{
  type?: string;
  pattern?: string;
  source?: string;
  severity?: "debug" | "info" | "warning" | "error";
  time_range?: { from?: number; to?: number };
  where?: readonly EventComparison[];
  predicate?: (...args: any[]) => any;
}>;

interface ListenOptions {
  filter?: ((...args: any[]) => any) | EventFilter | string | EventFilterSpec;
  priority?: number | "critical" | "high" | "normal" | "low";
  once?: boolean;
}

type EventQuery = Spelled<{
  pattern?: string;
  since?: number;
  until?: number;
  correlation_id?: string;
  limit?: number;
}>;

interface RecordingOptions {
  pattern?: string;
  file?: string;
  max?: number;
  duration?: Duration;
}

interface ReplayOptions {
  speed?: number;
  filter?: EventFilter | string;
  wait?: boolean;
}

interface AggregationConfig {
  pattern?: string;
  field?: string;
  window?: Duration;
}

type HookFilterSpec = Spelled<{
  points?: readonly string[];
  names?: readonly string[];
  rate?: { limit: number; window: Duration };
  metadata?: Record<string, any>;
  time_window?: { from?: number; until?: number };
  predicate?: (...args: any[]) => any;
  op?: "and" | "or" | "not";
}>;

type HookOptions = Spelled<{
  name?: string;
  priority?: number | "highest" | "critical" | "high" | "normal" | "low" | "lowest";
  filter?: ((...args: any[]) => any) | HookFilter | string | HookFilterSpec;
  on_error?: "throw" | "ignore";
  background?: boolean;
  metadata?: Record<string, any>;
}>;

type RegisterOptions = Spelled<{
  name?: string;
  priority?: number | "highest" | "critical" | "high" | "normal" | "low" | "lowest";
  filter?: ((...args: any[]) => any) | HookFilter | string | HookFilterSpec;
  on_error?: "throw" | "ignore";
  background?: boolean;
  metadata?: Record<string, any>;
  operations?: readonly string[];
}>;

type GenerateRequest = Spelled<{
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
}>;

type GenerateOptions = Spelled<{
  provider?: string;
  model?: string;
  system?: string;
  system_prompt?: string;
  temperature?: number;
  max_tokens?: number;
  stop?: readonly string[];
  schema?: Record<string, any>;
  timeout?: Duration;
}>;

type BatchOptions = Spelled<{
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
  stop_on_error?: boolean;
}>;

type ProviderConfig = Spelled<{
  type?: string;
  name?: string;
  api_key?: string | { env: string };
  base_url?: string;
  headers?: Record<string, any>;
  default_model?: string;
  embedding_model?: string;
  options?: Record<string, any>;
  limits?: Record<string, any>;
}>;

type Operation = Spelled<{
  prompt?: string;
  tokens_in?: number;
  tokens_out?: number;
}>;

interface SplitOptions {
  overlap?: number;
  model?: string;
}

interface PoolMember {
  model: string;
  weight?: number;
}

interface PoolOptions {
  timeout?: Duration;
  failures?: number;
  reset?: Duration;
  agree?: number;
}

interface BatchCall {
  fn: string;
  args?: readonly any[];
}

interface CallBatchOptions {
  concurrency?: number;
}

interface MemoizeOptions {
  ttl?: Duration;
  max?: number;
}

type LogOptions = Spelled<{
  file?: string;
  max_bytes?: number;
  max_files?: number;
  sinks?: readonly ("host" | "file")[];
}>;

type MemoryConfig = Spelled<{
  type?: "conversation" | "short_term";
  name?: string;
  max_messages?: number;
  max_tokens?: number;
}>;

type MemoryQuery = Spelled<{
  limit?: number;
  offset?: number;
  max_tokens?: number;
}>;

type MemoryLimits = Spelled<{
  max_messages?: number;
  max_tokens?: number;
}>;

type SummarizeOptions = Spelled<{
  model?: string;
  max_tokens?: number;
  keep?: number;
  replace?: boolean;
}>;

interface MemoryStoreOptions {
  scope?: "global" | "agent" | "session";
  id?: string;
  ttl?: Duration;
}

interface MemoryScope {
  scope?: "global" | "agent" | "session";
  id?: string;
}

interface ScanOptions {
  provider?: string;
}

interface RankWeights {
  price?: number;
  context?: number;
  output?: number;
  capabilities?: number;
  released?: number;
  knowledge?: number;
}

type ModelNeeds = Spelled<{
  provider?: string;
  kind?: "chat" | "embedding" | "unknown";
  capabilities?: readonly ("chat" | "streaming" | "tools" | "structured-output" | "reasoning" | "vision" | "audio" | "video" | "pdf" | "prompt-caching" | "embeddings")[];
  min_context?: number;
  min_output?: number;
  max_input_price?: number;
  max_output_price?: number;
  text?: string;
  max_cost?: number;
  providers?: readonly string[];
  prefer?: RankWeights;
}>;

type ModelFilter = Spelled<{
  provider?: string;
  kind?: "chat" | "embedding" | "unknown";
  capabilities?: readonly ("chat" | "streaming" | "tools" | "structured-output" | "reasoning" | "vision" | "audio" | "video" | "pdf" | "prompt-caching" | "embeddings")[];
  min_context?: number;
  min_output?: number;
  max_input_price?: number;
  max_output_price?: number;
  text?: string;
}>;

interface ParseJsonOptions {
  schema?: Schema | string | Record<string, any>;
  repair?: boolean;
}

interface MergeOptions {
  separator?: string;
}

type MockResponse = Spelled<{
  content?: string;
  text?: string;
  chunks?: readonly string[];
  tool_calls?: readonly { name: string; args?: any; id?: string }[];
  finish_reason?: "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other";
  error?: string;
  delay?: Duration;
  usage?: Spelled<{ prompt_tokens?: number; completion_tokens?: number }>;
}>;

type NewProvider = Spelled<{
  type?: string;
  name?: string;
  api_key?: string | { env: string };
  base_url?: string;
  headers?: Record<string, any>;
  default_model?: string;
  embedding_model?: string;
  options?: Record<string, any>;
  limits?: Record<string, any>;
  responses?: ((...args: any[]) => any) | (readonly (string | ((...args: any[]) => any) | MockResponse)[]);
  generate?: (...args: any[]) => any;
}>;

type ProviderChange = Spelled<{
  type?: string;
  name?: string;
  api_key?: string | { env: string };
  base_url?: string;
  headers?: Record<string, any>;
  default_model?: string;
  embedding_model?: string;
  options?: Record<string, any>;
  limits?: Record<string, any>;
  providers?: readonly (string | PoolMember)[];
  strategy?: "fastest" | "primary" | "consensus" | "failover" | "round_robin" | "random" | "weighted" | "least_used" | "fastest_first";
  timeout?: Duration;
  failures?: number;
  reset?: Duration;
  agree?: number;
}>;

interface ProviderFilter {
  type?: string;
  capability?: string;
  configured?: boolean;
}

type ContentRule = Spelled<{
  id: string;
  type: "regex" | "keyword" | "length" | "fn" | "schema";
  action?: "block" | "warn" | "redact";
  message?: string;
  pattern?: string;
  ignore_case?: boolean;
  keywords?: readonly string[];
  min?: number;
  max?: number;
  fn?: (...args: any[]) => any;
  schema?: Record<string, any>;
  scope?: "input" | "output" | "both";
}>;

interface InferOptions {
  samples?: boolean;
  closed?: boolean;
}

interface MigrationRules {
  rename?: Record<string, any>;
  remove?: readonly string[];
  set?: Record<string, any>;
}

interface SpellConfig {
  name?: string;
  version?: string;
  description?: string;
  params?: Record<string, any>;
  timeout?: Duration;
}

interface SpellPart {
  spell: string;
  params?: Record<string, any>;
  as?: string;
}

interface TemplateOptions {
  strict?: boolean;
}

interface TimeFormatOptions {
  tz?: string;
  locale?: string;
}

interface StateOptions {
  name?: string;
}

interface LoadOptions {
  version?: number;
}

interface ContextInheritance {
  messages?: boolean;
  artifacts?: boolean;
  metadata?: boolean;
}

interface CaseOptions {
  timeout?: Duration;
  skip?: boolean;
  only?: boolean;
}

interface TestOptions {
  filter?: string;
  reporter?: "text" | "json" | "tap" | "junit";
}

interface LoadConfig {
  concurrency?: number;
  duration?: Duration;
  rps?: number;
}

type MemoryTestOptions = Spelled<{
  iterations?: number;
  max_growth?: number;
}>;

interface LibraryOptions {
  prefix?: string;
}

interface WrapToolOptions {
  name?: string;
  description?: string;
  category?: string;
  tags?: readonly string[];
  timeout?: Duration;
  output?: Record<string, any>;
}

interface WrapWorkflowOptions {
  name?: string;
  description?: string;
  category?: string;
  tags?: readonly string[];
  timeout?: Duration;
  output?: Record<string, any>;
  input?: Record<string, any>;
}

interface ComposeOptions {
  name?: string;
  description?: string;
}

type PipelineOptions = Spelled<{
  stop_on_error?: boolean;
}>;

interface ParallelToolsOptions {
  concurrency?: number;
}

interface ToolCase {
  params?: Record<string, any>;
  expect?: any;
  error?: string;
}

interface ToolBenchmarkOptions {
  iterations?: number;
  warmup?: number;
}

interface ExternalTool {
  kind: "process" | "http" | "script" | "mcp" | "plugin" | "grpc" | "ffi";
  name: string;
  description?: string;
  parameters?: Record<string, any>;
  output?: Record<string, any>;
  version?: string;
  category?: string;
  tags?: readonly string[];
  timeout?: Duration;
  permissions?: readonly string[];
  command?: string;
  args?: readonly string[];
  url?: string;
  method?: "POST" | "PUT";
  headers?: Record<string, any>;
  file?: string;
}

interface ToolSource {
  dir?: string;
  env?: string;
  category?: string;
}

interface SaveToolsOptions {
  encoding?: "json" | "binary";
}

interface ToolFilter {
  builtin?: boolean;
  category?: string;
  tags?: readonly string[];
  enabled?: boolean;
  search?: string;
}

type ToolUsageCriteria = Spelled<{
  min_calls?: number;
  max_avg_ms?: number;
  max_error_rate?: number;
}>;

interface SpanOptions {
  parent?: Span | string;
  attributes?: Record<string, any>;
  kind?: "internal" | "server" | "client" | "producer" | "consumer";
}

type WorkflowOptions = Spelled<{
  name?: string;
  description?: string;
  max_concurrency?: number;
  fail_fast?: boolean;
  timeout?: Duration;
  variables?: Record<string, any>;
  input_schema?: Record<string, any>;
  max_steps?: number;
}>;

interface ScriptStepOptions {
  engine?: string;
  name?: string;
}

interface AddStepOptions {
  after?: string;
  id?: string;
}

type ErrorPolicy = Spelled<{
  retry?: Record<string, any>;
  circuit_breaker?: Record<string, any>;
  fallback?: ((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>;
  compensate?: ((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>;
  filter?: readonly string[];
  timeout?: Duration;
}>;

type WorkflowRunOptions = Spelled<{
  timeout?: Duration;
  on_step?: (...args: any[]) => any;
  durable?: boolean;
  run_id?: string;
}>;

interface Agent {
  readonly kind: "Agent";
  /**
   * A new agent with the same configuration, changed by `modifications`; nothing else is shared.
   * Needs `model` (the model, as provider:model).
   */
  clone(modifications?: AgentConfig): Agent;
  /**
   * Changes the configuration of an agent between runs.
   * May need `model` (the model that it changes to).
   */
  configure(settings: AgentConfig): AgentInfo;
  /** Ends what an agent does and forgets it; its handle can no longer be used. */
  remove(opts?: Waiting): Promise<boolean>;
  /** What an agent is and what it has used so far. */
  getInfo(): AgentInfo;
  /** What an agent is and what it has used so far. */
  get_info(): AgentInfo;
  /** What an agent has done so far. */
  getMetrics(): { runs: number; errors: number; suspended: number; avg_ms: number; tokens: number; tool_calls: number; failed_tool_calls: number };
  /** What an agent has done so far. */
  get_metrics(): { runs: number; errors: number; suspended: number; avg_ms: number; tokens: number; tool_calls: number; failed_tool_calls: number };
  /** Gives an agent one more tool. */
  registerTool(tool: string | ToolDefinition | Tool): void;
  /** Gives an agent one more tool. */
  register_tool(tool: string | ToolDefinition | Tool): void;
  /** Gives an agent several tools; says which could not be given. */
  addTools(tools: readonly (string | ToolDefinition | Tool)[]): { added: string[]; failed: { name: string; error: SpellError }[] };
  /** Gives an agent several tools; says which could not be given. */
  add_tools(tools: readonly (string | ToolDefinition | Tool)[]): { added: string[]; failed: { name: string; error: SpellError }[] };
  /** Takes a tool from an agent; true when it had it. */
  unregisterTool(toolName: string): boolean;
  /** Takes a tool from an agent; true when it had it. */
  unregister_tool(toolName: string): boolean;
  /** The tools of an agent. */
  listTools(): ToolInfo[];
  /** The tools of an agent. */
  list_tools(): ToolInfo[];
  /**
   * Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer, and ends the run by returning false: what it has had of the answer is all of it. `approve` decides on calls that need it, without it the run is suspended.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  run(input: string | readonly Message[] | { messages: readonly Message[] }, opts?: AgentRunOptions & Waiting): Promise<Response>;
  /**
   * Goes on with a suspended run: `decisions` has, by the id of each call that waits, true, false or `{ approve, args, reason }`.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  resume(suspension: Record<string, any>, decisions: Record<string, any>, opts?: AgentRunOptions & Waiting): Promise<Response>;
  /** A conversation with the agent that remembers: c:send(text), c:history(), … */
  conversation(systemPrompt?: string): Conversation;
  /**
   * Lets another agent do a task in the name of the first; `report_back` tells the first what came out.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  delegate(to: Agent | string, task: string, opts?: DelegateOptions & Waiting): Promise<Response>;
  /** The status of an agent, and its data. */
  getState(): { status: string; data: Record<string, any> };
  /** The status of an agent, and its data. */
  get_state(): { status: string; data: Record<string, any> };
  /** A value of an agent's data, by a path such as `user.names[0]`; all of it without one. */
  stateGet(key?: string): any;
  /** A value of an agent's data, by a path such as `user.names[0]`; all of it without one. */
  state_get(key?: string): any;
  /** Sets a value of an agent's data by path, or several at once: all of them or none. */
  stateSet(key: string | Record<string, any>, value?: any): void;
  /** Sets a value of an agent's data by path, or several at once: all of them or none. */
  state_set(key: string | Record<string, any>, value?: any): void;
  /** An agent's data, as JSON text or as a table. */
  stateExport(format?: "json" | "table"): any;
  /** An agent's data, as JSON text or as a table. */
  state_export(format?: "json" | "table"): any;
  /** Replaces an agent's data by what `state_export` gave. */
  stateImport(data: string | Record<string, any>): void;
  /** Replaces an agent's data by what `state_export` gave. */
  state_import(data: string | Record<string, any>): void;
  /** Keeps what an agent's data is now; gives what `state_load_snapshot` takes. */
  stateSaveSnapshot(name?: string): string;
  /** Keeps what an agent's data is now; gives what `state_load_snapshot` takes. */
  state_save_snapshot(name?: string): string;
  /** Makes an agent's data what it was, by the id or the name of a snapshot. */
  stateLoadSnapshot(snapshotId: string): void;
  /** Makes an agent's data what it was, by the id or the name of a snapshot. */
  state_load_snapshot(snapshotId: string): void;
  /** The snapshots of an agent's data. */
  stateListSnapshots(): { id: string; name: string; created_at: number; size: number }[];
  /** The snapshots of an agent's data. */
  state_list_snapshots(): { id: string; name: string; created_at: number; size: number }[];
  /** What an agent remembers with; only one that was made with `memory`. */
  getMemory(): Memory;
  /** What an agent remembers with; only one that was made with `memory`. */
  get_memory(): Memory;
  /** Lets an agent forget what was said. */
  clearMemory(): void;
  /** Lets an agent forget what was said. */
  clear_memory(): void;
  /** Emits an event with this agent as its source. */
  eventsEmit(type: string, data?: any): string;
  /** Emits an event with this agent as its source. */
  events_emit(type: string, data?: any): string;
  /** Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription. */
  eventsSubscribe(type: string, handler: (...args: any[]) => any): string;
  /** Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription. */
  events_subscribe(type: string, handler: (...args: any[]) => any): string;
  /** Begins to keep the events of one agent, the latest 10 000. */
  eventsStartRecording(opts?: Waiting): Promise<string>;
  /** Begins to keep the events of one agent, the latest 10 000. */
  events_start_recording(opts?: Waiting): Promise<string>;
  /** Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given. */
  eventsReplay(opts?: AgentReplayOptions & Waiting): Promise<{ replayed: number }>;
  /** Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given. */
  events_replay(opts?: AgentReplayOptions & Waiting): Promise<{ replayed: number }>;
  /** Begins to measure where the runs of this spell spend their time. */
  profilingStart(): string;
  /** Begins to measure where the runs of this spell spend their time. */
  profiling_start(): string;
  /** The latest measurement of an agent, also while it is on. */
  profilingGetMetrics(): Record<string, any>;
  /** The latest measurement of an agent, also while it is on. */
  profiling_get_metrics(): Record<string, any>;
  /** The latest measurement of an agent as text, or as data. */
  profilingGetReport(format?: "text" | "json"): any;
  /** The latest measurement of an agent as text, or as data. */
  profiling_get_report(format?: "text" | "json"): any;
  /** A hook for this agent only; see the module `hooks`. */
  hooksRegister(point: string, fn: (...args: any[]) => any, opts?: AgentHookOptions): string;
  /** A hook for this agent only; see the module `hooks`. */
  hooks_register(point: string, fn: (...args: any[]) => any, opts?: AgentHookOptions): string;
  /** The only hook of this agent at this point. */
  hooksSet(point: string, fn: (...args: any[]) => any): string;
  /** The only hook of this agent at this point. */
  hooks_set(point: string, fn: (...args: any[]) => any): string;
  /** Removes a hook of this agent by its id, or all of a point. */
  hooksUnregister(hook: string): boolean;
  /** Removes a hook of this agent by its id, or all of a point. */
  hooks_unregister(hook: string): boolean;
}

interface EventFilter {
  readonly kind: "EventFilter";
  /** Calls the handler with each event of a pattern, where * is one word and ** any number of them, or of a filter; the id of the subscription. Lower priorities come first. */
  on(handler: (...args: any[]) => any, opts?: ListenOptions): string;
  /** As on, for one event; the subscription is gone before the handler runs. */
  once(handler: (...args: any[]) => any): string;
}

interface Stream {
  readonly kind: "Stream";
  /** The next piece of the answer; nothing when it is over. Looping over the stream does this. */
  next(opts?: Waiting): Promise<string | null>;
  /** The whole answer, when it is over; of one that was closed, what was fetched of it. */
  response(opts?: Waiting): Promise<Response>;
  /** Ends the answer. Leaving a loop of JavaScript does this, and in Lua a variable that is `<close>`. */
  close(): void;
  [Symbol.asyncIterator](): AsyncIterator<Exclude<string | null, null>>;
}

interface Conversation {
  readonly kind: "Conversation";
  /** Says something and waits for the answer. */
  send(text: string, opts?: Waiting): Promise<Response>;
  /** As send, with the pieces of the answer passed to the callback; when it returns false, what it has had is the answer. */
  stream(text: string, callback: (...args: any[]) => any, opts?: Waiting): Promise<Response>;
  /** Every message so far. */
  history(): Message[];
  /** Adds a message without asking the model. */
  add(message: Message): void;
  /** Forgets everything but the system prompt. */
  clear(): void;
}

interface Logger {
  readonly kind: "Logger";
  /** Writes a log line of level debug, with the logger's fields. */
  debug(message: any, context?: Record<string, any>): void;
  /** Writes a log line of level info, with the logger's fields. */
  info(message: any, context?: Record<string, any>): void;
  /** Writes a log line of level warn, with the logger's fields. */
  warn(message: any, context?: Record<string, any>): void;
  /** Writes a log line of level error, with the logger's fields. */
  error(message: any, context?: Record<string, any>): void;
  /** A logger whose lines have these fields as well. */
  withContext(context: Record<string, any>): Logger;
  /** A logger whose lines have these fields as well. */
  with_context(context: Record<string, any>): Logger;
}

interface Memory {
  readonly kind: "Memory";
  /** Forgets a memory; its handle can no longer be used. */
  destroy(): boolean;
  /** Adds a message: add(m, message), or add(message) to the memory of the run. */
  add(message: Message): void;
  /** Adds several messages, all or none. */
  addBatch(messages: readonly Message[]): void;
  /** Adds several messages, all or none. */
  add_batch(messages: readonly Message[]): void;
  /** The messages, oldest first; with max_tokens the latest turns that fit, with offset and limit a part of them. */
  get(opts?: MemoryQuery): Message[];
  /** The latest n messages, oldest first. */
  getLast(n: number): Message[];
  /** The latest n messages, oldest first. */
  get_last(n: number): Message[];
  /** The messages of a role. */
  getByRole(role: "system" | "user" | "assistant" | "tool"): Message[];
  /** The messages of a role. */
  get_by_role(role: "system" | "user" | "assistant" | "tool"): Message[];
  /** The messages that have words of a query, the best first. */
  search(query: string): { message: Message; score: number }[];
  /** Forgets everything but system messages. */
  clear(): void;
  /** Forgets the oldest turns until there are no more messages than that, or {tokens = …}; how many went. */
  truncate(limit: number | { tokens: number }): number;
  /** How many messages, tokens (estimated) and bytes of text there are. */
  getSize(): { messages: number; tokens: number; bytes: number };
  /** How many messages, tokens (estimated) and bytes of text there are. */
  get_size(): { messages: number; tokens: number; bytes: number };
  /** How many tokens there are, estimated. */
  getTokenCount(): number;
  /** How many tokens there are, estimated. */
  get_token_count(): number;
  /** What is in a memory. */
  getStats(): MemoryInfo;
  /** What is in a memory. */
  get_stats(): MemoryInfo;
  /** Sets what is kept from now on; what is too much goes at once. */
  setLimit(limits: MemoryLimits): void;
  /** Sets what is kept from now on; what is too much goes at once. */
  set_limit(limits: MemoryLimits): void;
  /** Forgets messages without content and those that repeat the one before; how many bytes of text went. */
  optimize(): { freed: number; messages: number };
  /**
   * Lets a model summarize all but the last `keep` (2) turns; nil when there are no more. With replace the summary takes their place.
   * Needs `model` (the model, as provider:model).
   */
  summarize(opts?: SummarizeOptions & Waiting): Promise<string | null>;
  /** A memory as text: json has everything, text and markdown are for people. */
  export(opts?: "json" | "text" | "markdown"): string;
  /** Adds what export has written; how many messages. */
  import(data: string, format?: "json" | "text" | "markdown"): number;
  /** A new memory with the messages of both in the order of time. */
  merge(m2: Memory | string): Memory;
  /** An independent memory with the same messages and limits. */
  fork(): Memory;
  /** Keeps what is in a memory now; the id. A run has 100 at most. */
  snapshot(): string;
  /** Makes a memory what it was at a snapshot. */
  restore(snapshotId: string): void;
}

interface Counter {
  readonly kind: "Counter";
  /** Adds to it, by default 1, and tells what it stands at. */
  inc(n?: number): number;
  /** What it stands at. */
  value(): number;
}

interface Breaker {
  readonly kind: "Breaker";
  /** Calls a function; CIRCUIT_OPEN without a call while the breaker is open. */
  call(fn: (...args: any[]) => any, opts?: Waiting): Promise<any>;
  /** "closed", "open" or "half_open". */
  state(): "closed" | "open" | "half_open";
  /** Closes it. */
  reset(): void;
}

interface Schema {
  readonly kind: "Schema";
  /** The same for a schema in any form. */
  compile(opts?: Waiting): Promise<Schema>;
  /** Forgets a schema; its handle can no longer be used. */
  destroy(): boolean;
  /** A schema as a table. */
  getInfo(): Record<string, any>;
  /** A schema as a table. */
  get_info(): Record<string, any>;
  /** One schema that wants what all of them want: merge(a, b) or merge({ a, b, … }). */
  merge(other?: Schema | string | Record<string, any>): Record<string, any>;
  /** A schema with more properties, and more of them required. */
  extend(properties: Record<string, any>, required?: readonly string[]): Record<string, any>;
  /** What is different in the second schema, and whether it breaks what the first accepted. */
  diff(b: Schema | string | Record<string, any>): { path: string; keyword: string; change: string; breaking: boolean; before?: any; after?: any }[];
  /** A schema rewritten from the inside out: `fn` gets each schema in it and returns another. */
  transform(fn: (...args: any[]) => any): Record<string, any>;
  /** A schema as JSON text. */
  toJson(opts?: Waiting): Promise<string>;
  /** A schema as JSON text. */
  to_json(opts?: Waiting): Promise<string>;
  /** A schema as YAML text. */
  toYaml(opts?: Waiting): Promise<string>;
  /** A schema as YAML text. */
  to_yaml(opts?: Waiting): Promise<string>;
}

interface State {
  readonly kind: "State";
  /** A state with the same values that refuses every write after which they would not match the schema. */
  withSchema(schema: Record<string, any>, opts?: Waiting): Promise<State>;
  /** A state with the same values that refuses every write after which they would not match the schema. */
  with_schema(schema: Record<string, any>, opts?: Waiting): Promise<State>;
  /** The value at a path such as user.names[0], or the default. */
  get(key: string, default_?: any): any;
  /** Writes a value at a path, and tells who watches; the new version. */
  set(key: string, value: any): number;
  /** Whether there is a value at a path. */
  has(key: string): boolean;
  /** Removes what is at a path; whether there was anything. */
  deleteKey(key: string): boolean;
  /** Removes what is at a path; whether there was anything. */
  delete_key(key: string): boolean;
  /** The keys, in order. */
  keys(): string[];
  /** Writes several values by their paths, all or none; the new version. */
  update(updates: Record<string, any>): number;
  /** Calls fn(new, old, key) after each change of a place, or of the keys that match a pattern such as user-*; the id. */
  watch(key: string, fn: (...args: any[]) => any): string;
  /** A new state with the values of both. Where both have one: the last (default), the first, deep (into tables), concat (deep, with lists one after the other), or what fn(key, first, second) returns. */
  merge(s2: State | string, strategy?: "last" | "first" | "deep" | "concat" | ((...args: any[]) => any)): State;
  /** All values at this moment: s.version, s.values, s.checksum (SHA-256), s.taken_at. */
  snapshot(): Snapshot;
  /** A new state of what fn(values), or the transform of this name, makes of the values. */
  transform(transformer: string | ((...args: any[]) => any)): State;
  /** A new state with the values for which fn(key, value) is true. */
  filter(predicate: (...args: any[]) => any): State;
  /** Checks the values against a JSON Schema. */
  validate(schema: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** The values as JSON, with sorted keys. */
  toJson(): string;
  /** The values as JSON, with sorted keys. */
  to_json(): string;
  /**
   * Keeps the values of a state beyond the run, as a new version of the key; the latest 100 are kept.
   * Needs `storage` (the key).
   */
  save(key: string, opts?: Waiting): Promise<{ key: string; version: number }>;
}

interface Snapshot {
  readonly kind: "Snapshot";
  /** The version of the state. */
  readonly version: number;
  /** SHA-256 of the values as JSON with sorted keys. */
  readonly checksum: string;
  /** When it was taken, in milliseconds since 1970. */
  readonly takenAt: number;
  /** When it was taken, in milliseconds since 1970. */
  readonly taken_at: number;
  /** The values. */
  readonly values: Record<string, any>;
  /** Makes a state, a new one by default, what a snapshot says, as one new version. */
  restore(state?: State | string): State;
}

interface Context {
  readonly kind: "Context";
  /** Forgets what was set in a context itself. */
  contextClear(): void;
  /** Forgets what was set in a context itself. */
  context_clear(): void;
  /** A context inside another, that of the run by default, whose values it sees. */
  contextCreateShared(): Context;
  /** A context inside another, that of the run by default, whose values it sees. */
  context_create_shared(): Context;
  /** A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans. */
  contextWithInheritance(opts: boolean | ContextInheritance, artifacts?: boolean, metadata?: boolean): Context;
  /** A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans. */
  context_with_inheritance(opts: boolean | ContextInheritance, artifacts?: boolean, metadata?: boolean): Context;
}

interface Scenario {
  readonly kind: "Scenario";
  /** Runs a scenario, without any real model; what is not as expected is a result, not an error. */
  runScenario(opts?: Waiting): Promise<{ name: string; passed: boolean; mismatches: { path: string; expected: string; actual: string }[]; report: string; turns: Record<string, any>[] }>;
  /** Runs a scenario, without any real model; what is not as expected is a result, not an error. */
  run_scenario(opts?: Waiting): Promise<{ name: string; passed: boolean; mismatches: { path: string; expected: string; actual: string }[]; report: string; turns: Record<string, any>[] }>;
}

interface Tool {
  readonly kind: "Tool";
  /**
   * Checks the parameters against the tool's schema, asks for the powers it needs and runs it.
   * May need what the tool asks for.
   */
  execute(params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<any>;
  /**
   * As execute, but a failure is a result: {success, result?, error?, duration_ms}.
   * May need what the tool asks for.
   */
  executeSafe(params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /**
   * As execute, but a failure is a result: {success, result?, error?, duration_ms}.
   * May need what the tool asks for.
   */
  execute_safe(params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /** Checks parameters against a tool's schema. */
  validateParams(params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** Checks parameters against a tool's schema. */
  validate_params(params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /**
   * Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words.
   * May need what the tool asks for.
   */
  testTool(cases: readonly ToolCase[], opts?: Waiting): Promise<{ passed: number; failed: number; results: { passed: boolean; result?: any; error?: SpellError }[] }>;
  /**
   * Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words.
   * May need what the tool asks for.
   */
  test_tool(cases: readonly ToolCase[], opts?: Waiting): Promise<{ passed: number; failed: number; results: { passed: boolean; result?: any; error?: SpellError }[] }>;
  /**
   * Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second.
   * May need what the tool asks for.
   */
  benchmarkTool(params?: Record<string, any>, opts?: ToolBenchmarkOptions & Waiting): Promise<{ iterations: number; mean_ms: number; p50: number; p95: number; p99: number; ops: number }>;
  /**
   * Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second.
   * May need what the tool asks for.
   */
  benchmark_tool(params?: Record<string, any>, opts?: ToolBenchmarkOptions & Waiting): Promise<{ iterations: number; mean_ms: number; p50: number; p95: number; p99: number; ops: number }>;
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  getInfo(): ToolInfo;
  /** All of a tool but its function: name, description, parameters, version, category, tags and so on. */
  get_info(): ToolInfo;
  /** The JSON Schema of a tool's parameters. */
  getSchema(): Record<string, any>;
  /** The JSON Schema of a tool's parameters. */
  get_schema(): Record<string, any>;
  /** A page on a tool, in Markdown. */
  getDocumentation(): string;
  /** A page on a tool, in Markdown. */
  get_documentation(): string;
  /** A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}. */
  exportMcp(): Record<string, any> | Record<string, any>[];
  /** A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}. */
  export_mcp(): Record<string, any> | Record<string, any>[];
}

interface ToolBuilder {
  readonly kind: "ToolBuilder";
  /** What the tool does, in words for the model. */
  description(value: string): ToolBuilder;
  /** The category of the tool. */
  category(value: string): ToolBuilder;
  /** The version of the tool, like 1.0.0. */
  version(value: string): ToolBuilder;
  /** Adds a tag. */
  tag(tag: string): ToolBuilder;
  /** Adds a parameter by its type or JSON Schema; it is required unless `required` is false. */
  parameter(name: string, type: string | Record<string, any>, description?: string, required?: boolean): ToolBuilder;
  /**
   * What the tool does, as a function of its parameters.
   * May need what the tool asks for.
   */
  execute(fn: (...args: any[]) => any): ToolBuilder;
  /** Registers the tool. */
  build(): Tool;
}

interface Span {
  readonly kind: "Span";
  /** Ends a span. */
  endSpan(status?: "unset" | "ok" | "error"): void;
  /** Ends a span. */
  end_span(status?: "unset" | "ok" | "error"): void;
  /** Sets an attribute of it. */
  setAttribute(key: string, value: any): void;
  /** Sets an attribute of it. */
  set_attribute(key: string, value: any): void;
  /** Adds an event to it. */
  addEvent(name: string, attributes?: Record<string, any>): void;
  /** Adds an event to it. */
  add_event(name: string, attributes?: Record<string, any>): void;
}

interface Workflow {
  readonly kind: "Workflow";
  /** Adds a step at the end, or behind the step `opts.after`; gives its id. */
  addStep(step: ((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>, opts?: AddStepOptions): string;
  /** Adds a step at the end, or behind the step `opts.after`; gives its id. */
  add_step(step: ((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>, opts?: AddStepOptions): string;
  /** Removes a step; an error when a rule of another one names it. */
  removeStep(stepId: string): boolean;
  /** Removes a step; an error when a rule of another one names it. */
  remove_step(stepId: string): boolean;
  /** The steps of a workflow as tables. */
  getSteps(): Record<string, any>[];
  /** The steps of a workflow as tables. */
  get_steps(): Record<string, any>[];
  /** What a workflow is. */
  getInfo(): WorkflowInfo;
  /** What a workflow is. */
  get_info(): WorkflowInfo;
  /** Forgets a workflow; its handle can no longer be used. */
  destroy(): boolean;
  /** All problems of a workflow or a definition: wrong fields, expressions that do not compile, unknown names, cycles. */
  validate(opts?: Waiting): Promise<{ valid: boolean; errors: { at: string; message: string }[]; warnings: string[] }>;
  /** A workflow as a flowchart in Mermaid, or its steps as data. */
  visualize(format?: "mermaid" | "json"): any;
  /** What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves. */
  onError(policy: ErrorPolicy, stepId?: string): void;
  /** What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves. */
  on_error(policy: ErrorPolicy, stepId?: string): void;
  /**
   * Runs a workflow to its end. A failed step is in the result, not an error. `opts.on_step` is told of each step; with `opts.durable` a new process can go on with the run (needs `storage=workflows`).
   * May need what the tool asks for, `storage` (workflows, to keep checkpoints), `model` (the model of a step that is an agent).
   */
  run(input?: any, opts?: WorkflowRunOptions & Waiting): Promise<{ status: string; output: any; steps: WorkflowStepResult[]; error: SpellError | null; compensated: string[]; run_id: string; duration_ms: number }>;
  /** Does the next step only, then pauses; nothing when there was none. The first one starts the workflow with `input`. */
  step(input?: any, opts?: Waiting): Promise<WorkflowStepResult | null>;
  /** Starts no more steps; waits for those under way. */
  pause(opts?: Waiting): Promise<void>;
  /** Goes on with a paused workflow to its end. */
  resume(opts?: Waiting): Promise<{ status: string; output: any; steps: WorkflowStepResult[]; error: SpellError | null; compensated: string[]; run_id: string; duration_ms: number }>;
  /** Aborts the steps under way, undoes what is finished, and waits for the end. */
  cancel(reason?: string, opts?: Waiting): Promise<void>;
  /** How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled". */
  getStatus(): { state: string; current_steps: string[]; progress: number; errors: { path: string; error: SpellError }[] };
  /** How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled". */
  get_status(): { state: string; current_steps: string[]; progress: number; errors: { path: string; error: SpellError }[] };
  /** What the steps gave so far, by their path. */
  getResults(): Record<string, any>;
  /** What the steps gave so far, by their path. */
  get_results(): Record<string, any>;
  /** A workflow as text; one with functions has no such form. */
  serialize(format?: "json" | "yaml", opts?: Waiting): Promise<string>;
  /**
   * Keeps a workflow by name beyond the run.
   * Needs `storage` (workflows).
   */
  repositorySave(name: string, opts?: Waiting): Promise<void>;
  /**
   * Keeps a workflow by name beyond the run.
   * Needs `storage` (workflows).
   */
  repository_save(name: string, opts?: Waiting): Promise<void>;
  /** Pauses a durable run and gives what `restore` takes; its finished steps are kept as they end. */
  checkpoint(opts?: Waiting): Promise<string>;
  /**
   * The durable runs that are kept, the newest first.
   * Needs `storage` (workflows).
   */
  listCheckpoints(opts?: Waiting): Promise<{ id: string; workflow: string | null; status: string; created_at: number }[]>;
  /**
   * The durable runs that are kept, the newest first.
   * Needs `storage` (workflows).
   */
  list_checkpoints(opts?: Waiting): Promise<{ id: string; workflow: string | null; status: string; created_at: number }[]>;
}

/** Agents: a model with instructions and tools, alone and together. */
interface AgentModule {
  /**
   * Makes an agent: create(config) or create(name, config). With `code_mode` (true, a language or limits) its model writes scripts that call the tools, by one tool `run_spell`.
   * Needs `model` (the model, as provider:model).
   */
  create(name: string, config: AgentConfig): Agent;
  create(config: AgentConfig): Agent;
  /**
   * Makes an agent for a model: create_llm(model, config?).
   * Needs `model` (the model, as provider:model).
   */
  createLlm(model: string, config?: AgentConfig): Agent;
  /**
   * Makes an agent for a model: create_llm(model, config?).
   * Needs `model` (the model, as provider:model).
   */
  create_llm(model: string, config?: AgentConfig): Agent;
  /** Whether an agent could be made of a configuration, and what is wrong with it. */
  validateConfig(config: Record<string, any>): { valid: boolean; errors: string[] };
  /** Whether an agent could be made of a configuration, and what is wrong with it. */
  validate_config(config: Record<string, any>): { valid: boolean; errors: string[] };
  /**
   * A new agent with the same configuration, changed by `modifications`; nothing else is shared.
   * Needs `model` (the model, as provider:model).
   */
  clone(agent: Agent | string, modifications?: AgentConfig): Agent;
  /**
   * Changes the configuration of an agent between runs.
   * May need `model` (the model that it changes to).
   */
  configure(agent: Agent | string, settings: AgentConfig): AgentInfo;
  /** The agent with this id, or nil. */
  get(id: string): Agent | null;
  /** Whether there is an agent with this id. */
  exists(id: string): boolean;
  /** Every agent of this run. */
  list(): AgentInfo[];
  /** Ends what an agent does and forgets it; its handle can no longer be used. */
  remove(agent: Agent | string, opts?: Waiting): Promise<boolean>;
  /** What an agent is and what it has used so far. */
  getInfo(agent: Agent | string): AgentInfo;
  /** What an agent is and what it has used so far. */
  get_info(agent: Agent | string): AgentInfo;
  /** What an agent has done so far. */
  getMetrics(agent: Agent | string): { runs: number; errors: number; suspended: number; avg_ms: number; tokens: number; tool_calls: number; failed_tool_calls: number };
  /** What an agent has done so far. */
  get_metrics(agent: Agent | string): { runs: number; errors: number; suspended: number; avg_ms: number; tokens: number; tool_calls: number; failed_tool_calls: number };
  /** Gives an agent one more tool. */
  registerTool(agent: Agent | string, tool: string | ToolDefinition | Tool): void;
  /** Gives an agent one more tool. */
  register_tool(agent: Agent | string, tool: string | ToolDefinition | Tool): void;
  /** Gives an agent several tools; says which could not be given. */
  addTools(agent: Agent | string, tools: readonly (string | ToolDefinition | Tool)[]): { added: string[]; failed: { name: string; error: SpellError }[] };
  /** Gives an agent several tools; says which could not be given. */
  add_tools(agent: Agent | string, tools: readonly (string | ToolDefinition | Tool)[]): { added: string[]; failed: { name: string; error: SpellError }[] };
  /** Takes a tool from an agent; true when it had it. */
  unregisterTool(agent: Agent | string, toolName: string): boolean;
  /** Takes a tool from an agent; true when it had it. */
  unregister_tool(agent: Agent | string, toolName: string): boolean;
  /** The tools of an agent. */
  listTools(agent: Agent | string): ToolInfo[];
  /** The tools of an agent. */
  list_tools(agent: Agent | string): ToolInfo[];
  /** A configuration by name, to make agents of. */
  registerTemplate(name: string, config: AgentConfig): void;
  /** A configuration by name, to make agents of. */
  register_template(name: string, config: AgentConfig): void;
  /**
   * An agent of a template, changed by `overrides`: tables go into each other, everything else takes the place.
   * Needs `model` (the model, as provider:model).
   */
  createFromTemplate(name: string, overrides?: Record<string, any>): Agent;
  /**
   * An agent of a template, changed by `overrides`: tables go into each other, everything else takes the place.
   * Needs `model` (the model, as provider:model).
   */
  create_from_template(name: string, overrides?: Record<string, any>): Agent;
  /**
   * Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer, and ends the run by returning false: what it has had of the answer is all of it. `approve` decides on calls that need it, without it the run is suspended.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  run(agent: Agent | string, input: string | readonly Message[] | { messages: readonly Message[] }, opts?: AgentRunOptions & Waiting): Promise<Response>;
  /**
   * Goes on with a suspended run: `decisions` has, by the id of each call that waits, true, false or `{ approve, args, reason }`.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  resume(agent: Agent | string, suspension: Record<string, any>, decisions: Record<string, any>, opts?: AgentRunOptions & Waiting): Promise<Response>;
  /** A conversation with the agent that remembers: c:send(text), c:history(), … */
  conversation(agent: Agent | string, systemPrompt?: string): Conversation;
  /**
   * Lets another agent do a task in the name of the first; `report_back` tells the first what came out.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  delegate(from: Agent | string, to: Agent | string, task: string, opts?: DelegateOptions & Waiting): Promise<Response>;
  /**
   * Several agents work on a task: "sequential", "parallel", "leader" (the first leads) or "vote" (with `choices`).
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  collaborate(agents: readonly (Agent | string)[], task: string, opts?: CollaborateOptions & Waiting): Promise<{ status: string; final: string; results: Record<string, any>[]; votes?: Record<string, any>; usage: Usage; error?: SpellError }>;
  /** The status of an agent, and its data. */
  getState(agent: Agent | string): { status: string; data: Record<string, any> };
  /** The status of an agent, and its data. */
  get_state(agent: Agent | string): { status: string; data: Record<string, any> };
  /** A value of an agent's data, by a path such as `user.names[0]`; all of it without one. */
  stateGet(agent: Agent | string, key?: string): any;
  /** A value of an agent's data, by a path such as `user.names[0]`; all of it without one. */
  state_get(agent: Agent | string, key?: string): any;
  /** Sets a value of an agent's data by path, or several at once: all of them or none. */
  stateSet(agent: Agent | string, key: string | Record<string, any>, value?: any): void;
  /** Sets a value of an agent's data by path, or several at once: all of them or none. */
  state_set(agent: Agent | string, key: string | Record<string, any>, value?: any): void;
  /** An agent's data, as JSON text or as a table. */
  stateExport(agent: Agent | string, format?: "json" | "table"): any;
  /** An agent's data, as JSON text or as a table. */
  state_export(agent: Agent | string, format?: "json" | "table"): any;
  /** Replaces an agent's data by what `state_export` gave. */
  stateImport(agent: Agent | string, data: string | Record<string, any>): void;
  /** Replaces an agent's data by what `state_export` gave. */
  state_import(agent: Agent | string, data: string | Record<string, any>): void;
  /** Keeps what an agent's data is now; gives what `state_load_snapshot` takes. */
  stateSaveSnapshot(agent: Agent | string, name?: string): string;
  /** Keeps what an agent's data is now; gives what `state_load_snapshot` takes. */
  state_save_snapshot(agent: Agent | string, name?: string): string;
  /** Makes an agent's data what it was, by the id or the name of a snapshot. */
  stateLoadSnapshot(agent: Agent | string, snapshotId: string): void;
  /** Makes an agent's data what it was, by the id or the name of a snapshot. */
  state_load_snapshot(agent: Agent | string, snapshotId: string): void;
  /** The snapshots of an agent's data. */
  stateListSnapshots(agent: Agent | string): { id: string; name: string; created_at: number; size: number }[];
  /** The snapshots of an agent's data. */
  state_list_snapshots(agent: Agent | string): { id: string; name: string; created_at: number; size: number }[];
  /** What an agent remembers with; only one that was made with `memory`. */
  getMemory(agent: Agent | string): Memory;
  /** What an agent remembers with; only one that was made with `memory`. */
  get_memory(agent: Agent | string): Memory;
  /** Lets an agent forget what was said. */
  clearMemory(agent: Agent | string): void;
  /** Lets an agent forget what was said. */
  clear_memory(agent: Agent | string): void;
  /** Emits an event with this agent as its source. */
  eventsEmit(agent: Agent | string, type: string, data?: any): string;
  /** Emits an event with this agent as its source. */
  events_emit(agent: Agent | string, type: string, data?: any): string;
  /** Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription. */
  eventsSubscribe(agent: Agent | string, type: string, handler: (...args: any[]) => any): string;
  /** Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription. */
  events_subscribe(agent: Agent | string, type: string, handler: (...args: any[]) => any): string;
  /** Ends a subscription; whether there was one. */
  eventsUnsubscribe(subId: string): boolean;
  /** Ends a subscription; whether there was one. */
  events_unsubscribe(subId: string): boolean;
  /** Begins to keep the events of one agent, the latest 10 000. */
  eventsStartRecording(agent: Agent | string, opts?: Waiting): Promise<string>;
  /** Begins to keep the events of one agent, the latest 10 000. */
  events_start_recording(agent: Agent | string, opts?: Waiting): Promise<string>;
  /** Ends a recording and gives its events. */
  eventsStopRecording(recordingId: string, opts?: Waiting): Promise<Record<string, any>[]>;
  /** Ends a recording and gives its events. */
  events_stop_recording(recordingId: string, opts?: Waiting): Promise<Record<string, any>[]>;
  /** Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given. */
  eventsReplay(recording: Agent | string, opts?: AgentReplayOptions & Waiting): Promise<{ replayed: number }>;
  /** Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given. */
  events_replay(recording: Agent | string, opts?: AgentReplayOptions & Waiting): Promise<{ replayed: number }>;
  /** Begins to measure where the runs of this spell spend their time. */
  profilingStart(agent: Agent | string): string;
  /** Begins to measure where the runs of this spell spend their time. */
  profiling_start(agent: Agent | string): string;
  /** Ends a measurement and gives it. */
  profilingStop(sessionId: string): Record<string, any>;
  /** Ends a measurement and gives it. */
  profiling_stop(sessionId: string): Record<string, any>;
  /** The latest measurement of an agent, also while it is on. */
  profilingGetMetrics(agent: Agent | string): Record<string, any>;
  /** The latest measurement of an agent, also while it is on. */
  profiling_get_metrics(agent: Agent | string): Record<string, any>;
  /** The latest measurement of an agent as text, or as data. */
  profilingGetReport(agent: Agent | string, format?: "text" | "json"): any;
  /** The latest measurement of an agent as text, or as data. */
  profiling_get_report(agent: Agent | string, format?: "text" | "json"): any;
  /** A hook for this agent only; see the module `hooks`. */
  hooksRegister(agent: Agent | string, point: string, fn: (...args: any[]) => any, opts?: AgentHookOptions): string;
  /** A hook for this agent only; see the module `hooks`. */
  hooks_register(agent: Agent | string, point: string, fn: (...args: any[]) => any, opts?: AgentHookOptions): string;
  /** The only hook of this agent at this point. */
  hooksSet(agent: Agent | string, point: string, fn: (...args: any[]) => any): string;
  /** The only hook of this agent at this point. */
  hooks_set(agent: Agent | string, point: string, fn: (...args: any[]) => any): string;
  /** Removes a hook of this agent by its id, or all of a point. */
  hooksUnregister(agent: Agent | string, hook: string): boolean;
  /** Removes a hook of this agent by its id, or all of a point. */
  hooks_unregister(agent: Agent | string, hook: string): boolean;
}

/** Who somebody is and what they may do: sessions, tokens, passwords, OAuth, policies, secrets and an audit trail. */
interface AuthModule {
  /**
   * Logs somebody in by a scheme of the host (basic, bearer, api_key, oauth2, …). Tries are limited; a failure does not say what was wrong. By oauth2 it takes the {code, state} that somebody came back with from a flow which `auth.oauth_flow` has begun in this run, and keeps the tokens with the secrets, as oauth2/<provider>/<subject>.
   * Needs `auth` (login).
   * May need `network` (the host of the provider, by oauth2).
   */
  login(credentials: Record<string, any>, scheme: string, opts?: Waiting): Promise<Session>;
  /**
   * A session with new tokens for its refresh token, which is used up. One that is used twice ends the session.
   * Needs `auth` (login).
   */
  refreshToken(refreshToken: string, opts?: Waiting): Promise<Session>;
  /**
   * A session with new tokens for its refresh token, which is used up. One that is used twice ends the session.
   * Needs `auth` (login).
   */
  refresh_token(refreshToken: string, opts?: Waiting): Promise<Session>;
  /**
   * Whether a session, given whole, by its id or by its token, is still good.
   * Needs `auth` (login).
   */
  validateSession(session: string | Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; user?: Record<string, any>; expires_at?: number }>;
  /**
   * Whether a session, given whole, by its id or by its token, is still good.
   * Needs `auth` (login).
   */
  validate_session(session: string | Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; user?: Record<string, any>; expires_at?: number }>;
  /**
   * Begins an authorization code flow with PKCE: at a server that is named by its URL, with a config; or at one where the host lets people log in, by its name. `complete(code, state)` gives the tokens, once, for what the user came back with; `auth.login` by the scheme `oauth2` gives a session instead.
   * Needs `auth` (oauth).
   * May need `network` (the host of the provider).
   */
  oauthFlow(provider: string, config?: OAuthConfig, opts?: Waiting): Promise<{ authorize_url: string; state: string; complete: (...args: any[]) => any }>;
  /**
   * Begins an authorization code flow with PKCE: at a server that is named by its URL, with a config; or at one where the host lets people log in, by its name. `complete(code, state)` gives the tokens, once, for what the user came back with; `auth.login` by the scheme `oauth2` gives a session instead.
   * Needs `auth` (oauth).
   * May need `network` (the host of the provider).
   */
  oauth_flow(provider: string, config?: OAuthConfig, opts?: Waiting): Promise<{ authorize_url: string; state: string; complete: (...args: any[]) => any }>;
  /** What a JSON Web Token says; only with a key (a secret, a public key in PEM or a JWK) is it verified. The key decides which algorithms are possible; "none" never is. */
  jwtDecode(token: string, verify?: boolean | JwtVerification, opts?: Waiting): Promise<{ header: Record<string, any>; claims: Record<string, any>; verified: boolean }>;
  /** What a JSON Web Token says; only with a key (a secret, a public key in PEM or a JWK) is it verified. The key decides which algorithms are possible; "none" never is. */
  jwt_decode(token: string, verify?: boolean | JwtVerification, opts?: Waiting): Promise<{ header: Record<string, any>; claims: Record<string, any>; verified: boolean }>;
  /**
   * A token that is signed with the key of the host, good for `ttl` (1h).
   * Needs `auth` (tokens).
   */
  generateToken(claims: Record<string, any>, opts?: TokenOptions & Waiting): Promise<string>;
  /**
   * A token that is signed with the key of the host, good for `ttl` (1h).
   * Needs `auth` (tokens).
   */
  generate_token(claims: Record<string, any>, opts?: TokenOptions & Waiting): Promise<string>;
  /**
   * Whether a token was signed with the key of the host, and is still good.
   * Needs `auth` (tokens).
   */
  validateToken(token: string, opts?: TokenChecks & Waiting): Promise<{ valid: boolean; claims?: Record<string, any>; error?: string }>;
  /**
   * Whether a token was signed with the key of the host, and is still good.
   * Needs `auth` (tokens).
   */
  validate_token(token: string, opts?: TokenChecks & Waiting): Promise<{ valid: boolean; claims?: Record<string, any>; error?: string }>;
  /**
   * A slow, salted hash (scrypt) that says how it was made.
   * Needs `auth` (passwords).
   */
  hashPassword(password: string, opts?: Waiting): Promise<string>;
  /**
   * A slow, salted hash (scrypt) that says how it was made.
   * Needs `auth` (passwords).
   */
  hash_password(password: string, opts?: Waiting): Promise<string>;
  /**
   * Whether it is the password of a hash, in constant time.
   * Needs `auth` (passwords).
   */
  verifyPassword(password: string, hash: string, opts?: Waiting): Promise<boolean>;
  /**
   * Whether it is the password of a hash, in constant time.
   * Needs `auth` (passwords).
   */
  verify_password(password: string, hash: string, opts?: Waiting): Promise<boolean>;
  /**
   * Keeps data encrypted (AES-256-GCM) with the key of the host; without a value, gives what is kept.
   * Needs `auth` (secrets).
   */
  secureStore(key: string, value?: any, opts?: Waiting): Promise<any>;
  /**
   * Keeps data encrypted (AES-256-GCM) with the key of the host; without a value, gives what is kept.
   * Needs `auth` (secrets).
   */
  secure_store(key: string, value?: any, opts?: Waiting): Promise<any>;
  /**
   * Writes what was done into a trail that can only grow: each entry is signed with the one before it. Gives its id.
   * Needs `auth` (audit).
   */
  auditLog(action: string, context?: Record<string, any>, opts?: Waiting): Promise<string>;
  /**
   * Writes what was done into a trail that can only grow: each entry is signed with the one before it. Gives its id.
   * Needs `auth` (audit).
   */
  audit_log(action: string, context?: Record<string, any>, opts?: Waiting): Promise<string>;
  /** Whether a user (a name, or a table with id and roles) may do something, by the policies of the host and of this run. What denies wins; what nothing allows is denied. */
  checkPermission(user: string | Record<string, any>, resource: string, action: string): { allowed: boolean; policy?: string; reason: string };
  /** Whether a user (a name, or a table with id and roles) may do something, by the policies of the host and of this run. What denies wins; what nothing allows is denied. */
  check_permission(user: string | Record<string, any>, resource: string, action: string): { allowed: boolean; policy?: string; reason: string };
  /** Rules for this run. In subjects (names, or role:name), resources and actions * stands for any text; conditions are values that fields such as user.team must have. */
  createPolicy(rules: readonly PolicyRule[]): { id: string; rules: Record<string, any>[] };
  /** Rules for this run. In subjects (names, or role:name), resources and actions * stands for any text; conditions are values that fields such as user.team must have. */
  create_policy(rules: readonly PolicyRule[]): { id: string; rules: Record<string, any>[] };
}

/** Identifiers, hashes, random texts and encodings. */
interface CryptoModule {
  /** A random identifier (UUID, version 4). */
  uuid(): string;
  /** The hash of text or bytes in hexadecimal; sha256 unless another is named. */
  hash(data: string | Uint8Array, algorithm?: "md5" | "sha1" | "sha256" | "sha384" | "sha512"): string;
  /** A text of random characters, fit for secrets. */
  randomString(length: number, charset?: string): string;
  /** A text of random characters, fit for secrets. */
  random_string(length: number, charset?: string): string;
  /** Text or bytes in base64, base64url, hex or as a part of a URL. */
  encode(data: string | Uint8Array, encoding: "base64" | "base64url" | "hex" | "url"): string;
  /** What an encoded text says: text, or bytes where that is no UTF-8. */
  decode(text: string, encoding: "base64" | "base64url" | "hex" | "url"): any;
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
  validateJson(text: string): { valid: boolean; error?: string; position?: { line: number; column: number } };
  /** Says whether a text is JSON. */
  validate_json(text: string): { valid: boolean; error?: string; position?: { line: number; column: number } };
  /** Formats JSON text anew. */
  prettifyJson(text: string, indent?: number): string;
  /** Formats JSON text anew. */
  prettify_json(text: string, indent?: number): string;
  /** Writes data, or text in the format `from`, in the format `to`; `opts.schema` gives types to what CSV and XML hold as text. */
  convertFormat(data: any, from: "json" | "yaml" | "xml" | "csv" | "markdown", to: "json" | "yaml" | "xml" | "csv" | "markdown", opts?: ConvertOptions & Waiting): Promise<string>;
  /** Writes data, or text in the format `from`, in the format `to`; `opts.schema` gives types to what CSV and XML hold as text. */
  convert_format(data: any, from: "json" | "yaml" | "xml" | "csv" | "markdown", to: "json" | "yaml" | "xml" | "csv" | "markdown", opts?: ConvertOptions & Waiting): Promise<string>;
  /** A new collection of what `fn(value, key)` returns for each element. */
  map(collection: readonly any[] | Record<string, any>, fn: (...args: any[]) => any): any;
  /** A new collection of the elements for which `fn(value, key)` is true; lists are repacked. */
  filter(collection: readonly any[] | Record<string, any>, fn: (...args: any[]) => any): any;
  /** Folds a collection with `fn(accumulator, value, key)`; tables in sorted key order. */
  reduce(collection: readonly any[] | Record<string, any>, fn: (...args: any[]) => any, initial: any): any;
}

/** Looking into a spell: what is called, what it costs, what a value holds. */
interface DebugModule {
  /** A function that does the same as another one, and a function that gives what was recorded of its calls (the first 1000 events): `enter`, `leave` or `error`, the depth, the values as text. In JavaScript a list of the two. */
  traceCalls(fn: (...args: any[]) => any): ((...args: any[]) => any)[];
  /** A function that does the same as another one, and a function that gives what was recorded of its calls (the first 1000 events): `enter`, `leave` or `error`, the depth, the values as text. In JavaScript a list of the two. */
  trace_calls(fn: (...args: any[]) => any): ((...args: any[]) => any)[];
  /** Memory of the script, as the engine counts it. */
  memoryUsage(): { used_bytes: number; peak_bytes: number; limit_bytes: number };
  /** Memory of the script, as the engine counts it. */
  memory_usage(): { used_bytes: number; peak_bytes: number; limit_bytes: number };
  /** Calls a function with the arguments of a list and counts what each function spends; fuel is the unit, the same on every run. */
  performanceProfile(fn: (...args: any[]) => any, args?: readonly any[], opts?: Waiting): Promise<{ result: any; profile: { wall_ms: number; fuel: number; memory_bytes: number; functions: { name: string; file: string; line: number; self: number; total: number; calls: number }[] } }>;
  /** Calls a function with the arguments of a list and counts what each function spends; fuel is the unit, the same on every run. */
  performance_profile(fn: (...args: any[]) => any, args?: readonly any[], opts?: Waiting): Promise<{ result: any; profile: { wall_ms: number; fuel: number; memory_bytes: number; functions: { name: string; file: string; line: number; self: number; total: number; calls: number }[] } }>;
  /** The stack as text, under a label if one is given; at most `depth` frames. */
  trace(label?: string, depth?: number): string;
  /** Starts or stops a named section and tells what was spent in between, by all tasks. */
  profile(name: string, action: "start" | "stop"): { wall_ms: number; fuel: number; memory_bytes: number } | null;
  /** A value as text for people, `depth` levels deep (4). */
  dump(value: any, options?: DumpOptions): string;
  /** The condition, when it is neither false nor nothing; else ASSERTION_FAILED with the message. */
  assert(condition: any, message?: string): any;
  /** Stops in the debugger that is attached, if one is, when the condition is neither false nor nothing. */
  breakpoint(condition?: any, opts?: Waiting): Promise<void>;
}

/** Errors as values, and what to do about them: retries, circuit breakers, fallbacks. */
interface ErrorsModule {
  /** An error with a code. One of the script's own codes is kept in `details.code` of a SCRIPT_ERROR. */
  new(code: string, message: string, details?: Record<string, any>): SpellError;
  /** The error with what it happened in: text before its message, or a table that joins its details. Its cause is the error. */
  wrap(error: SpellError, context: string | Record<string, any>): SpellError;
  /** What an error came from; nothing for one that came from none. */
  unwrap(error: SpellError): SpellError | null;
  /** Whether an error, or one that it came from, has this code or category. */
  isType(error: SpellError, type: string): boolean;
  /** Whether an error, or one that it came from, has this code or category. */
  is_type(error: SpellError, type: string): boolean;
  /** Where in the script an error happened, innermost first; empty for one that was never raised. */
  getStack(error: SpellError): { fn?: string; file: string; line: number }[];
  /** Where in the script an error happened, innermost first; empty for one that was never raised. */
  get_stack(error: SpellError): { fn?: string; file: string; line: number }[];
  /** One error of several, the first outermost; each is the cause of the one before. */
  chain(errors: readonly SpellError[]): SpellError;
  /** What kind of error it is, whether it may pass by itself, and how bad it is. */
  categorize(error: SpellError): { category: "validation" | "network" | "auth" | "rate_limit" | "timeout" | "resource" | "script" | "internal"; retryable: boolean; severity: "info" | "warning" | "error"; recovery: "retry" | "fallback" | "propagate" | "ignore" };
  /** Tells of an error in the log, as the event `error.reported` and in the metric `errors_reported_total`; returns the id of the event, which the log has as well. */
  report(error: SpellError, context?: Record<string, any>): string;
  /** One error for several that happened beside each other; `details` has each, and their number by category. */
  aggregate(errors: readonly SpellError[]): SpellError;
  /** Calls a function; `catch` gets its error and gives the result in its place; `finally` is called last, whatever happened. */
  try(fn: (...args: any[]) => any, catch_?: (...args: any[]) => any, finally_?: (...args: any[]) => any, opts?: Waiting): Promise<any>;
  /** Calls a function until it ends well, waiting in between; by default 3 attempts, after 500 ms and then twice as long each time. Without `retry_if` it does not try again what cannot pass: wrong use, missing powers, limits. The last error tells the number of `attempts`. */
  retry(fn: (...args: any[]) => any, options?: RetryOptions, opts?: Waiting): Promise<any>;
  /** A function that calls another one until it has failed too often (5 times in a row); then CIRCUIT_OPEN without a call, until `reset` (30s) has passed and a trial works. A name stands for the same breaker throughout the run. */
  circuitBreaker(fn: (...args: any[]) => any, config?: BreakerConfig): (...args: any[]) => any;
  /** A function that calls another one until it has failed too often (5 times in a row); then CIRCUIT_OPEN without a call, until `reset` (30s) has passed and a trial works. A name stands for the same breaker throughout the run. */
  circuit_breaker(fn: (...args: any[]) => any, config?: BreakerConfig): (...args: any[]) => any;
  /** Calls a function; when it fails, the fallback is called with its error, or is the result itself. */
  fallback(primary: (...args: any[]) => any, fallback: any, opts?: Waiting): Promise<any>;
}

/** Events of the run: emitting, hearing, filtering, recording, replaying and counting them. */
interface EventsModule {
  /** Emits an event: emit(type, data?, opts?) or emit{type=, data=}; its id. Handlers run after the current call returns to the loop. */
  emit(event: string | EventInput, data?: any, opts?: EmitOptions): string;
  /** As emit, but ends when all handlers of all events so far are done; not to be waited for by a handler. */
  emitAsync(event: string | EventInput, data?: any, opts?: EmitOptions & Waiting): Promise<string>;
  /** As emit, but ends when all handlers of all events so far are done; not to be waited for by a handler. */
  emit_async(event: string | EventInput, data?: any, opts?: EmitOptions & Waiting): Promise<string>;
  /** Calls the handler with each event of a pattern, where * is one word and ** any number of them, or of a filter; the id of the subscription. Lower priorities come first. */
  on(pattern: string | EventFilter | EventFilterSpec, handler: (...args: any[]) => any, opts?: ListenOptions): string;
  /** As on, for one event; the subscription is gone before the handler runs. */
  once(pattern: string | EventFilter | EventFilterSpec, handler: (...args: any[]) => any): string;
  /** Ends a subscription by its id, or all with this pattern, with `handler` only those of this function; how many. What still waited for them is dropped. */
  off(patternOrSubId: string, handler?: (...args: any[]) => any): number;
  /** The subscriptions of this run, oldest first; `count` are the events they have had. */
  listSubscriptions(): { id: string; pattern: string; priority: number; paused: boolean; count: number }[];
  /** The subscriptions of this run, oldest first; `count` are the events they have had. */
  list_subscriptions(): { id: string; pattern: string; priority: number; paused: boolean; count: number }[];
  /** Has events pass a subscription by until it is resumed. */
  pauseHandler(subId: string): void;
  /** Has events pass a subscription by until it is resumed. */
  pause_handler(subId: string): void;
  /** Ends the pause of a subscription. */
  resumeHandler(subId: string): void;
  /** Ends the pause of a subscription. */
  resume_handler(subId: string): void;
  /** How often a handler was called and failed, how long it took on average, and its last error. */
  getHandlerStats(subId: string): { calls: number; errors: number; dropped: number; avg_ms: number; last_error?: SpellError };
  /** How often a handler was called and failed, how long it took on average, and its last error. */
  get_handler_stats(subId: string): { calls: number; errors: number; dropped: number; avg_ms: number; last_error?: SpellError };
  /** Moves a subscription; lower priorities come first. */
  setPriority(subId: string, priority: number | "critical" | "high" | "normal" | "low"): void;
  /** Moves a subscription; lower priorities come first. */
  set_priority(subId: string, priority: number | "critical" | "high" | "normal" | "low"): void;
  /** A filter to use again, of all that is named: {pattern, source, severity, time_range, where = {{field = "data.sum", op = "gt", value = 1}}, predicate}. Operators: eq, ne, gt, gte, lt, lte, in, contains, exists, matches. */
  filtersCreate(spec: EventFilterSpec, opts?: Waiting): Promise<EventFilter>;
  /** A filter to use again, of all that is named: {pattern, source, severity, time_range, where = {{field = "data.sum", op = "gt", value = 1}}, predicate}. Operators: eq, ne, gt, gte, lt, lte, in, contains, exists, matches. */
  filters_create(spec: EventFilterSpec, opts?: Waiting): Promise<EventFilter>;
  /** A filter of others: all of them, one of them, or none. */
  filtersCreateComposite(filters: readonly (EventFilter | string | EventFilterSpec)[], op: "and" | "or" | "not"): EventFilter;
  /** A filter of others: all of them, one of them, or none. */
  filters_create_composite(filters: readonly (EventFilter | string | EventFilterSpec)[], op: "and" | "or" | "not"): EventFilter;
  /** Writes every event to the log of the run, at this level (info). */
  enableLogging(level?: "debug" | "info" | "warn" | "error"): void;
  /** Writes every event to the log of the run, at this level (info). */
  enable_logging(level?: "debug" | "info" | "warn" | "error"): void;
  /** Ends what enable_logging began. */
  disableLogging(): void;
  /** Ends what enable_logging began. */
  disable_logging(): void;
  /** The types of events that the framework tells, and those that this spell has emitted, in order. */
  getTypes(): string[];
  /** The types of events that the framework tells, and those that this spell has emitted, in order. */
  get_types(): string[];
  /** The latest events, oldest first, since a function of this module was first used; at most 10000. */
  getHistory(query?: EventQuery): Event[];
  /** The latest events, oldest first, since a function of this module was first used; at most 10000. */
  get_history(query?: EventQuery): Event[];
  /** Forgets the events of a pattern, all by default; how many. */
  clearHistory(pattern?: string): number;
  /** Forgets the events of a pattern, all by default; how many. */
  clear_history(pattern?: string): number;
  /**
   * Begins to keep events of a pattern, the latest `max` (10000) and 4 MB of them, for so long; the id. With `file` they are written there, a line of JSON each, when it is stopped.
   * May need `file.write` (the file).
   */
  recordingStart(opts?: RecordingOptions & Waiting): Promise<string>;
  /**
   * Begins to keep events of a pattern, the latest `max` (10000) and 4 MB of them, for so long; the id. With `file` they are written there, a line of JSON each, when it is stopped.
   * May need `file.write` (the file).
   */
  recording_start(opts?: RecordingOptions & Waiting): Promise<string>;
  /**
   * Ends a recording, the latest one by default. It can be replayed by its id.
   * May need `file.write` (the file).
   */
  recordingStop(recordingId?: string, opts?: Waiting): Promise<{ id: string; count: number; dropped: number; file?: string }>;
  /**
   * Ends a recording, the latest one by default. It can be replayed by its id.
   * May need `file.write` (the file).
   */
  recording_stop(recordingId?: string, opts?: Waiting): Promise<{ id: string; count: number; dropped: number; file?: string }>;
  /** Whether a recording is under way. */
  recordingIsRecording(): boolean;
  /** Whether a recording is under way. */
  recording_is_recording(): boolean;
  /**
   * Emits events again, with `replay` set: those of a recording, a file ({file=}), or the history ({pattern=, since=, limit=}); the id. Their distances in time are divided by `speed` (1; 0 for none); with `wait` it ends when the replay has.
   * May need `file.read` (the file).
   */
  replayStart(recordingOrQuery: string | { file: string } | EventQuery, opts?: ReplayOptions & Waiting): Promise<string>;
  /**
   * Emits events again, with `replay` set: those of a recording, a file ({file=}), or the history ({pattern=, since=, limit=}); the id. Their distances in time are divided by `speed` (1; 0 for none); with `wait` it ends when the replay has.
   * May need `file.read` (the file).
   */
  replay_start(recordingOrQuery: string | { file: string } | EventQuery, opts?: ReplayOptions & Waiting): Promise<string>;
  /** Holds a replay, the latest one by default; the time in between does not count. */
  replayPause(replayId?: string): void;
  /** Holds a replay, the latest one by default; the time in between does not count. */
  replay_pause(replayId?: string): void;
  /** Lets a held replay go on. */
  replayResume(replayId?: string): void;
  /** Lets a held replay go on. */
  replay_resume(replayId?: string): void;
  /** Ends a replay, the latest one by default; how many events it has emitted. */
  replayStop(replayId?: string): { replayed: number };
  /** Ends a replay, the latest one by default; how many events it has emitted. */
  replay_stop(replayId?: string): { replayed: number };
  /** Begins to count events: a figure of the field, e.g. data.ms, of those of a pattern, within a window of time or since now; the id. */
  aggregationCreate(type: "count" | "sum" | "average" | "rate" | "min" | "max", config?: AggregationConfig): string;
  /** Begins to count events: a figure of the field, e.g. data.ms, of those of a pattern, within a window of time or since now; the id. */
  aggregation_create(type: "count" | "sum" | "average" | "rate" | "min" | "max", config?: AggregationConfig): string;
  /** What an aggregation has counted: `value` is the figure that it was made for, `rate` is per second; the same per step of its window. */
  aggregationGetData(aggId: string): { type: string; value?: number; count: number; sum: number; average?: number; min?: number; max?: number; rate: number; buckets: { start: number; count: number; sum: number; average?: number; min?: number; max?: number }[] };
  /** What an aggregation has counted: `value` is the figure that it was made for, `rate` is per second; the same per step of its window. */
  aggregation_get_data(aggId: string): { type: string; value?: number; count: number; sum: number; average?: number; min?: number; max?: number; rate: number; buckets: { start: number; count: number; sum: number; average?: number; min?: number; max?: number }[] };
}

/** Hooks: functions that see, change or stop what agents, models, tools and workflows of the run do. What one throws ends the operation. */
interface HooksModule {
  /** Calls fn(ctx) before an operation: agent, model, tool, workflow, workflow.step, memory.save, memory.load, or one that is triggered by hand. It returns nothing, {data = …} or its changed ctx, or {stop = true, result = …, reason = …}; the id. */
  before(point: string, fn: (...args: any[]) => any, opts?: HookOptions): string;
  /** Calls fn(ctx) after an operation; ctx.data is its result, which {data = …} or {result = …} replaces. */
  after(point: string, fn: (...args: any[]) => any, opts?: HookOptions): string;
  /** Calls fn(ctx, proceed) around an operation: proceed(data?) does the hooks inside and the operation, and may be called again or not at all. What it returns is the result; nothing leaves it as it is. */
  around(point: string, fn: (...args: any[]) => any, opts?: HookOptions): string;
  /** Puts a function in its place by type: a point such as tool.before, or pre, post, around, error of the operations in opts.operations (all). */
  register(type: string, fn: (...args: any[]) => any, priorityOrOpts?: number | "highest" | "critical" | "high" | "normal" | "low" | "lowest" | RegisterOptions): string;
  /** Puts fn(ctx, next) around every kind of operation, or what the framework has: logging, error_handling, caching, transformation, validation, metrics, tracing, rate_limit, with their settings in opts. */
  use(middleware: ((...args: any[]) => any) | "logging" | "error_handling" | "caching" | "transformation" | "validation" | "metrics" | "tracing" | "rate_limit", opts?: Record<string, any> & Waiting): Promise<string>;
  /** A condition for opts.filter, of all that is named (op: and, or, not): {points, names, rate = {limit, window}, metadata, time_window = {from, until}, predicate}. */
  filter(spec: HookFilterSpec): HookFilter;
  /** Takes a hook away; whether it was there. */
  unregister(hookId: string): boolean;
  /** Has a disabled hook called again. */
  enable(hookId: string): void;
  /** Has a hook passed over; it stays in its place. */
  disable(hookId: string): void;
  /** The hooks of this script in the order of their calls, or those of a type: a point, an operation, a phase or a name; or {type=, enabled=}. */
  list(filter?: string | { type?: string; enabled?: boolean }): HookInfo[];
  /** What is known of a hook. */
  get(hookId: string): HookInfo;
  /** Moves a hook: lower priorities come first, from highest (-1000) to lowest (1000). */
  setPriority(hookId: string, priority: number | "highest" | "critical" | "high" | "normal" | "low" | "lowest"): void;
  /** Moves a hook: lower priorities come first, from highest (-1000) to lowest (1000). */
  set_priority(hookId: string, priority: number | "highest" | "critical" | "high" | "normal" | "low" | "lowest"): void;
  /** Attaches a table to a hook, in the place of the one it has. */
  setMetadata(hookId: string, metadata: Record<string, any>): void;
  /** Attaches a table to a hook, in the place of the one it has. */
  set_metadata(hookId: string, metadata: Record<string, any>): void;
  /** The table that is attached to a hook. */
  getMetadata(hookId: string): Record<string, any>;
  /** The table that is attached to a hook. */
  get_metadata(hookId: string): Record<string, any>;
  /** Calls the hooks of a point, or those before, around and after an operation or a name of your own, by hand; what they made of the data, and each change. */
  trigger(type: string, data?: any, opts?: Waiting): Promise<{ data: any; stopped: boolean; reason?: string; results: { hook: string; data: any }[] }>;
  /** One hook of several at the same point, one after the other; it ends when one stops. They are no longer called by themselves. */
  chain(hookIds: readonly string[]): string;
  /** One hook of several at the same point: sequential; parallel, where the first that stops counts or else the last change; or first, until one decides anything. */
  compose(hookIds: readonly string[], mode?: "sequential" | "parallel" | "first"): string;
  /** Changes by fn(data) the data that another hook, or each there is now of a type, is given (before) or returns (after), or takes its place (replace); the id. */
  intercept(hookIdOrType: string, kind: "before" | "after" | "replace", fn: (...args: any[]) => any): string;
  /** How often a hook, or all of this script, were called and failed, and how long they took on average. */
  stats(hookId?: string): { calls: number; errors: number; avg_ms: number };
  /** Takes all hooks of a type away that this script has put in place; how many. */
  clear(type: string): number;
  /** Takes all hooks of this script away; how many. */
  clearAll(): number;
  /** Takes all hooks of this script away; how many. */
  clear_all(): number;
  /** The points where hooks can be, beside those that a script names itself. */
  getTypes(): string[];
  /** The points where hooks can be, beside those that a script names itself. */
  get_types(): string[];
}

/** Asking language models: completions, conversations, several models at once, texts of the right length. */
interface LlmModule {
  /**
   * One completion by the configured model, or by opts.provider and opts.model.
   * Needs `model` (the model, as provider:model).
   */
  generate(prompt: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * The text of one completion.
   * Needs `model` (the model, as provider:model).
   */
  quickPrompt(prompt: string, opts?: GenerateOptions & Waiting): Promise<string>;
  /**
   * The text of one completion.
   * Needs `model` (the model, as provider:model).
   */
  quick_prompt(prompt: string, opts?: GenerateOptions & Waiting): Promise<string>;
  /**
   * A completion of a conversation: a list of messages, or a table with messages and options.
   * Needs `model` (the model, as provider:model).
   */
  chat(messages: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * A completion whose pieces are passed to the callback as they arrive; when the callback returns false, what it has had is the answer, with the finish_reason `other`. Without a callback a Stream, to loop over: `for piece in llm.stream(…) do`, in JavaScript `for await (const piece of await llm.stream(…))`.
   * Needs `model` (the model, as provider:model).
   */
  stream(prompt: string | readonly Message[] | GenerateRequest, callback: (...args: any[]) => any, opts?: GenerateOptions & Waiting): Promise<Response>;
  stream(callback: (...args: any[]) => any, opts?: GenerateOptions & Waiting): Promise<Response>;
  stream(prompt: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Stream>;
  /**
   * A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear().
   * Needs `model` (the model, as provider:model).
   */
  chatSession(systemPrompt?: string | GenerateOptions, opts?: GenerateOptions): Conversation;
  /**
   * A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear().
   * Needs `model` (the model, as provider:model).
   */
  chat_session(systemPrompt?: string | GenerateOptions, opts?: GenerateOptions): Conversation;
  /**
   * Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. With `stop_on_error` a failure ends the others.
   * Needs `model` (the model, as provider:model).
   */
  batchProcess(prompts: readonly (string | readonly Message[] | GenerateRequest)[], opts?: BatchOptions & Waiting): Promise<{ ok: boolean; value?: Response; error?: SpellError }[]>;
  /**
   * Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. With `stop_on_error` a failure ends the others.
   * Needs `model` (the model, as provider:model).
   */
  batch_process(prompts: readonly (string | readonly Message[] | GenerateRequest)[], opts?: BatchOptions & Waiting): Promise<{ ok: boolean; value?: Response; error?: SpellError }[]>;
  /**
   * Makes a provider, a pool or a model the default of this run; with `config`, which has a `type`, it is made first.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  useProvider(name: string, config?: ProviderConfig): ProviderInfo;
  /**
   * Makes a provider, a pool or a model the default of this run; with `config`, which has a `type`, it is made first.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  use_provider(name: string, config?: ProviderConfig): ProviderInfo;
  /**
   * Asks several providers or models the same at the same time; who fails does not stop the others. Costs are in USD, where prices are known.
   * Needs `model` (the model, as provider:model).
   */
  compareProviders(prompt: string | readonly Message[] | GenerateRequest, providers: readonly string[], opts?: GenerateOptions & Waiting): Promise<{ model: string; provider: string; response?: Response; error?: SpellError; latency_ms: number; usage?: Usage; cost?: number }[]>;
  /**
   * Asks several providers or models the same at the same time; who fails does not stop the others. Costs are in USD, where prices are known.
   * Needs `model` (the model, as provider:model).
   */
  compare_providers(prompt: string | readonly Message[] | GenerateRequest, providers: readonly string[], opts?: GenerateOptions & Waiting): Promise<{ model: string; provider: string; response?: Response; error?: SpellError; latency_ms: number; usage?: Usage; cost?: number }[]>;
  /**
   * Asks one provider or model after the other until one answers; `attempts` of the answer says why others did not. When none does, the error AGGREGATE has every failure.
   * Needs `model` (the model, as provider:model).
   */
  fallbackChain(providers: readonly string[], prompt: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * Asks one provider or model after the other until one answers; `attempts` of the answer says why others did not. When none does, the error AGGREGATE has every failure.
   * Needs `model` (the model, as provider:model).
   */
  fallback_chain(providers: readonly string[], prompt: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /** What a call costs at the list price of its model, in USD: of `prompt` or `tokens_in`, and `tokens_out`. */
  costEstimate(operation: string | Operation, model: string, opts?: Waiting): Promise<{ input: number; output: number; total: number; currency: string; tokens_in: number; tokens_out: number }>;
  /** What a call costs at the list price of its model, in USD: of `prompt` or `tokens_in`, and `tokens_out`. */
  cost_estimate(operation: string | Operation, model: string, opts?: Waiting): Promise<{ input: number; output: number; total: number; currency: string; tokens_in: number; tokens_out: number }>;
  /** Fills in a template in the language Liquid, e.g. `Dear {{ name }}`; a variable that is missing is an error. Values add no instruction to the template. */
  formatPrompt(template: string, vars?: Record<string, any>, opts?: Waiting): Promise<string>;
  /** Fills in a template in the language Liquid, e.g. `Dear {{ name }}`; a variable that is missing is an error. Values add no instruction to the template. */
  format_prompt(template: string, vars?: Record<string, any>, opts?: Waiting): Promise<string>;
  /** The tokens of a text or of messages by the tokenizer of OpenAI's models; an estimate for the models of others. */
  countTokens(text: string | readonly Message[], model?: string, opts?: Waiting): Promise<number>;
  /** The tokens of a text or of messages by the tokenizer of OpenAI's models; an estimate for the models of others. */
  count_tokens(text: string | readonly Message[], model?: string, opts?: Waiting): Promise<number>;
  /** Splits a text into pieces of at most so many tokens, between paragraphs, sentences or words where that is possible. Without `overlap` the pieces joined are the text. */
  splitMessage(text: string, maxTokens: number, opts?: SplitOptions & Waiting): Promise<string[]>;
  /** Splits a text into pieces of at most so many tokens, between paragraphs, sentences or words where that is possible. Without `overlap` the pieces joined are the text. */
  split_message(text: string, maxTokens: number, opts?: SplitOptions & Waiting): Promise<string[]>;
  /**
   * Several providers or models as one, which is asked as `pool:name` or by its name. A call is answered by the first that can, in the order of the strategy; fastest_first asks all and takes the first answer, consensus the most frequent one.
   * Needs `provider` (the pool).
   * May need `model` (each model in it).
   */
  poolCreate(name: string, providers: readonly (string | PoolMember)[], strategy?: "failover" | "round_robin" | "random" | "weighted" | "least_used" | "fastest" | "fastest_first" | "consensus", config?: PoolOptions): PoolInfo;
  /**
   * Several providers or models as one, which is asked as `pool:name` or by its name. A call is answered by the first that can, in the order of the strategy; fastest_first asks all and takes the first answer, consensus the most frequent one.
   * Needs `provider` (the pool).
   * May need `model` (each model in it).
   */
  pool_create(name: string, providers: readonly (string | PoolMember)[], strategy?: "failover" | "round_robin" | "random" | "weighted" | "least_used" | "fastest" | "fastest_first" | "consensus", config?: PoolOptions): PoolInfo;
  /** A pool. */
  poolGet(name: string): PoolInfo;
  /** A pool. */
  pool_get(name: string): PoolInfo;
  /** Every pool. */
  poolList(): PoolInfo[];
  /** Every pool. */
  pool_list(): PoolInfo[];
  /**
   * Removes a pool.
   * Needs `provider` (the pool).
   */
  poolRemove(name: string): boolean;
  /**
   * Removes a pool.
   * Needs `provider` (the pool).
   */
  pool_remove(name: string): boolean;
  /**
   * One completion by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  poolGenerate(name: string, prompt: string, opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * One completion by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  pool_generate(name: string, prompt: string, opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * A completion of a conversation by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  poolGenerateMessage(name: string, messages: readonly Message[], opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * A completion of a conversation by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  pool_generate_message(name: string, messages: readonly Message[], opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * A completion by a pool whose pieces are passed to the callback; when that returns false, what it has had is the answer.
   * Needs `model` (pool:NAME, or each of its models).
   */
  poolStream(name: string, prompt: string, callback: (...args: any[]) => any, opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * A completion by a pool whose pieces are passed to the callback; when that returns false, what it has had is the answer.
   * Needs `model` (pool:NAME, or each of its models).
   */
  pool_stream(name: string, prompt: string, callback: (...args: any[]) => any, opts?: GenerateOptions & Waiting): Promise<Response>;
  /** Whether the members of a pool can be asked: `status` is healthy, degraded (some cannot) or down. */
  poolGetHealth(name: string): { status: "healthy" | "degraded" | "down"; providers: string[] };
  /** Whether the members of a pool can be asked: `status` is healthy, degraded (some cannot) or down. */
  pool_get_health(name: string): { status: "healthy" | "degraded" | "down"; providers: string[] };
  /** The health of each member of a pool by its model, as {healthy, state, failures, last_error?}; `failures` are those in a row. */
  poolGetProviderHealth(name: string): Record<string, any>;
  /** The health of each member of a pool by its model, as {healthy, state, failures, last_error?}; `failures` are those in a row. */
  pool_get_provider_health(name: string): Record<string, any>;
  /** What a pool did since the start or the last reset; each member by its model, as {requests, failures, active, avg_ms?}. */
  poolGetMetrics(name: string): { requests: number; failures: number; by_provider: Record<string, any> };
  /** What a pool did since the start or the last reset; each member by its model, as {requests, failures, active, avg_ms?}. */
  pool_get_metrics(name: string): { requests: number; failures: number; by_provider: Record<string, any> };
  /**
   * Sets the counters of a pool to zero.
   * Needs `provider` (the pool).
   */
  poolResetMetrics(name: string): void;
  /**
   * Sets the counters of a pool to zero.
   * Needs `provider` (the pool).
   */
  pool_reset_metrics(name: string): void;
}

/** Structured logging; lines go to the host's log, or to a file, not to the spell's output. */
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
  /** A logger whose lines all have these fields. */
  withContext(context: Record<string, any>): Logger;
  /** A logger whose lines all have these fields. */
  with_context(context: Record<string, any>): Logger;
  /** The logger of a component, with a level of its own if one is given. */
  createLogger(component: string, level?: "debug" | "info" | "warn" | "error"): Logger;
  /** The logger of a component, with a level of its own if one is given. */
  create_logger(component: string, level?: "debug" | "info" | "warn" | "error"): Logger;
  /** How lines look from here on: "text", "json", or what a function makes of `{time, level, message, context}`; when that fails, JSON. Without one as the host likes it. */
  setFormatter(formatter?: "text" | "json" | ((...args: any[]) => any)): void;
  /** How lines look from here on: "text", "json", or what a function makes of `{time, level, message, context}`; when that fails, JSON. Without one as the host likes it. */
  set_formatter(formatter?: "text" | "json" | ((...args: any[]) => any)): void;
  /** Leaves out lines below a level, of one component or of all that have none of their own. */
  setLevel(level: "debug" | "info" | "warn" | "error", component?: string): void;
  /** Leaves out lines below a level, of one component or of all that have none of their own. */
  set_level(level: "debug" | "info" | "warn" | "error", component?: string): void;
  /**
   * Where lines go: to the `file` (capability `file.write`), which is put aside as `FILE.1`, `FILE.2` … (`max_files`, 5) when it would have more than `max_bytes`; `sinks` are "host" and "file", by default both.
   * May need `file.write` (the file, and those it is put aside as).
   */
  configure(options: LogOptions, opts?: Waiting): Promise<void>;
}

/** Memories: of conversations, values to work with, and texts that are found again. A function that is given no memory uses that of the run. */
interface MemoryModule {
  /** A memory of messages. At a limit the oldest turns go, never system messages or the latest turn; max_messages is 1000 unless said. Tokens are estimated: four characters each. */
  create(config?: MemoryConfig): Memory;
  /** Forgets a memory; its handle can no longer be used. */
  destroy(m: Memory | string): boolean;
  /** The memories that this spell has made and holds. */
  list(): MemoryInfo[];
  /** Adds a message: add(m, message), or add(message) to the memory of the run. */
  add(m: Memory | string, message: Message): void;
  add(message: Message): void;
  /** Adds several messages, all or none. */
  addBatch(m: Memory | string, messages: readonly Message[]): void;
  addBatch(messages: readonly Message[]): void;
  /** Adds several messages, all or none. */
  add_batch(m: Memory | string, messages: readonly Message[]): void;
  add_batch(messages: readonly Message[]): void;
  /** The messages, oldest first; with max_tokens the latest turns that fit, with offset and limit a part of them. */
  get(m?: Memory | string | MemoryQuery, opts?: MemoryQuery): Message[];
  /** The latest n messages, oldest first. */
  getLast(m: Memory | string, n: number): Message[];
  getLast(n: number): Message[];
  /** The latest n messages, oldest first. */
  get_last(m: Memory | string, n: number): Message[];
  get_last(n: number): Message[];
  /** The messages of a role. */
  getByRole(m: Memory | string, role: "system" | "user" | "assistant" | "tool"): Message[];
  getByRole(role: "system" | "user" | "assistant" | "tool"): Message[];
  /** The messages of a role. */
  get_by_role(m: Memory | string, role: "system" | "user" | "assistant" | "tool"): Message[];
  get_by_role(role: "system" | "user" | "assistant" | "tool"): Message[];
  /** The messages that have words of a query, the best first. */
  search(m: Memory | string, query: string): { message: Message; score: number }[];
  search(query: string): { message: Message; score: number }[];
  /** Forgets everything but system messages. */
  clear(m?: Memory | string): void;
  /** Forgets the oldest turns until there are no more messages than that, or {tokens = …}; how many went. */
  truncate(m: Memory | string, limit: number | { tokens: number }): number;
  truncate(limit: number | { tokens: number }): number;
  /** How many messages, tokens (estimated) and bytes of text there are. */
  getSize(m?: Memory | string): { messages: number; tokens: number; bytes: number };
  /** How many messages, tokens (estimated) and bytes of text there are. */
  get_size(m?: Memory | string): { messages: number; tokens: number; bytes: number };
  /** How many tokens there are, estimated. */
  getTokenCount(m?: Memory | string): number;
  /** How many tokens there are, estimated. */
  get_token_count(m?: Memory | string): number;
  /** What is in a memory. */
  getStats(m?: Memory | string): MemoryInfo;
  /** What is in a memory. */
  get_stats(m?: Memory | string): MemoryInfo;
  /** Sets what is kept from now on; what is too much goes at once. */
  setLimit(m: Memory | string, limits: MemoryLimits): void;
  setLimit(limits: MemoryLimits): void;
  /** Sets what is kept from now on; what is too much goes at once. */
  set_limit(m: Memory | string, limits: MemoryLimits): void;
  set_limit(limits: MemoryLimits): void;
  /** Forgets messages without content and those that repeat the one before; how many bytes of text went. */
  optimize(m?: Memory | string): { freed: number; messages: number };
  /**
   * Lets a model summarize all but the last `keep` (2) turns; nil when there are no more. With replace the summary takes their place.
   * Needs `model` (the model, as provider:model).
   */
  summarize(m?: Memory | string | SummarizeOptions, opts?: SummarizeOptions & Waiting): Promise<string | null>;
  /** A memory as text: json has everything, text and markdown are for people. */
  export(m?: Memory | string | "json" | "text" | "markdown", opts?: "json" | "text" | "markdown"): string;
  /** Adds what export has written; how many messages. */
  import(m: Memory | string, data: string, format?: "json" | "text" | "markdown"): number;
  import(data: string, format?: "json" | "text" | "markdown"): number;
  /** A new memory with the messages of both in the order of time. */
  merge(m1: Memory | string, m2: Memory | string): Memory;
  /** An independent memory with the same messages and limits. */
  fork(m?: Memory | string): Memory;
  /** Keeps what is in a memory now; the id. A run has 100 at most. */
  snapshot(m?: Memory | string): string;
  /** Makes a memory what it was at a snapshot. */
  restore(m: Memory | string, snapshotId: string): void;
  restore(snapshotId: string): void;
  /** Keeps a value, which is JSON, under a key: of everybody (global), of the agent opts.id, or of a session (opts.id, this run by default); for opts.ttl or for the run. */
  store(key: string, value: any, opts?: MemoryStoreOptions): void;
  /** The value of a key, or nil. */
  retrieve(key: string, opts?: MemoryScope): any;
  /** Removes the value of a key; whether there was one. */
  delete(key: string, opts?: MemoryScope): boolean;
  /** The keys, or those that begin as the pattern does before its *. */
  listKeys(pattern?: string, opts?: MemoryScope): string[];
  /** The keys, or those that begin as the pattern does before its *. */
  list_keys(pattern?: string, opts?: MemoryScope): string[];
  /**
   * Keeps the memory of the run, those with a name and the working values beyond the run, under a key.
   * Needs `storage` (the key).
   */
  persist(key: string, opts?: Waiting): Promise<void>;
  /**
   * Takes in what persist has kept, in the place of what is there; memories with a name are found by it.
   * Needs `storage` (the key).
   */
  load(key: string, opts?: Waiting): Promise<void>;
  /**
   * The vector of a text, or those of several, by the configured embedding model, else by one that knows words and no meaning.
   * Needs `model` (the embedding model).
   */
  embed(text: string | readonly string[], opts?: Waiting): Promise<number[] | number[][]>;
  /**
   * Keeps a text, or a vector of your own, beyond the run; one with a known id takes its place. Metadata are texts, numbers and booleans.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  vectorStore(id: string, textOrEmbedding: string | readonly number[], metadata?: Record<string, any>, opts?: Waiting): Promise<void>;
  /**
   * Keeps a text, or a vector of your own, beyond the run; one with a known id takes its place. Metadata are texts, numbers and booleans.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  vector_store(id: string, textOrEmbedding: string | readonly number[], metadata?: Record<string, any>, opts?: Waiting): Promise<void>;
  /**
   * The k (5) that are nearest to a text or vector, by cosine similarity, best first; of those with this metadata.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  vectorSearch(query: string | readonly number[], k?: number, filter?: Record<string, any>, opts?: Waiting): Promise<{ id: string; score: number; metadata: Record<string, any>; text: string }[]>;
  /**
   * The k (5) that are nearest to a text or vector, by cosine similarity, best first; of those with this metadata.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  vector_search(query: string | readonly number[], k?: number, filter?: Record<string, any>, opts?: Waiting): Promise<{ id: string; score: number; metadata: Record<string, any>; text: string }[]>;
  /**
   * Removes what is kept under an id; whether there was any.
   * Needs `storage` (vectors).
   */
  vectorDelete(id: string, opts?: Waiting): Promise<boolean>;
  /**
   * Removes what is kept under an id; whether there was any.
   * Needs `storage` (vectors).
   */
  vector_delete(id: string, opts?: Waiting): Promise<boolean>;
}

/** Figures of the run: counters, gauges, histograms, timers. */
interface MetricsModule {
  /** How often each function of the host was called in this run, and how long that took. */
  (): { call_count: number; error_count: number; avg_ms: number; by_function: Record<string, any> };
  /** A figure that only grows; the same one for the same name and tags. */
  counter(name: string, tags?: Record<string, any>): Counter;
  /** Adds to a counter, by default 1, and tells what it stands at. */
  increment(name: string, value?: number, tags?: Record<string, any>): number;
  /** Sets a figure that goes up and down. */
  gauge(name: string, value: number, tags?: Record<string, any>): void;
  /** Observes a value, of which sum, number and distribution are kept. Buckets fit milliseconds, from 1 ms to 5 minutes. */
  histogram(name: string, value: number, tags?: Record<string, any>): void;
  /** Observes a duration; without one, starts to measure and returns a function that ends it and returns the milliseconds. */
  timer(name: string, duration?: Duration, tags?: Record<string, any>): ((...args: any[]) => any) | null;
  /** A function that does the same as another one and counts it: `NAME_calls_total`, `NAME_errors_total`, `NAME_ms`. */
  track(fn: (...args: any[]) => any, name: string): (...args: any[]) => any;
  /** Every series, or those whose name begins with the filter. */
  getAll(filter?: string): { name: string; type: "counter" | "gauge" | "histogram" | "summary"; labels: Record<string, any>; value: number; count?: number }[];
  /** Every series, or those whose name begins with the filter. */
  get_all(filter?: string): { name: string; type: "counter" | "gauge" | "histogram" | "summary"; labels: Record<string, any>; value: number; count?: number }[];
  /** All of it as text: in the format of Prometheus, or as JSON. */
  export(format?: "prometheus" | "json"): string;
}

/** What is known of models: windows, limits, what they can do, list prices; which one is right for what, and how they did here. */
interface ModelinfoModule {
  /**
   * Asks the configured providers, or one, which models they have; the catalog learns those that it does not know.
   * May need `provider` (each provider that is asked).
   */
  scan(opts?: ScanOptions & Waiting): Promise<ModelInfo[]>;
  /**
   * As scan, but tells what has changed: the models that the catalog has learned, and those that it knows and their provider no longer lists.
   * May need `provider` (each provider that is asked).
   */
  refresh(provider?: string, opts?: Waiting): Promise<{ added: string[]; removed: string[] }>;
  /** The providers whose models the catalog knows. */
  getProviders(): string[];
  /** The providers whose models the catalog knows. */
  get_providers(): string[];
  /** The models that the catalog knows, of all providers or of one. */
  getModels(provider?: string): ModelInfo[];
  /** The models that the catalog knows, of all providers or of one. */
  get_models(provider?: string): ModelInfo[];
  /** Whether a model can do something. */
  checkCapability(model: string, capability: "chat" | "streaming" | "tools" | "structured-output" | "reasoning" | "vision" | "audio" | "video" | "pdf" | "prompt-caching" | "embeddings"): boolean;
  /** Whether a model can do something. */
  check_capability(model: string, capability: "chat" | "streaming" | "tools" | "structured-output" | "reasoning" | "vision" | "audio" | "video" | "pdf" | "prompt-caching" | "embeddings"): boolean;
  /** What a model can do, or everything that can be asked of models. */
  listCapabilities(model?: string): string[];
  /** What a model can do, or everything that can be asked of models. */
  list_capabilities(model?: string): string[];
  /** Models side by side, by the names given: for each its ModelInfo, and in `has` whether it has each capability. */
  compare(models: readonly string[], capabilities?: readonly ("chat" | "streaming" | "tools" | "structured-output" | "reasoning" | "vision" | "audio" | "video" | "pdf" | "prompt-caching" | "embeddings")[]): Record<string, any>;
  /** All that is known of a model. */
  getDetails(model: string, provider?: string): ModelInfo;
  /** All that is known of a model. */
  get_details(model: string, provider?: string): ModelInfo;
  /** The best model that meets every requirement, or nil; `max_cost` is in USD, of a call of 1000 tokens in and 1000 out. */
  find(requirements: ModelNeeds): ModelInfo | null;
  /** Models in order, the best first, by price, context, output, capabilities, released or knowledge, or by several with their weights; equally good ones by id. */
  rank(criteria: string | RankWeights, models?: readonly string[]): { model: string; score: number }[];
  /** Every model of the catalog that meets all that is given; prices are in USD per million tokens. */
  filter(spec: ModelFilter): ModelInfo[];
  /** The model for a kind of work (chat, agent, code, reasoning, extraction, vision, audio, documents, summary, embeddings), why, and what else would do. */
  recommend(task: string, constraints?: ModelNeeds): { model: ModelInfo | null; reasons: string[]; alternatives: string[] };
  /** How the models that this run has asked did, or one of them, or nil if it was not asked; with `window` of the calls that ended within that time. */
  getAnalytics(model?: string, window?: Duration): ModelPerformance[] | ModelPerformance | null;
  /** How the models that this run has asked did, or one of them, or nil if it was not asked; with `window` of the calls that ended within that time. */
  get_analytics(model?: string, window?: Duration): ModelPerformance[] | ModelPerformance | null;
  /** The catalog as a text: JSON, YAML, CSV, or an OpenAPI document. */
  exportCatalog(format: "json" | "yaml" | "csv" | "openapi", opts?: Waiting): Promise<string>;
  /** The catalog as a text: JSON, YAML, CSV, or an OpenAPI document. */
  export_catalog(format: "json" | "yaml" | "csv" | "openapi", opts?: Waiting): Promise<string>;
}

/** Reading what models write: JSON in prose, tables, lists, code, and whatever a schema asks for. */
interface OutputModule {
  /** Reads text in a format, or in the likeliest that can read it; at last it is plain text. */
  parse(text: string, format?: string, opts?: Waiting): Promise<any>;
  /** The JSON value in a text, repaired where it is malformed; checked when a schema is given. `repaired` says whether it was. */
  parseJson(text: string, opts?: ParseJsonOptions & Waiting): Promise<{ value: any; repaired: boolean }>;
  /** The JSON value in a text, repaired where it is malformed; checked when a schema is given. `repaired` says whether it was. */
  parse_json(text: string, opts?: ParseJsonOptions & Waiting): Promise<{ value: any; repaired: boolean }>;
  /** Every JSON value in a text, or those that match a schema. */
  extractJson(text: string, schema?: Schema | string | Record<string, any>, opts?: Waiting): Promise<any[]>;
  /** Every JSON value in a text, or those that match a schema. */
  extract_json(text: string, schema?: Schema | string | Record<string, any>, opts?: Waiting): Promise<any[]>;
  /** What a schema asks for, found in JSON, YAML, tables or sentences, with the types of the schema. */
  extractStructured(text: string, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<any>;
  /** What a schema asks for, found in JSON, YAML, tables or sentences, with the types of the schema. */
  extract_structured(text: string, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<any>;
  /** The fenced code in a text, of one language if it is named. */
  extractCodeBlocks(text: string, lang?: string): { lang?: string; code: string }[];
  /** The fenced code in a text, of one language if it is named. */
  extract_code_blocks(text: string, lang?: string): { lang?: string; code: string }[];
  /** The blocks of a page of Markdown: headings, paragraphs, lists, tables, code. */
  extractMarkdown(text: string, opts?: Waiting): Promise<{ blocks: Record<string, any>[] }>;
  /** The blocks of a page of Markdown: headings, paragraphs, lists, tables, code. */
  extract_markdown(text: string, opts?: Waiting): Promise<{ blocks: Record<string, any>[] }>;
  /** The tables in a text. */
  extractTables(text: string): { headers: string[]; rows: string[][] }[];
  /** The tables in a text. */
  extract_tables(text: string): { headers: string[]; rows: string[][] }[];
  /** The lists in a text. */
  extractLists(text: string, opts?: Waiting): Promise<string[][]>;
  /** The lists in a text. */
  extract_lists(text: string, opts?: Waiting): Promise<string[][]>;
  /** The lines of a text like "key: value". */
  extractKeyValue(text: string): Record<string, any>;
  /** The lines of a text like "key: value". */
  extract_key_value(text: string): Record<string, any>;
  /** Reads YAML, also out of a fence. */
  parseYaml(text: string, opts?: Waiting): Promise<any>;
  /** Reads YAML, also out of a fence. */
  parse_yaml(text: string, opts?: Waiting): Promise<any>;
  /** Reads XML, also out of a fence; no entity of it is looked up anywhere. */
  parseXml(text: string, opts?: Waiting): Promise<any>;
  /** Reads XML, also out of a fence; no entity of it is looked up anywhere. */
  parse_xml(text: string, opts?: Waiting): Promise<any>;
  /** Reads CSV, also out of a fence, as a list of rows by the names of the first line. */
  parseCsv(text: string, opts?: Waiting): Promise<Record<string, any>[]>;
  /** Reads CSV, also out of a fence, as a list of rows by the names of the first line. */
  parse_csv(text: string, opts?: Waiting): Promise<Record<string, any>[]>;
  /** The likeliest format of a text, from 0 to 1. */
  detectFormat(text: string, opts?: Waiting): Promise<{ format: string; confidence: number }>;
  /** The likeliest format of a text, from 0 to 1. */
  detect_format(text: string, opts?: Waiting): Promise<{ format: string; confidence: number }>;
  /** Whether text is in a format, or data matches a schema. */
  validate(data: any, formatOrSchema: string | Schema | Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: string[] }>;
  /** The JSON in a text, mended; unchanged when it is valid. The strategy "none" or "strict" mends nothing. */
  repair(text: string, strategy?: "none" | "basic" | "aggressive" | "strict" | "lenient" | "best_effort", opts?: Waiting): Promise<string>;
  /** An answer without what is around it: thinking, phrases before and after, one fence. */
  clean(text: string): string;
  /** A template with data in it, in the language Liquid. */
  template(data: Record<string, any>, tmpl: string, opts?: Waiting): Promise<string>;
  /** The parts of a text between a delimiter. */
  split(text: string, delimiter: string): string[];
  /** Several outputs as one: texts are joined by `opts.separator`, lists follow each other, tables add their fields. */
  merge(outputs: readonly any[], opts?: MergeOptions): any;
  /** Data as text in a format. */
  format(data: any, target: "json" | "yaml" | "xml" | "csv" | "markdown", opts?: Waiting): Promise<string>;
  /** The JSON Schema of what reading a format gives. */
  getSchema(format: string): Record<string, any>;
  /** The JSON Schema of what reading a format gives. */
  get_schema(format: string): Record<string, any>;
  /** A parser of the spell: `can_parse(text)` says how likely it is, 0 to 1 or a boolean, `parse(text)` reads it. */
  registerParser(name: string, parser: Spelled<{ can_parse: (...args: any[]) => any; parse: (...args: any[]) => any }>): void;
  /** A parser of the spell: `can_parse(text)` says how likely it is, 0 to 1 or a boolean, `parse(text)` reads it. */
  register_parser(name: string, parser: Spelled<{ can_parse: (...args: any[]) => any; parse: (...args: any[]) => any }>): void;
  /** The names of the formats that `parse` knows. */
  listParsers(): string[];
  /** The names of the formats that `parse` knows. */
  list_parsers(): string[];
}

/** Promises, tasks, channels and waiting. */
interface PromiseModule {
  /** Waits without keeping other tasks from running. */
  sleep(duration: Duration, opts?: Waiting): Promise<void>;
}

/** The model providers of this run. What a spell configures stays in its run; it never sees a key, and it may send one of the environment elsewhere only when it was granted `env` for it and `network` for the address. */
interface ProviderModule {
  /**
   * Adds a provider of a type (see list_templates; `mock` has `responses`, `custom` a function `generate`), or of a table that has everything.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  create(type: string | NewProvider, name?: string, config?: NewProvider): ProviderInfo;
  /**
   * Adds a provider whose key is in the environment, where the host reads it.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own).
   */
  createFromEnvironment(type: string, name?: string): ProviderInfo;
  /**
   * Adds a provider whose key is in the environment, where the host reads it.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own).
   */
  create_from_environment(type: string, name?: string): ProviderInfo;
  /**
   * Adds a provider for tests, which says what it is told: a list of answers, one for each call, or a function that makes every answer from {prompt, messages}.
   * Needs `provider` (the provider).
   */
  createMock(name: string, responses: ((...args: any[]) => any) | (readonly (string | ((...args: any[]) => any) | MockResponse)[])): ProviderInfo;
  /**
   * Adds a provider for tests, which says what it is told: a list of answers, one for each call, or a function that makes every answer from {prompt, messages}.
   * Needs `provider` (the provider).
   */
  create_mock(name: string, responses: ((...args: any[]) => any) | (readonly (string | ((...args: any[]) => any) | MockResponse)[])): ProviderInfo;
  /**
   * Several providers as one: the fastest answer, the primary one and the others when it fails, or what most of them say.
   * Needs `provider` (its name).
   * May need `model` (each model in it).
   */
  createMulti(name: string, providers: readonly (string | PoolMember)[], strategy?: "fastest" | "primary" | "consensus", config?: PoolOptions): ProviderInfo;
  /**
   * Several providers as one: the fastest answer, the primary one and the others when it fails, or what most of them say.
   * Needs `provider` (its name).
   * May need `model` (each model in it).
   */
  create_multi(name: string, providers: readonly (string | PoolMember)[], strategy?: "fastest" | "primary" | "consensus", config?: PoolOptions): ProviderInfo;
  /**
   * Changes the configuration of a provider, or with `providers` that of several as one. What is not given is as in a new one; a key can be written and not read.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  configure(name: string, config: ProviderChange): ProviderInfo;
  /**
   * Removes a provider from this run; the offline stand-in stays.
   * Needs `provider` (the provider).
   */
  remove(name: string): boolean;
  /** One provider. */
  get(name: string): ProviderInfo;
  /** Every known provider; `filter` chooses by type, capability and whether it is configured. */
  list(filter?: ProviderFilter): ProviderInfo[];
  /** The providers whose models can do something: streaming, tools, structured-output, vision, embeddings … */
  listByCapability(capability: string): ProviderInfo[];
  /** The providers whose models can do something: streaming, tools, structured-output, vision, embeddings … */
  list_by_capability(capability: string): ProviderInfo[];
  /** The provider that answers when none is named. */
  getDefault(): string;
  /** The provider that answers when none is named. */
  get_default(): string;
  /** What the models of a provider can do. */
  getCapabilities(name: string): string[];
  /** What the models of a provider can do. */
  get_capabilities(name: string): string[];
  /** What a provider is, and what set_metadata has given it. */
  getMetadata(name: string): Record<string, any>;
  /** What a provider is, and what set_metadata has given it. */
  get_metadata(name: string): Record<string, any>;
  /**
   * Keeps data beside a provider, for this run.
   * Needs `provider` (the provider).
   */
  setMetadata(name: string, metadata: Record<string, any>): void;
  /**
   * Keeps data beside a provider, for this run.
   * Needs `provider` (the provider).
   */
  set_metadata(name: string, metadata: Record<string, any>): void;
  /**
   * The models of a provider: its own list where it has one, else those of the catalog.
   * Needs `provider` (the provider).
   */
  getModels(name: string, opts?: Waiting): Promise<ModelInfo[]>;
  /**
   * The models of a provider: its own list where it has one, else those of the catalog.
   * Needs `provider` (the provider).
   */
  get_models(name: string, opts?: Waiting): Promise<ModelInfo[]>;
  /** Requests and tokens of this program so far, of one provider or of all; `cost` is what this run has asked for, in USD, where all prices are known. */
  getUsage(name?: string): { requests: number; failed: number; tokens_in: number; tokens_out: number; cost?: number };
  /** Requests and tokens of this program so far, of one provider or of all; `cost` is what this run has asked for, in USD, where all prices are known. */
  get_usage(name?: string): { requests: number; failed: number; tokens_in: number; tokens_out: number; cost?: number };
  /** The quotas that a provider told with its last answer: `limit`, `remaining` and `resets_at` (milliseconds since 1970) of requests and tokens; nil when it told none. */
  getRateLimits(name: string): Record<string, any> | null;
  /** The quotas that a provider told with its last answer: `limit`, `remaining` and `resets_at` (milliseconds since 1970) of requests and tokens; nil when it told none. */
  get_rate_limits(name: string): Record<string, any> | null;
  /**
   * Whether a provider takes its key, or another one; asks it for its models, which costs nothing.
   * Needs `provider` (the provider).
   */
  validateApiKey(name: string, key?: string, opts?: Waiting): Promise<boolean>;
  /**
   * Whether a provider takes its key, or another one; asks it for its models, which costs nothing.
   * Needs `provider` (the provider).
   */
  validate_api_key(name: string, key?: string, opts?: Waiting): Promise<boolean>;
  /**
   * Whether a provider can be reached and takes the key.
   * Needs `provider` (the provider).
   */
  testConnection(name: string, opts?: Waiting): Promise<{ ok: boolean; latency_ms: number; error?: SpellError }>;
  /**
   * Whether a provider can be reached and takes the key.
   * Needs `provider` (the provider).
   */
  test_connection(name: string, opts?: Waiting): Promise<{ ok: boolean; latency_ms: number; error?: SpellError }>;
  /**
   * One completion by a provider, whatever the default is.
   * Needs `model` (the model, as provider:model).
   */
  generateWith(name: string, prompt: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /**
   * One completion by a provider, whatever the default is.
   * Needs `model` (the model, as provider:model).
   */
  generate_with(name: string, prompt: string | readonly Message[] | GenerateRequest, opts?: GenerateOptions & Waiting): Promise<Response>;
  /** The types of providers that can be created, and the fields that each is configured with. */
  listTemplates(): ProviderTemplate[];
  /** The types of providers that can be created, and the fields that each is configured with. */
  list_templates(): ProviderTemplate[];
  /** What a provider of a type is configured with; `env` are the variables of the environment that may have its key. */
  getTemplate(type: string): ProviderTemplate;
  /** What a provider of a type is configured with; `env` are the variables of the environment that may have its key. */
  get_template(type: string): ProviderTemplate;
  /** Whether a provider could be created with such a configuration, and what is wrong with it. */
  validateConfig(type: string, config: Record<string, any>): { valid: boolean; errors: string[] };
  /** Whether a provider could be created with such a configuration, and what is wrong with it. */
  validate_config(type: string, config: Record<string, any>): { valid: boolean; errors: string[] };
  /**
   * The providers and pools as data, as in llmspell.config.json. In the place of each secret is the name of an environment variable.
   * Needs `provider` (each that is told).
   */
  exportConfig(): Record<string, any>;
  /**
   * The providers and pools as data, as in llmspell.config.json. In the place of each secret is the name of an environment variable.
   * Needs `provider` (each that is told).
   */
  export_config(): Record<string, any>;
  /**
   * Adds or replaces every provider and pool of an exported configuration, or none of them.
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url), `provider` (each that is imported), `model` (each model of a pool).
   */
  importConfig(config: { default?: string; providers?: Record<string, any>; pools?: Record<string, any>; catalog?: readonly Record<string, any>[] }): ProviderInfo[];
  /**
   * Adds or replaces every provider and pool of an exported configuration, or none of them.
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url), `provider` (each that is imported), `model` (each model of a pool).
   */
  import_config(config: { default?: string; providers?: Record<string, any>; pools?: Record<string, any>; catalog?: readonly Record<string, any>[] }): ProviderInfo[];
}

/** Rules for what people and models say, limits, circuit breakers. */
interface SafetyModule {
  /** Checks a text by the registered rules and by those given; a rule may be a function that waits. A rule that fails blocks. */
  checkContent(content: string, rules?: readonly ContentRule[], opts?: Waiting): Promise<{ allowed: boolean; violations: { rule: string; action: "block" | "warn" | "redact"; message: string }[]; redacted?: string }>;
  /** Checks a text by the registered rules and by those given; a rule may be a function that waits. A rule that fails blocks. */
  check_content(content: string, rules?: readonly ContentRule[], opts?: Waiting): Promise<{ allowed: boolean; violations: { rule: string; action: "block" | "warn" | "redact"; message: string }[]; redacted?: string }>;
  /** Registers a rule for `check_content`; with a scope it also guards what agents of the run are told (`input`), what they answer (`output`), or `both`. */
  registerRule(rule: ContentRule): string;
  /** Registers a rule for `check_content`; with a scope it also guards what agents of the run are told (`input`), what they answer (`output`), or `both`. */
  register_rule(rule: ContentRule): string;
  /** Switches a rule on again. */
  enableRule(id: string): void;
  /** Switches a rule on again. */
  enable_rule(id: string): void;
  /** Switches a rule off. */
  disableRule(id: string): void;
  /** Switches a rule off. */
  disable_rule(id: string): void;
  /** Counts a call, if the limit of calls in the last `window` of time allows it. Calls are counted by key, limit and window. */
  rateLimit(key: string, limit: number, window: Duration): { allowed: boolean; remaining: number; reset_ms: number; retry_after_ms: number };
  /** Counts a call, if the limit of calls in the last `window` of time allows it. Calls are counted by key, limit and window. */
  rate_limit(key: string, limit: number, window: Duration): { allowed: boolean; remaining: number; reset_ms: number; retry_after_ms: number };
  /** The circuit breaker of a name, the same as of `errors.circuit_breaker`; the first use configures it. */
  circuitBreaker(name: string, config?: BreakerConfig): Breaker;
  /** The circuit breaker of a name, the same as of `errors.circuit_breaker`; the first use configures it. */
  circuit_breaker(name: string, config?: BreakerConfig): Breaker;
}

/** JSON Schemas: checking, making, changing and keeping them. */
interface SchemaModule {
  /** Checks data against a schema; says every mistake with its path. */
  validate(data: any, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; keyword: string; message: string }[] }>;
  /** As `validate`, for data that is still being filled in: nothing is required. */
  validatePartial(data: any, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; keyword: string; message: string }[] }>;
  /** As `validate`, for data that is still being filled in: nothing is required. */
  validate_partial(data: any, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; keyword: string; message: string }[] }>;
  /** The mistakes of a result, or of the latest validation, as texts. */
  getErrors(result?: { valid: boolean; errors: readonly Record<string, any>[] }): string[];
  /** The mistakes of a result, or of the latest validation, as texts. */
  get_errors(result?: { valid: boolean; errors: readonly Record<string, any>[] }): string[];
  /** A validator by name, for the keyword `x-validator`: a function of value and path that returns what is wrong, or false. */
  addCustom(name: string, fn: (...args: any[]) => any): void;
  /** A validator by name, for the keyword `x-validator`: a function of value and path that returns what is wrong, or false. */
  add_custom(name: string, fn: (...args: any[]) => any): void;
  /** Asks one validator of the spell. */
  customExecute(name: string, value: any, opts?: Waiting): Promise<{ valid: boolean; errors: string[] }>;
  /** Asks one validator of the spell. */
  custom_execute(name: string, value: any, opts?: Waiting): Promise<{ valid: boolean; errors: string[] }>;
  /** The names of the spell's validators. */
  customList(): string[];
  /** The names of the spell's validators. */
  custom_list(): string[];
  /** Data with the types that a schema wants, e.g. 42 for "42"; an error where that cannot be. */
  coerce(data: any, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<any>;
  /** A copy of the data with the defaults of a schema where it has nothing. */
  applyDefaults(data: any, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<any>;
  /** A copy of the data with the defaults of a schema where it has nothing. */
  apply_defaults(data: any, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<any>;
  /** A copy of the data without properties that a schema does not know. */
  strip(data: any, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<any>;
  /** A schema as an object, checked and compiled once. */
  create(definition: Record<string, any>, opts?: Waiting): Promise<Schema>;
  /** The same for a schema in any form. */
  compile(schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<Schema>;
  /** Forgets a schema; its handle can no longer be used. */
  destroy(schema: Schema | string): boolean;
  /** A schema as a table. */
  getInfo(schema: Schema | string | Record<string, any>): Record<string, any>;
  /** A schema as a table. */
  get_info(schema: Schema | string | Record<string, any>): Record<string, any>;
  /** A schema that data matches; of a list of samples with `opts.samples`. */
  infer(data: any, opts?: InferOptions): Record<string, any>;
  /** The schema of a type by its name: a JSON type, or one of `get_builtin_schemas`. */
  fromType(type: string): Record<string, any>;
  /** The schema of a type by its name: a JSON type, or one of `get_builtin_schemas`. */
  from_type(type: string): Record<string, any>;
  /** The names that `from_type` knows. */
  getBuiltinSchemas(): string[];
  /** The names that `from_type` knows. */
  get_builtin_schemas(): string[];
  /** A schema of short descriptions of its fields, such as `{ age = "int, min=0, required" }`. */
  fromTags(tags: Record<string, any>): Record<string, any>;
  /** A schema of short descriptions of its fields, such as `{ age = "int, min=0, required" }`. */
  from_tags(tags: Record<string, any>): Record<string, any>;
  /** A JSON Schema from its text or table, checked. */
  fromJsonSchema(schema: string | Record<string, any>, opts?: Waiting): Promise<Record<string, any>>;
  /** A JSON Schema from its text or table, checked. */
  from_json_schema(schema: string | Record<string, any>, opts?: Waiting): Promise<Record<string, any>>;
  /** One schema that wants what all of them want: merge(a, b) or merge({ a, b, … }). */
  merge(schemas: readonly (Schema | string | Record<string, any>)[] | Schema | string | Record<string, any>, other?: Schema | string | Record<string, any>): Record<string, any>;
  /** A schema with more properties, and more of them required. */
  extend(schema: Schema | string | Record<string, any>, properties: Record<string, any>, required?: readonly string[]): Record<string, any>;
  /** What is different in the second schema, and whether it breaks what the first accepted. */
  diff(a: Schema | string | Record<string, any>, b: Schema | string | Record<string, any>): { path: string; keyword: string; change: string; breaking: boolean; before?: any; after?: any }[];
  /** A schema rewritten from the inside out: `fn` gets each schema in it and returns another. */
  transform(schema: Schema | string | Record<string, any>, fn: (...args: any[]) => any): Record<string, any>;
  /** Data of an old schema in the form of a new one, by rules: { rename, remove, set }. */
  migrate(data: any, oldSchema: Schema | string | Record<string, any>, newSchema: Schema | string | Record<string, any>, rules?: MigrationRules, opts?: Waiting): Promise<any>;
  /** A schema as JSON text. */
  toJson(schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<string>;
  /** A schema as JSON text. */
  to_json(schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<string>;
  /** A schema as YAML text. */
  toYaml(schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<string>;
  /** A schema as YAML text. */
  to_yaml(schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<string>;
  /** A schema from JSON text. */
  fromJson(text: string, opts?: Waiting): Promise<Schema>;
  /** A schema from JSON text. */
  from_json(text: string, opts?: Waiting): Promise<Schema>;
  /** A schema from YAML text. */
  fromYaml(text: string, opts?: Waiting): Promise<Schema>;
  /** A schema from YAML text. */
  from_yaml(text: string, opts?: Waiting): Promise<Schema>;
  /**
   * Keeps a schema as the next version of its name, beyond the run.
   * Needs `storage` (schemas).
   */
  save(name: string, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<number>;
  /**
   * A kept schema, the newest version unless another is named.
   * Needs `storage` (schemas).
   */
  load(name: string, version?: number, opts?: Waiting): Promise<Schema>;
  /**
   * The names of kept schemas with their versions.
   * Needs `storage` (schemas).
   */
  list(opts?: Waiting): Promise<{ name: string; versions: number[] }[]>;
  /**
   * Removes a kept schema, or one version of it; whether there was one.
   * Needs `storage` (schemas).
   */
  delete(name: string, version?: number, opts?: Waiting): Promise<boolean>;
}

/** The spell that runs: its parameters and result, its parts, other spells, its surroundings. */
interface SpellModule {
  /** Says once what the spell is. Parameters it was given are checked, converted and completed; `params` holds them then. `timeout` is how long it may run from here. */
  init(config: SpellConfig, opts?: Waiting): Promise<{ name: string; version: string | null; description: string | null; params: Record<string, any> }>;
  /** A parameter of the run, checked and converted when a type is given; without a name, all of them. */
  params(name?: string, default_?: any, type?: "string" | "number" | "integer" | "boolean" | "list" | "table"): any;
  /** Sets the result of the run, in place of what the spell returns: the data as it is, or as text in the format "json", "yaml" or "text". */
  output(data: any, format?: "auto" | "json" | "yaml" | "text"): void;
  /** What is known about the run. `parent` is the run that composed it, if one did. */
  context(): { spell: string; file: string; run_id: string; engine: string; args: Record<string, any>; started_at: number; parent: string | null };
  /** How the run was set up: the settings of its host, `limits` and `capabilities`. A key such as "limits.time" gives one value. Secrets are masked. */
  config(key?: string, default_?: any): any;
  /**
   * Runs a file of the spell's folder in this spell, once, and gives what it returns. Paths that begin with ./ or ../ are relative to the file that asks.
   * Needs `module` (the path of the file).
   */
  include(path: string, opts?: Waiting): Promise<any>;
  /** Makes functions a module that the spell's files can require or import by its name; without functions, gives the module of that name. */
  library(name: string, functions?: Record<string, any>): Record<string, any>;
  /**
   * Runs spells of the spell's folder one after the other, each in a guest of its own with no more power than this one has and at its expense. A parameter `$name.field` is what an earlier one gave.
   * Needs `spell` (the path of each spell).
   */
  compose(spells: readonly (string | SpellPart)[], opts?: Waiting): Promise<{ results: Record<string, any>; final: any }>;
  /** Keeps data in this run under a key, for `ttl` milliseconds or for ever; without a value, gives what is kept. Of more than 1000 values or 8 MB what was used longest ago goes. */
  cache(key: string, value?: any, ttl?: Duration): any;
}

/** Texts. In Lua these are functions of the library `string`, and methods of texts. */
interface StringModule {
  /** A text with values in the place of `${name}` and `{{name}}`, by paths; `$$` is a dollar sign. */
  template(tmpl: string, vars: Record<string, any>, opts?: TemplateOptions): string;
  /** A text as a part of an address: `creme-brulee`. */
  slugify(text: string): string;
  /** A text of at most so many characters, the suffix included; what is seen as one character is not cut. */
  truncate(text: string, length: number, suffix?: string): string;
}

/** Tables of the spell itself. In Lua these are functions of the library `table`. */
interface TableModule {
  /** A new table with the entries of all of them; those of later ones count. */
  merge(t1: Record<string, any>, t2: Record<string, any>): Record<string, any>;
  /** A copy of a table and all that is in it; what holds itself does so in the copy, functions stay the same. */
  deepCopy(t: Record<string, any>): Record<string, any>;
  /** A copy of a table and all that is in it; what holds itself does so in the copy, functions stay the same. */
  deep_copy(t: Record<string, any>): Record<string, any>;
  /** The keys of a table, in order where all are texts. */
  keys(t: Record<string, any>): any[];
  /** The values of a table, in the order of their keys. */
  values(t: Record<string, any>): any[];
}

/** The time of day, as milliseconds since 1970. */
interface TimeModule {
  /** Milliseconds since 1970. */
  now(): number;
  /** A time as text: "iso", or a pattern of strftime; in UTC and English unless `opts` says `tz` or `locale`. */
  format(ts: number, format?: string, opts?: TimeFormatOptions): string;
  /** The time between two moments, in each unit and in words. */
  duration(start: number, end: number): { ms: number; seconds: number; minutes: number; hours: number; days: number; text: string };
}

/** Values with a version: shared, watched, merged, saved beyond the run, and the context of the run. */
interface StateModule {
  /** A state with these values, which are JSON; opts.name is its id. */
  create(initial?: Record<string, any>, opts?: StateOptions): State;
  /** A state with the same values that refuses every write after which they would not match the schema. */
  withSchema(state: State | string, schema: Record<string, any>, opts?: Waiting): Promise<State>;
  /** A state with the same values that refuses every write after which they would not match the schema. */
  with_schema(state: State | string, schema: Record<string, any>, opts?: Waiting): Promise<State>;
  /** The value at a path such as user.names[0], or the default. */
  get(state: State | string, key: string, default_?: any): any;
  /** Writes a value at a path, and tells who watches; the new version. */
  set(state: State | string, key: string, value: any): number;
  /** Whether there is a value at a path. */
  has(state: State | string, key: string): boolean;
  /** Removes what is at a path; whether there was anything. */
  deleteKey(state: State | string, key: string): boolean;
  /** Removes what is at a path; whether there was anything. */
  delete_key(state: State | string, key: string): boolean;
  /** The keys, in order. */
  keys(state: State | string): string[];
  /** Writes several values by their paths, all or none; the new version. */
  update(state: State | string, updates: Record<string, any>): number;
  /** Calls fn(new, old, key) after each change of a place, or of the keys that match a pattern such as user-*; the id. */
  watch(state: State | string, key: string, fn: (...args: any[]) => any): string;
  /** Ends a watch; whether it was there. */
  unwatch(watchId: string): boolean;
  /** A new state with the values of both. Where both have one: the last (default), the first, deep (into tables), concat (deep, with lists one after the other), or what fn(key, first, second) returns. */
  merge(s1: State | string, s2: State | string, strategy?: "last" | "first" | "deep" | "concat" | ((...args: any[]) => any)): State;
  /** All values at this moment: s.version, s.values, s.checksum (SHA-256), s.taken_at. */
  snapshot(state: State | string): Snapshot;
  /** Makes a state, a new one by default, what a snapshot says, as one new version. */
  restore(snapshot: Snapshot | string, state?: State | string): State;
  /** A new state of what fn(values), or the transform of this name, makes of the values. */
  transform(state: State | string, transformer: string | ((...args: any[]) => any)): State;
  /** A new state with the values for which fn(key, value) is true. */
  filter(state: State | string, predicate: (...args: any[]) => any): State;
  /** Checks the values against a JSON Schema. */
  validate(state: State | string, schema: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** The values as JSON, with sorted keys. */
  toJson(state: State | string): string;
  /** The values as JSON, with sorted keys. */
  to_json(state: State | string): string;
  /**
   * Keeps the values of a state beyond the run, as a new version of the key; the latest 100 are kept.
   * Needs `storage` (the key).
   */
  save(state: State | string, key: string, opts?: Waiting): Promise<{ key: string; version: number }>;
  /**
   * A state with what was saved, the newest version by default; the default when there is none or its time is over.
   * Needs `storage` (the key).
   */
  load(key: string, default_?: any, opts?: LoadOptions & Waiting): Promise<State | any>;
  /**
   * Whether something is saved at a key.
   * Needs `storage` (the key).
   */
  exists(key: string, opts?: Waiting): Promise<boolean>;
  /**
   * Removes what is saved at a key, or one version of it; whether there was any.
   * Needs `storage` (the key).
   */
  delete(key: string, version?: number, opts?: Waiting): Promise<boolean>;
  /**
   * The saved versions of a key, the newest first.
   * Needs `storage` (the key).
   */
  listVersions(key: string, opts?: Waiting): Promise<{ version: number; saved_at: number; size: number }[]>;
  /**
   * The saved versions of a key, the newest first.
   * Needs `storage` (the key).
   */
  list_versions(key: string, opts?: Waiting): Promise<{ version: number; saved_at: number; size: number }[]>;
  /**
   * Lets what is saved at a key end after a time; when, in milliseconds since 1970. Saving anew ends that.
   * Needs `storage` (the key).
   */
  expire(key: string, duration: Duration, opts?: Waiting): Promise<number>;
  /** Gives fn(values, opts), which returns new values, a name. */
  transformsRegister(name: string, fn: (...args: any[]) => any): void;
  /** Gives fn(values, opts), which returns new values, a name. */
  transforms_register(name: string, fn: (...args: any[]) => any): void;
  /** A new state of what the transform makes of the values. */
  transformsApply(name: string, state: State | string, opts?: Record<string, any>): State;
  /** A new state of what the transform makes of the values. */
  transforms_apply(name: string, state: State | string, opts?: Record<string, any>): State;
  /** A new state of what several transforms make, each of what the one before has made. */
  transformsChain(names: readonly string[], state: State | string): State;
  /** A new state of what several transforms make, each of what the one before has made. */
  transforms_chain(names: readonly string[], state: State | string): State;
  /** Whether there is a transform of this name. */
  transformsValidate(name: string): { valid: boolean; errors: string[] };
  /** Whether there is a transform of this name. */
  transforms_validate(name: string): { valid: boolean; errors: string[] };
  /** The names of all transforms: filter ({keys, prefix}), flatten ({separator}), sanitize, and your own. */
  transformsGetAvailable(): string[];
  /** The names of all transforms: filter ({keys, prefix}), flatten ({separator}), sanitize, and your own. */
  transforms_get_available(): string[];
  /** The value of a key in a context, that of the run by default, or in those around it. */
  contextGet(key: string, ctx?: Context | string): any;
  /** The value of a key in a context, that of the run by default, or in those around it. */
  context_get(key: string, ctx?: Context | string): any;
  /** Sets a key in a context; those around it do not see it. */
  contextSet(key: string, value: any, ctx?: Context | string): void;
  /** Sets a key in a context; those around it do not see it. */
  context_set(key: string, value: any, ctx?: Context | string): void;
  /** Sets several keys in a context. */
  contextMerge(data: Record<string, any>, ctx?: Context | string): void;
  /** Sets several keys in a context. */
  context_merge(data: Record<string, any>, ctx?: Context | string): void;
  /** Forgets what was set in a context itself. */
  contextClear(ctx?: Context | string): void;
  /** Forgets what was set in a context itself. */
  context_clear(ctx?: Context | string): void;
  /** A context inside another, that of the run by default, whose values it sees. */
  contextCreateShared(parent?: Context | string): Context;
  /** A context inside another, that of the run by default, whose values it sees. */
  context_create_shared(parent?: Context | string): Context;
  /** A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans. */
  contextWithInheritance(ctx: Context | string, opts: boolean | ContextInheritance, artifacts?: boolean, metadata?: boolean): Context;
  /** A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans. */
  context_with_inheritance(ctx: Context | string, opts: boolean | ContextInheritance, artifacts?: boolean, metadata?: boolean): Context;
}

/** Tests of spells: groups and cases, assertions, doubles, measurements. `llmspell test` runs what is registered. */
interface TestModule {
  /** A group of test cases: those that the function adds. Groups nest; the function must not wait. */
  describe(name: string, fn: (...args: any[]) => any): void;
  /** A test case, which has failed when the function does, or takes longer than `timeout` (5s); it may wait. With `only` on some cases, the others do not run. */
  it(name: string, fn: (...args: any[]) => any, options?: CaseOptions): void;
  /** Called before the first case of the group; when it fails, all cases of the group have. */
  beforeAll(fn: (...args: any[]) => any): void;
  /** Called before the first case of the group; when it fails, all cases of the group have. */
  before_all(fn: (...args: any[]) => any): void;
  /** Called after the last case of the group, whatever happened. */
  afterAll(fn: (...args: any[]) => any): void;
  /** Called after the last case of the group, whatever happened. */
  after_all(fn: (...args: any[]) => any): void;
  /** Called before each case of the group and of those in it. */
  beforeEach(fn: (...args: any[]) => any): void;
  /** Called before each case of the group and of those in it. */
  before_each(fn: (...args: any[]) => any): void;
  /** Called after each case of the group and of those in it, whatever happened. */
  afterEach(fn: (...args: any[]) => any): void;
  /** Called after each case of the group and of those in it, whatever happened. */
  after_each(fn: (...args: any[]) => any): void;
  /** Called when the case that runs is over, the latest first; false outside of a case, when it is not. */
  cleanup(fn: (...args: any[]) => any): boolean;
  /** Runs the cases that were added, or those whose full name (groups and case, with spaces between) has the filter in it. A failure is a result, not an error. `reporter` adds a report. */
  run(suite?: string | TestOptions, options?: TestOptions, opts?: Waiting): Promise<TestResults>;
  /** How the tests ended when they last ran. */
  getResults(): TestResults;
  /** How the tests ended when they last ran. */
  get_results(): TestResults;
  /** A report on the tests when they last ran: text, JSON, TAP 14, or XML as of JUnit. */
  generateReport(format: "text" | "json" | "tap" | "junit"): string;
  /** A report on the tests when they last ran: text, JSON, TAP 14, or XML as of JUnit. */
  generate_report(format: "text" | "json" | "tap" | "junit"): string;
  /** Ends the test case as skipped. */
  skip(reason?: string): void;
  /** Which lines of the script have run so far, when the run counts them: `llmspell test --coverage`. Counting ends with it. */
  getCoverage(): { lines: number; covered: number; percent: number; by_file: { file: string; lines: number; covered: number; percent: number; missed: number[] }[] };
  /** Which lines of the script have run so far, when the run counts them: `llmspell test --coverage`. Counting ends with it. */
  get_coverage(): { lines: number; covered: number; percent: number; by_file: { file: string; lines: number; covered: number; percent: number; missed: number[] }[] };
  /** Fails when the value is false or nothing. */
  assert(value: any, message?: string): void;
  /** Fails unless the value is true. */
  assertTrue(value: any, message?: string): void;
  /** Fails unless the value is true. */
  assert_true(value: any, message?: string): void;
  /** Fails unless the value is false. */
  assertFalse(value: any, message?: string): void;
  /** Fails unless the value is false. */
  assert_false(value: any, message?: string): void;
  /** Fails unless the value is nothing. */
  assertNil(value: any, message?: string): void;
  /** Fails unless the value is nothing. */
  assert_nil(value: any, message?: string): void;
  /** Fails when the value is nothing. */
  assertNotNil(value: any, message?: string): void;
  /** Fails when the value is nothing. */
  assert_not_nil(value: any, message?: string): void;
  /** Fails unless both values are the same in all that they hold; says what is different. */
  assertEquals(actual: any, expected: any, message?: string): void;
  /** Fails unless both values are the same in all that they hold; says what is different. */
  assert_equals(actual: any, expected: any, message?: string): void;
  /** Fails when both values are the same in all that they hold. */
  assertNotEquals(actual: any, expected: any, message?: string): void;
  /** Fails when both values are the same in all that they hold. */
  assert_not_equals(actual: any, expected: any, message?: string): void;
  /** Fails unless a text has the part, a list the item, or a table the key. */
  assertContains(haystack: any, needle: any, message?: string): void;
  /** Fails unless a text has the part, a list the item, or a table the key. */
  assert_contains(haystack: any, needle: any, message?: string): void;
  /** Fails unless the function does, with an error of this code or with this part in its message; returns the error. */
  assertError(fn: (...args: any[]) => any, expected?: string, opts?: Waiting): Promise<SpellError>;
  /** Fails unless the function does, with an error of this code or with this part in its message; returns the error. */
  assert_error(fn: (...args: any[]) => any, expected?: string, opts?: Waiting): Promise<SpellError>;
  /** Fails when the function does; returns its result. */
  assertNoError(fn: (...args: any[]) => any, message?: string, opts?: Waiting): Promise<any>;
  /** Fails when the function does; returns its result. */
  assert_no_error(fn: (...args: any[]) => any, message?: string, opts?: Waiting): Promise<any>;
  /** Fails. */
  fail(message?: string): void;
  /** Puts a function in the place of a method, until `restore()` or the end of the test case; has `original` and all that a spy has. */
  mock(object: Record<string, any>, method: string, replacement: (...args: any[]) => any): (...args: any[]) => any;
  /** A function that always returns a value, in the place of another one; has all that a spy has. */
  stub(fn?: (...args: any[]) => any, returnValue?: any): (...args: any[]) => any;
  /** A function that calls another one and remembers: `calls` (lists of arguments), `call_count`, `called_with(...)`. In Lua a table that can be called; its `fn` is the function itself. */
  spy(fn?: (...args: any[]) => any): (...args: any[]) => any;
  /** Times a function that is called `iterations` times (100), one after the other, after one call that warms up. Milliseconds; `ops` is calls a second. */
  benchmark(fn: (...args: any[]) => any, iterations?: number, opts?: Waiting): Promise<{ iterations: number; mean_ms: number; p50: number; p95: number; min_ms: number; max_ms: number; ops: number }>;
  /** Calls a function from `concurrency` sides at once (4) for a `duration` (1s), at most `rps` times a second. The calls go on beside each other where the function waits. */
  loadTest(fn: (...args: any[]) => any, config?: LoadConfig, opts?: Waiting): Promise<{ total: number; errors: number; rps: number; p50: number; p95: number }>;
  /** Calls a function from `concurrency` sides at once (4) for a `duration` (1s), at most `rps` times a second. The calls go on beside each other where the function waits. */
  load_test(fn: (...args: any[]) => any, config?: LoadConfig, opts?: Waiting): Promise<{ total: number; errors: number; rps: number; p50: number; p95: number }>;
  /** Whether a function that is called `iterations` times (10) leaves more than `max_growth` bytes (64 KiB) in use, as the engine counts it; garbage is collected before and after. */
  memoryTest(fn: (...args: any[]) => any, options?: MemoryTestOptions, opts?: Waiting): Promise<{ before: number; after: number; growth: number; leak: boolean }>;
  /** Whether a function that is called `iterations` times (10) leaves more than `max_growth` bytes (64 KiB) in use, as the engine counts it; garbage is collected before and after. */
  memory_test(fn: (...args: any[]) => any, options?: MemoryTestOptions, opts?: Waiting): Promise<{ before: number; after: number; growth: number; leak: boolean }>;
  /** A run of an agent with a scripted model, as data: `given` (agent, tools, the answers of the model), `when` (what is said), `then` (what should come of it; matchers such as `{["$contains"] = "rain"}`). */
  createScenario(definition: { name?: string; given: Record<string, any>; when: any; then?: Record<string, any> }, opts?: Waiting): Promise<Scenario>;
  /** A run of an agent with a scripted model, as data: `given` (agent, tools, the answers of the model), `when` (what is said), `then` (what should come of it; matchers such as `{["$contains"] = "rain"}`). */
  create_scenario(definition: { name?: string; given: Record<string, any>; when: any; then?: Record<string, any> }, opts?: Waiting): Promise<Scenario>;
  /** Runs a scenario, without any real model; what is not as expected is a result, not an error. */
  runScenario(scenario: Scenario | string, opts?: Waiting): Promise<{ name: string; passed: boolean; mismatches: { path: string; expected: string; actual: string }[]; report: string; turns: Record<string, any>[] }>;
  /** Runs a scenario, without any real model; what is not as expected is a result, not an error. */
  run_scenario(scenario: Scenario | string, opts?: Waiting): Promise<{ name: string; passed: boolean; mismatches: { path: string; expected: string; actual: string }[]; report: string; turns: Record<string, any>[] }>;
  /**
   * Data for a test: a copy of the table given, or the file of this name (JSON, YAML or text) in the folder `fixtures` (capability `file.read`), read anew each time.
   * May need `file.read` (fixtures/NAME).
   */
  setupFixture(fixture: string | any, opts?: Waiting): Promise<any>;
  /**
   * Data for a test: a copy of the table given, or the file of this name (JSON, YAML or text) in the folder `fixtures` (capability `file.read`), read anew each time.
   * May need `file.read` (fixtures/NAME).
   */
  setup_fixture(fixture: string | any, opts?: Waiting): Promise<any>;
}

/** Tools: defining, finding and running them. */
interface ToolsModule {
  /** Makes a tool of a function: define(name, description, schema, fn) or define{name=, description=, parameters=, execute=}. */
  define(name: string | ToolDefinition, description?: string, schema?: Record<string, any>, fn?: (...args: any[]) => any): Tool;
  /** Makes a tool step by step: builder(name):description(…):parameter(name, type, description?, required?):execute(fn):build(). */
  builder(name: string): ToolBuilder;
  /** Registers many tools, by name or as a list; those that cannot be are told, and keep no other from it. opts.prefix comes before each name. */
  registerLibrary(library: readonly any[] | Record<string, any>, opts?: LibraryOptions): { registered: string[]; failed: { name: string; error: SpellError }[] };
  /** Registers many tools, by name or as a list; those that cannot be are told, and keep no other from it. opts.prefix comes before each name. */
  register_library(library: readonly any[] | Record<string, any>, opts?: LibraryOptions): { registered: string[]; failed: { name: string; error: SpellError }[] };
  /**
   * Registers an agent as a tool with the parameter `task`; its result is the answer, as an object with opts.output.
   * Needs `model` (the model, as provider:model).
   */
  wrapAgent(agent: Agent | string, opts?: WrapToolOptions): Tool;
  /**
   * Registers an agent as a tool with the parameter `task`; its result is the answer, as an object with opts.output.
   * Needs `model` (the model, as provider:model).
   */
  wrap_agent(agent: Agent | string, opts?: WrapToolOptions): Tool;
  /** Registers a workflow as a tool with the parameter `input`; its result is the output. opts.input is the schema of the input. */
  wrapWorkflow(workflow: Workflow | string, opts?: WrapWorkflowOptions): Tool;
  /** Registers a workflow as a tool with the parameter `input`; its result is the output. opts.input is the schema of the input. */
  wrap_workflow(workflow: Workflow | string, opts?: WrapWorkflowOptions): Tool;
  /** Registers a tool that runs others one after the other, each with the result before; what is no table is given as {input=…}. */
  compose(tools: readonly (string | Tool)[], opts?: ComposeOptions): Tool;
  /** Removes a tool; true when there was one. */
  unregister(name: string): boolean;
  /** Removes every tool that the spell has made, and no other; how many. */
  clearRegistry(): number;
  /** Removes every tool that the spell has made, and no other; how many. */
  clear_registry(): number;
  /**
   * Checks the parameters against the tool's schema, asks for the powers it needs and runs it.
   * May need what the tool asks for.
   */
  execute(tool: string | Tool, params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<any>;
  /**
   * As execute, but a failure is a result: {success, result?, error?, duration_ms}.
   * May need what the tool asks for.
   */
  executeSafe(tool: string | Tool, params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /**
   * As execute, but a failure is a result: {success, result?, error?, duration_ms}.
   * May need what the tool asks for.
   */
  execute_safe(tool: string | Tool, params?: Record<string, any>, opts?: { timeout?: Duration } & Waiting): Promise<{ success: boolean; result?: any; error?: SpellError; duration_ms: number }>;
  /**
   * Runs tools one after the other now, each with the result before; what is no table is given as {input=…}. A failed step ends it, and is raised unless opts.stop_on_error is false.
   * May need what the tool asks for.
   */
  pipeline(tools: readonly (string | Tool)[], data: any, opts?: PipelineOptions & Waiting): Promise<{ output: any; steps: { tool: string; ok: boolean; value?: any; error?: SpellError }[] }>;
  /**
   * Runs tools at the same time, at most opts.concurrency (4): all with the same parameters, or each with its own in a list; results in order.
   * May need what the tool asks for.
   */
  parallelExecute(tools: readonly (string | Tool)[], params: readonly Record<string, any>[] | Record<string, any>, opts?: ParallelToolsOptions & Waiting): Promise<{ ok: boolean; value?: any; error?: SpellError }[]>;
  /**
   * Runs tools at the same time, at most opts.concurrency (4): all with the same parameters, or each with its own in a list; results in order.
   * May need what the tool asks for.
   */
  parallel_execute(tools: readonly (string | Tool)[], params: readonly Record<string, any>[] | Record<string, any>, opts?: ParallelToolsOptions & Waiting): Promise<{ ok: boolean; value?: any; error?: SpellError }[]>;
  /** Checks parameters against a tool's schema. */
  validateParams(tool: string | Tool, params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** Checks parameters against a tool's schema. */
  validate_params(tool: string | Tool, params: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { path: string; message: string }[] }>;
  /** Looks closely at the definition of a tool without registering it: what is wrong with it, and what could be better. */
  validateDefinition(def: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: string[]; warnings: string[] }>;
  /** Looks closely at the definition of a tool without registering it: what is wrong with it, and what could be better. */
  validate_definition(def: Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: string[]; warnings: string[] }>;
  /**
   * Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words.
   * May need what the tool asks for.
   */
  testTool(tool: string | Tool, cases: readonly ToolCase[], opts?: Waiting): Promise<{ passed: number; failed: number; results: { passed: boolean; result?: any; error?: SpellError }[] }>;
  /**
   * Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words.
   * May need what the tool asks for.
   */
  test_tool(tool: string | Tool, cases: readonly ToolCase[], opts?: Waiting): Promise<{ passed: number; failed: number; results: { passed: boolean; result?: any; error?: SpellError }[] }>;
  /**
   * Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second.
   * May need what the tool asks for.
   */
  benchmarkTool(tool: string | Tool, params?: Record<string, any>, opts?: ToolBenchmarkOptions & Waiting): Promise<{ iterations: number; mean_ms: number; p50: number; p95: number; p99: number; ops: number }>;
  /**
   * Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second.
   * May need what the tool asks for.
   */
  benchmark_tool(tool: string | Tool, params?: Record<string, any>, opts?: ToolBenchmarkOptions & Waiting): Promise<{ iterations: number; mean_ms: number; p50: number; p95: number; p99: number; ops: number }>;
  /**
   * Registers a tool outside of the process. kind `process`: a program (command, args) that gets a line {tool, args} as JSON and answers with a line {result} or {error}; `http`: a url that gets the arguments as JSON; `script`: a spell (file) of the spell's folder, with the arguments as its params; `mcp`: all tools of a server (command, args or url), as a list. Nothing of it can do more than the run may: a process needs its command, a URL its host, and so do redirects.
   * May need `process` (the command), `network` (the host of the url), `spell` (the path of the script).
   */
  registerExternal(spec: ExternalTool, opts?: Waiting): Promise<Tool | Tool[]>;
  /**
   * Registers a tool outside of the process. kind `process`: a program (command, args) that gets a line {tool, args} as JSON and answers with a line {result} or {error}; `http`: a url that gets the arguments as JSON; `script`: a spell (file) of the spell's folder, with the arguments as its params; `mcp`: all tools of a server (command, args or url), as a list. Nothing of it can do more than the run may: a process needs its command, a URL its host, and so do redirects.
   * May need `process` (the command), `network` (the host of the url), `spell` (the path of the script).
   */
  register_external(spec: ExternalTool, opts?: Waiting): Promise<Tool | Tool[]>;
  /**
   * Registers the tools that files NAME.tool.json describe, in the folder `dir` below the working directory and in the folders that the variable `env` lists (LLMSPELL_TOOLS without either), those of a `category` only. What is malformed, or what the run may not use, is told in the log and keeps no other from being found.
   * May need `file.read` (the folder), `env` (the variable), what the tool asks for.
   */
  discover(source?: ToolSource, opts?: Waiting): Promise<ToolInfo[]>;
  /**
   * Writes the tools outside of the process, but those of MCP servers and of folders that a variable listed, and the statistics of all tools to a file below the working directory (tools.json); opts.encoding `binary` makes it small. A function of a spell cannot be saved.
   * Needs `file.write` (the file).
   */
  save(path?: string, opts?: SaveToolsOptions & Waiting): Promise<void>;
  /**
   * Registers the tools of such a file, as far as the run may use them, and goes on with its statistics. A file that is not there holds none.
   * Needs `file.read` (the file).
   * May need what the tool asks for.
   */
  load(path?: string, opts?: Waiting): Promise<{ loaded: number }>;
  /** Every tool of this run, or those that fit a filter: builtin, category, tags, search, and with enabled = false those that are disabled. */
  list(filter?: ToolFilter): ToolInfo[];
  /** Tools by words in name, description or tags, or by a pattern of names such as file_*. */
  search(query: string): ToolInfo[];
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
  /** A page on a tool, in Markdown. */
  getDocumentation(tool: string | Tool): string;
  /** A page on a tool, in Markdown. */
  get_documentation(tool: string | Tool): string;
  /** The categories of all tools, in order. */
  getCategories(): string[];
  /** The categories of all tools, in order. */
  get_categories(): string[];
  /** The tools of a category. */
  listByCategory(category: string): ToolInfo[];
  /** The tools of a category. */
  list_by_category(category: string): ToolInfo[];
  /** The tools that have all of these tags. */
  listByTags(tags: readonly string[]): ToolInfo[];
  /** The tools that have all of these tags. */
  list_by_tags(tags: readonly string[]): ToolInfo[];
  /** The tools that declare that they need a power. */
  listByPermission(permission: string): ToolInfo[];
  /** The tools that declare that they need a power. */
  list_by_permission(permission: string): ToolInfo[];
  /** The tools whose calls in this run took so much: at least min_calls, at most max_avg_ms on average, at most max_error_rate (0 to 1) failed. */
  listByResourceUsage(criteria: ToolUsageCriteria): ToolInfo[];
  /** The tools whose calls in this run took so much: at least min_calls, at most max_avg_ms on average, at most max_error_rate (0 to 1) failed. */
  list_by_resource_usage(criteria: ToolUsageCriteria): ToolInfo[];
  /** Makes a disabled tool visible again. */
  enable(name: string): void;
  /** Hides a tool from the spell, and from agents that are made from now on. */
  disable(name: string): void;
  /** The calls of a tool in this run, by the spell and by agents; of every tool that was called, by name, without one. */
  getMetrics(name?: string): { calls: number; errors: number; failures: Record<string, any>; avg_ms: number; max_ms: number };
  /** The calls of a tool in this run, by the spell and by agents; of every tool that was called, by name, without one. */
  get_metrics(name?: string): { calls: number; errors: number; failures: Record<string, any>; avg_ms: number; max_ms: number };
  /** How many tools there are, and of which kinds; how often tools were called in this run. */
  getRegistryStats(): { total: number; enabled: number; disabled: number; builtin: number; by_category: Record<string, any>; calls: number; errors: number };
  /** How many tools there are, and of which kinds; how often tools were called in this run. */
  get_registry_stats(): { total: number; enabled: number; disabled: number; builtin: number; by_category: Record<string, any>; calls: number; errors: number };
  /** A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}. */
  exportMcp(tool?: string | Tool): Record<string, any> | Record<string, any>[];
  /** A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}. */
  export_mcp(tool?: string | Tool): Record<string, any> | Record<string, any>[];
}

/** Spans in the sense of OpenTelemetry: what happened, inside what, for how long. */
interface TraceModule {
  /** Calls a function inside a span, which ends with it: with the status `error` when it fails. Spans that it starts are children, also after it has waited. */
  span(name: string, fn: (...args: any[]) => any, attributes?: Record<string, any>, opts?: Waiting): Promise<any>;
  /** Starts a span that `end_span` ends, by default a child of the one around. */
  startSpan(name: string, options?: SpanOptions): Span;
  /** Starts a span that `end_span` ends, by default a child of the one around. */
  start_span(name: string, options?: SpanOptions): Span;
  /** Ends a span. */
  endSpan(span: Span | string, status?: "unset" | "ok" | "error"): void;
  /** Ends a span. */
  end_span(span: Span | string, status?: "unset" | "ok" | "error"): void;
  /** Adds an event to the span around, or to the one given. */
  addEvent(name: string, attributes?: Record<string, any>, span?: Span | string): void;
  /** Adds an event to the span around, or to the one given. */
  add_event(name: string, attributes?: Record<string, any>, span?: Span | string): void;
  /** Sets an attribute of the span around, or of the one given, which may also come first. */
  setAttribute(first: Span | string, key: string, value: any, span?: Span | string): void;
  setAttribute(key: string, value: any, span?: Span | string): void;
  /** Sets an attribute of the span around, or of the one given, which may also come first. */
  set_attribute(first: Span | string, key: string, value: any, span?: Span | string): void;
  set_attribute(key: string, value: any, span?: Span | string): void;
  /** The spans of a trace that have ended, by default of the latest. */
  getTrace(traceId?: string): { trace_id: string; spans: { name: string; trace_id: string; span_id: string; parent_id?: string; kind: string; start: number; end: number; status: "unset" | "ok" | "error"; message?: string; attributes: Record<string, any>; events: { name: string; time: number; attributes: Record<string, any> }[] }[] };
  /** The spans of a trace that have ended, by default of the latest. */
  get_trace(traceId?: string): { trace_id: string; spans: { name: string; trace_id: string; span_id: string; parent_id?: string; kind: string; start: number; end: number; status: "unset" | "ok" | "error"; message?: string; attributes: Record<string, any>; events: { name: string; time: number; attributes: Record<string, any> }[] }[] };
  /** The headers of W3C Trace Context with which another program continues the trace. */
  context(): { traceparent: string; tracestate: string };
}

/** Steps in order, at the same time, in loops and on conditions; runs that can be paused, undone and continued. */
interface WorkflowModule {
  /** A workflow: create(steps, opts?), create(name, steps), or create({ steps, pattern, name, … }). */
  create(name: string, definition: (readonly (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>)[]) | Record<string, any>, opts?: WorkflowOptions): Workflow;
  create(definition: (readonly (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>)[]) | Record<string, any>, opts?: WorkflowOptions): Workflow;
  /** A workflow whose steps run in order; each gets what the one before returned. */
  sequential(steps: readonly (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>)[], opts?: WorkflowOptions): Workflow;
  /** A workflow whose steps run at the same time with the same input; outputs by step id. */
  parallel(steps: readonly (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>)[], opts?: WorkflowOptions): Workflow;
  /** A workflow that goes one of two ways: by a function, an expression (CEL), or `{ path = JSONPath }`. */
  conditional(condition: string | ((...args: any[]) => any) | Record<string, any>, thenStep: (readonly (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>)[]) | (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>), elseStep?: (readonly (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>)[]) | (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>), opts?: WorkflowOptions): Workflow;
  /** A workflow that repeats its body: `{ times = n }`, `{ while = condition }` or `{ each = list }`. Its output is the list of what each round gave. */
  loop(spec: Record<string, any>, body: (readonly (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>)[]) | (((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>), opts?: WorkflowOptions): Workflow;
  /** A step that runs a function, or source in a guest of its own, where it sees `input` and `vars`. */
  scriptStep(fnOrSource: ((...args: any[]) => any) | string, opts?: ScriptStepOptions): Record<string, any>;
  /** A step that runs a function, or source in a guest of its own, where it sees `input` and `vars`. */
  script_step(fnOrSource: ((...args: any[]) => any) | string, opts?: ScriptStepOptions): Record<string, any>;
  /** A workflow of workflows, "sequential" or "parallel"; each may be a table with `workflow` and the rules `input` and `output`. */
  compose(workflows: readonly (Workflow | string | Record<string, any>)[], composition?: "sequential" | "parallel", opts?: WorkflowOptions): Workflow;
  /** Adds a step at the end, or behind the step `opts.after`; gives its id. */
  addStep(workflow: Workflow | string, step: ((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>, opts?: AddStepOptions): string;
  /** Adds a step at the end, or behind the step `opts.after`; gives its id. */
  add_step(workflow: Workflow | string, step: ((...args: any[]) => any) | Agent | string | Workflow | Record<string, any>, opts?: AddStepOptions): string;
  /** Removes a step; an error when a rule of another one names it. */
  removeStep(workflow: Workflow | string, stepId: string): boolean;
  /** Removes a step; an error when a rule of another one names it. */
  remove_step(workflow: Workflow | string, stepId: string): boolean;
  /** The steps of a workflow as tables. */
  getSteps(workflow: Workflow | string): Record<string, any>[];
  /** The steps of a workflow as tables. */
  get_steps(workflow: Workflow | string): Record<string, any>[];
  /** What a workflow is. */
  getInfo(workflow: Workflow | string): WorkflowInfo;
  /** What a workflow is. */
  get_info(workflow: Workflow | string): WorkflowInfo;
  /** Every workflow of this run. */
  list(): WorkflowInfo[];
  /** Forgets a workflow; its handle can no longer be used. */
  destroy(workflow: Workflow | string): boolean;
  /** All problems of a workflow or a definition: wrong fields, expressions that do not compile, unknown names, cycles. */
  validate(workflow: Workflow | string | Record<string, any>, opts?: Waiting): Promise<{ valid: boolean; errors: { at: string; message: string }[]; warnings: string[] }>;
  /** A workflow as a flowchart in Mermaid, or its steps as data. */
  visualize(workflow: Workflow | string, format?: "mermaid" | "json"): any;
  /** What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves. */
  onError(workflow: Workflow | string, policy: ErrorPolicy, stepId?: string): void;
  /** What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves. */
  on_error(workflow: Workflow | string, policy: ErrorPolicy, stepId?: string): void;
  /**
   * Runs a workflow to its end. A failed step is in the result, not an error. `opts.on_step` is told of each step; with `opts.durable` a new process can go on with the run (needs `storage=workflows`).
   * May need what the tool asks for, `storage` (workflows, to keep checkpoints), `model` (the model of a step that is an agent).
   */
  run(workflow: Workflow | string, input?: any, opts?: WorkflowRunOptions & Waiting): Promise<{ status: string; output: any; steps: WorkflowStepResult[]; error: SpellError | null; compensated: string[]; run_id: string; duration_ms: number }>;
  /** Does the next step only, then pauses; nothing when there was none. The first one starts the workflow with `input`. */
  step(workflow: Workflow | string, input?: any, opts?: Waiting): Promise<WorkflowStepResult | null>;
  /** Starts no more steps; waits for those under way. */
  pause(workflow: Workflow | string, opts?: Waiting): Promise<void>;
  /** Goes on with a paused workflow to its end. */
  resume(workflow: Workflow | string, opts?: Waiting): Promise<{ status: string; output: any; steps: WorkflowStepResult[]; error: SpellError | null; compensated: string[]; run_id: string; duration_ms: number }>;
  /** Aborts the steps under way, undoes what is finished, and waits for the end. */
  cancel(workflow: Workflow | string, reason?: string, opts?: Waiting): Promise<void>;
  /** How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled". */
  getStatus(workflow: Workflow | string): { state: string; current_steps: string[]; progress: number; errors: { path: string; error: SpellError }[] };
  /** How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled". */
  get_status(workflow: Workflow | string): { state: string; current_steps: string[]; progress: number; errors: { path: string; error: SpellError }[] };
  /** What the steps gave so far, by their path. */
  getResults(workflow: Workflow | string): Record<string, any>;
  /** What the steps gave so far, by their path. */
  get_results(workflow: Workflow | string): Record<string, any>;
  /** A workflow as text; one with functions has no such form. */
  serialize(workflow: Workflow | string, format?: "json" | "yaml", opts?: Waiting): Promise<string>;
  /** The workflow that a text describes. */
  deserialize(text: string, format?: "json" | "yaml", opts?: Waiting): Promise<Workflow>;
  /**
   * Keeps a workflow by name beyond the run.
   * Needs `storage` (workflows).
   */
  repositorySave(workflow: Workflow | string, name: string, opts?: Waiting): Promise<void>;
  /**
   * Keeps a workflow by name beyond the run.
   * Needs `storage` (workflows).
   */
  repository_save(workflow: Workflow | string, name: string, opts?: Waiting): Promise<void>;
  /**
   * A workflow that was kept.
   * Needs `storage` (workflows).
   */
  repositoryLoad(name: string, opts?: Waiting): Promise<Workflow>;
  /**
   * A workflow that was kept.
   * Needs `storage` (workflows).
   */
  repository_load(name: string, opts?: Waiting): Promise<Workflow>;
  /**
   * The names of workflows that were kept.
   * Needs `storage` (workflows).
   */
  repositoryList(opts?: Waiting): Promise<string[]>;
  /**
   * The names of workflows that were kept.
   * Needs `storage` (workflows).
   */
  repository_list(opts?: Waiting): Promise<string[]>;
  /** Pauses a durable run and gives what `restore` takes; its finished steps are kept as they end. */
  checkpoint(workflow: Workflow | string, opts?: Waiting): Promise<string>;
  /**
   * A durable run of this or another process, paused; `resume` goes on with it without repeating finished steps.
   * Needs `storage` (workflows).
   */
  restore(checkpointId: string, opts?: Waiting): Promise<Workflow>;
  /**
   * The durable runs that are kept, the newest first.
   * Needs `storage` (workflows).
   */
  listCheckpoints(workflow?: Workflow | string, opts?: Waiting): Promise<{ id: string; workflow: string | null; status: string; created_at: number }[]>;
  /**
   * The durable runs that are kept, the newest first.
   * Needs `storage` (workflows).
   */
  list_checkpoints(workflow?: Workflow | string, opts?: Waiting): Promise<{ id: string; workflow: string | null; status: string; created_at: number }[]>;
}

interface Llmspell {
  /** What runs the spell. */
  info(): { name: string; version: string; api_version: string; engine: string; engine_version: string };
  /** What the engine can do. */
  features(): { async: boolean; coroutines: boolean; debugging: boolean; profiling: boolean; sandboxing: boolean; hot_reload: boolean; native_json: boolean; native_regex: boolean; snapshots: boolean; forks: boolean; bytecode: boolean; jit: boolean; workers: boolean };
  /** The names of the modules, in order. */
  modules(): string[];
  /** The documentation of a module or a function such as "agent.run"; without a name, of what there is. */
  help(name?: string): string;
  /** Calls several functions at one crossing of the door, at most `concurrency` (16) at a time; each by its name and as if called by itself. Results in the order of the calls, errors among them. */
  batch(calls: readonly BatchCall[], opts?: CallBatchOptions & Waiting): Promise<{ ok: boolean; value?: any; error?: SpellError }[]>;
  /** Keeps the results of a function without effects, at most `max` (1000) for `ttl` milliseconds. What depends on the run is forgotten whenever something may have changed. Gives whether it was not kept before. */
  memoize(fnName: string, opts?: MemoizeOptions): boolean;
  readonly agent: AgentModule;
  readonly auth: AuthModule;
  readonly crypto: CryptoModule;
  readonly data: DataModule;
  readonly debug: DebugModule;
  readonly errors: ErrorsModule;
  readonly events: EventsModule;
  readonly hooks: HooksModule;
  readonly llm: LlmModule;
  readonly log: LogModule;
  readonly memory: MemoryModule;
  readonly metrics: MetricsModule;
  readonly modelinfo: ModelinfoModule;
  readonly output: OutputModule;
  readonly promise: PromiseModule;
  readonly provider: ProviderModule;
  readonly safety: SafetyModule;
  readonly schema: SchemaModule;
  readonly spell: SpellModule;
  readonly string: StringModule;
  readonly table: TableModule;
  readonly time: TimeModule;
  readonly state: StateModule;
  readonly test: TestModule;
  readonly tools: ToolsModule;
  readonly trace: TraceModule;
  readonly workflow: WorkflowModule;
}

declare var llmspell: Llmspell;
declare var agent: AgentModule;
declare var auth: AuthModule;
declare var crypto: CryptoModule;
declare var data: DataModule;
declare var debug: DebugModule;
declare var errors: ErrorsModule;
declare var events: EventsModule;
declare var hooks: HooksModule;
declare var llm: LlmModule;
declare var log: LogModule;
declare var memory: MemoryModule;
declare var metrics: MetricsModule;
declare var modelinfo: ModelinfoModule;
declare var output: OutputModule;
declare var promise: PromiseModule;
declare var sleep: PromiseModule["sleep"];
declare var delay: PromiseModule["sleep"];
declare var provider: ProviderModule;
declare var safety: SafetyModule;
declare var schema: SchemaModule;
declare var spell: SpellModule;
declare var string: StringModule;
declare var table: TableModule;
declare var time: TimeModule;
declare var state: StateModule;
declare var test: TestModule;
declare var tools: ToolsModule;
declare var trace: TraceModule;
declare var workflow: WorkflowModule;

declare module "llmspell" {
  const all: Llmspell;
  export default all;
  export const info: Llmspell["info"];
  export const features: Llmspell["features"];
  export const modules: Llmspell["modules"];
  export const help: Llmspell["help"];
  export const batch: Llmspell["batch"];
  export const memoize: Llmspell["memoize"];
  export const agent: Llmspell["agent"];
  export const auth: Llmspell["auth"];
  export const crypto: Llmspell["crypto"];
  export const data: Llmspell["data"];
  export const debug: Llmspell["debug"];
  export const errors: Llmspell["errors"];
  export const events: Llmspell["events"];
  export const hooks: Llmspell["hooks"];
  export const llm: Llmspell["llm"];
  export const log: Llmspell["log"];
  export const memory: Llmspell["memory"];
  export const metrics: Llmspell["metrics"];
  export const modelinfo: Llmspell["modelinfo"];
  export const output: Llmspell["output"];
  export const promise: Llmspell["promise"];
  export const provider: Llmspell["provider"];
  export const safety: Llmspell["safety"];
  export const schema: Llmspell["schema"];
  export const spell: Llmspell["spell"];
  export const string: Llmspell["string"];
  export const table: Llmspell["table"];
  export const time: Llmspell["time"];
  export const state: Llmspell["state"];
  export const test: Llmspell["test"];
  export const tools: Llmspell["tools"];
  export const trace: Llmspell["trace"];
  export const workflow: Llmspell["workflow"];
}

declare module "llmspell/agent" {
  const all: AgentModule;
  export default all;
  /**
   * Makes an agent: create(config) or create(name, config). With `code_mode` (true, a language or limits) its model writes scripts that call the tools, by one tool `run_spell`.
   * Needs `model` (the model, as provider:model).
   */
  export const create: AgentModule["create"];
  /**
   * Makes an agent for a model: create_llm(model, config?).
   * Needs `model` (the model, as provider:model).
   */
  export const createLlm: AgentModule["createLlm"];
  /**
   * Makes an agent for a model: create_llm(model, config?).
   * Needs `model` (the model, as provider:model).
   */
  export const create_llm: AgentModule["create_llm"];
  /** Whether an agent could be made of a configuration, and what is wrong with it. */
  export const validateConfig: AgentModule["validateConfig"];
  /** Whether an agent could be made of a configuration, and what is wrong with it. */
  export const validate_config: AgentModule["validate_config"];
  /**
   * A new agent with the same configuration, changed by `modifications`; nothing else is shared.
   * Needs `model` (the model, as provider:model).
   */
  export const clone: AgentModule["clone"];
  /**
   * Changes the configuration of an agent between runs.
   * May need `model` (the model that it changes to).
   */
  export const configure: AgentModule["configure"];
  /** The agent with this id, or nil. */
  export const get: AgentModule["get"];
  /** Whether there is an agent with this id. */
  export const exists: AgentModule["exists"];
  /** Every agent of this run. */
  export const list: AgentModule["list"];
  /** Ends what an agent does and forgets it; its handle can no longer be used. */
  export const remove: AgentModule["remove"];
  /** What an agent is and what it has used so far. */
  export const getInfo: AgentModule["getInfo"];
  /** What an agent is and what it has used so far. */
  export const get_info: AgentModule["get_info"];
  /** What an agent has done so far. */
  export const getMetrics: AgentModule["getMetrics"];
  /** What an agent has done so far. */
  export const get_metrics: AgentModule["get_metrics"];
  /** Gives an agent one more tool. */
  export const registerTool: AgentModule["registerTool"];
  /** Gives an agent one more tool. */
  export const register_tool: AgentModule["register_tool"];
  /** Gives an agent several tools; says which could not be given. */
  export const addTools: AgentModule["addTools"];
  /** Gives an agent several tools; says which could not be given. */
  export const add_tools: AgentModule["add_tools"];
  /** Takes a tool from an agent; true when it had it. */
  export const unregisterTool: AgentModule["unregisterTool"];
  /** Takes a tool from an agent; true when it had it. */
  export const unregister_tool: AgentModule["unregister_tool"];
  /** The tools of an agent. */
  export const listTools: AgentModule["listTools"];
  /** The tools of an agent. */
  export const list_tools: AgentModule["list_tools"];
  /** A configuration by name, to make agents of. */
  export const registerTemplate: AgentModule["registerTemplate"];
  /** A configuration by name, to make agents of. */
  export const register_template: AgentModule["register_template"];
  /**
   * An agent of a template, changed by `overrides`: tables go into each other, everything else takes the place.
   * Needs `model` (the model, as provider:model).
   */
  export const createFromTemplate: AgentModule["createFromTemplate"];
  /**
   * An agent of a template, changed by `overrides`: tables go into each other, everything else takes the place.
   * Needs `model` (the model, as provider:model).
   */
  export const create_from_template: AgentModule["create_from_template"];
  /**
   * Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer, and ends the run by returning false: what it has had of the answer is all of it. `approve` decides on calls that need it, without it the run is suspended.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  export const run: AgentModule["run"];
  /**
   * Goes on with a suspended run: `decisions` has, by the id of each call that waits, true, false or `{ approve, args, reason }`.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  export const resume: AgentModule["resume"];
  /** A conversation with the agent that remembers: c:send(text), c:history(), … */
  export const conversation: AgentModule["conversation"];
  /**
   * Lets another agent do a task in the name of the first; `report_back` tells the first what came out.
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  export const delegate: AgentModule["delegate"];
  /**
   * Several agents work on a task: "sequential", "parallel", "leader" (the first leads) or "vote" (with `choices`).
   * Needs `model` (the model, as provider:model).
   * May need what the tool asks for.
   */
  export const collaborate: AgentModule["collaborate"];
  /** The status of an agent, and its data. */
  export const getState: AgentModule["getState"];
  /** The status of an agent, and its data. */
  export const get_state: AgentModule["get_state"];
  /** A value of an agent's data, by a path such as `user.names[0]`; all of it without one. */
  export const stateGet: AgentModule["stateGet"];
  /** A value of an agent's data, by a path such as `user.names[0]`; all of it without one. */
  export const state_get: AgentModule["state_get"];
  /** Sets a value of an agent's data by path, or several at once: all of them or none. */
  export const stateSet: AgentModule["stateSet"];
  /** Sets a value of an agent's data by path, or several at once: all of them or none. */
  export const state_set: AgentModule["state_set"];
  /** An agent's data, as JSON text or as a table. */
  export const stateExport: AgentModule["stateExport"];
  /** An agent's data, as JSON text or as a table. */
  export const state_export: AgentModule["state_export"];
  /** Replaces an agent's data by what `state_export` gave. */
  export const stateImport: AgentModule["stateImport"];
  /** Replaces an agent's data by what `state_export` gave. */
  export const state_import: AgentModule["state_import"];
  /** Keeps what an agent's data is now; gives what `state_load_snapshot` takes. */
  export const stateSaveSnapshot: AgentModule["stateSaveSnapshot"];
  /** Keeps what an agent's data is now; gives what `state_load_snapshot` takes. */
  export const state_save_snapshot: AgentModule["state_save_snapshot"];
  /** Makes an agent's data what it was, by the id or the name of a snapshot. */
  export const stateLoadSnapshot: AgentModule["stateLoadSnapshot"];
  /** Makes an agent's data what it was, by the id or the name of a snapshot. */
  export const state_load_snapshot: AgentModule["state_load_snapshot"];
  /** The snapshots of an agent's data. */
  export const stateListSnapshots: AgentModule["stateListSnapshots"];
  /** The snapshots of an agent's data. */
  export const state_list_snapshots: AgentModule["state_list_snapshots"];
  /** What an agent remembers with; only one that was made with `memory`. */
  export const getMemory: AgentModule["getMemory"];
  /** What an agent remembers with; only one that was made with `memory`. */
  export const get_memory: AgentModule["get_memory"];
  /** Lets an agent forget what was said. */
  export const clearMemory: AgentModule["clearMemory"];
  /** Lets an agent forget what was said. */
  export const clear_memory: AgentModule["clear_memory"];
  /** Emits an event with this agent as its source. */
  export const eventsEmit: AgentModule["eventsEmit"];
  /** Emits an event with this agent as its source. */
  export const events_emit: AgentModule["events_emit"];
  /** Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription. */
  export const eventsSubscribe: AgentModule["eventsSubscribe"];
  /** Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription. */
  export const events_subscribe: AgentModule["events_subscribe"];
  /** Ends a subscription; whether there was one. */
  export const eventsUnsubscribe: AgentModule["eventsUnsubscribe"];
  /** Ends a subscription; whether there was one. */
  export const events_unsubscribe: AgentModule["events_unsubscribe"];
  /** Begins to keep the events of one agent, the latest 10 000. */
  export const eventsStartRecording: AgentModule["eventsStartRecording"];
  /** Begins to keep the events of one agent, the latest 10 000. */
  export const events_start_recording: AgentModule["events_start_recording"];
  /** Ends a recording and gives its events. */
  export const eventsStopRecording: AgentModule["eventsStopRecording"];
  /** Ends a recording and gives its events. */
  export const events_stop_recording: AgentModule["events_stop_recording"];
  /** Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given. */
  export const eventsReplay: AgentModule["eventsReplay"];
  /** Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given. */
  export const events_replay: AgentModule["events_replay"];
  /** Begins to measure where the runs of this spell spend their time. */
  export const profilingStart: AgentModule["profilingStart"];
  /** Begins to measure where the runs of this spell spend their time. */
  export const profiling_start: AgentModule["profiling_start"];
  /** Ends a measurement and gives it. */
  export const profilingStop: AgentModule["profilingStop"];
  /** Ends a measurement and gives it. */
  export const profiling_stop: AgentModule["profiling_stop"];
  /** The latest measurement of an agent, also while it is on. */
  export const profilingGetMetrics: AgentModule["profilingGetMetrics"];
  /** The latest measurement of an agent, also while it is on. */
  export const profiling_get_metrics: AgentModule["profiling_get_metrics"];
  /** The latest measurement of an agent as text, or as data. */
  export const profilingGetReport: AgentModule["profilingGetReport"];
  /** The latest measurement of an agent as text, or as data. */
  export const profiling_get_report: AgentModule["profiling_get_report"];
  /** A hook for this agent only; see the module `hooks`. */
  export const hooksRegister: AgentModule["hooksRegister"];
  /** A hook for this agent only; see the module `hooks`. */
  export const hooks_register: AgentModule["hooks_register"];
  /** The only hook of this agent at this point. */
  export const hooksSet: AgentModule["hooksSet"];
  /** The only hook of this agent at this point. */
  export const hooks_set: AgentModule["hooks_set"];
  /** Removes a hook of this agent by its id, or all of a point. */
  export const hooksUnregister: AgentModule["hooksUnregister"];
  /** Removes a hook of this agent by its id, or all of a point. */
  export const hooks_unregister: AgentModule["hooks_unregister"];
}

declare module "llmspell/auth" {
  const all: AuthModule;
  export default all;
  /**
   * Logs somebody in by a scheme of the host (basic, bearer, api_key, oauth2, …). Tries are limited; a failure does not say what was wrong. By oauth2 it takes the {code, state} that somebody came back with from a flow which `auth.oauth_flow` has begun in this run, and keeps the tokens with the secrets, as oauth2/<provider>/<subject>.
   * Needs `auth` (login).
   * May need `network` (the host of the provider, by oauth2).
   */
  export const login: AuthModule["login"];
  /**
   * A session with new tokens for its refresh token, which is used up. One that is used twice ends the session.
   * Needs `auth` (login).
   */
  export const refreshToken: AuthModule["refreshToken"];
  /**
   * A session with new tokens for its refresh token, which is used up. One that is used twice ends the session.
   * Needs `auth` (login).
   */
  export const refresh_token: AuthModule["refresh_token"];
  /**
   * Whether a session, given whole, by its id or by its token, is still good.
   * Needs `auth` (login).
   */
  export const validateSession: AuthModule["validateSession"];
  /**
   * Whether a session, given whole, by its id or by its token, is still good.
   * Needs `auth` (login).
   */
  export const validate_session: AuthModule["validate_session"];
  /**
   * Begins an authorization code flow with PKCE: at a server that is named by its URL, with a config; or at one where the host lets people log in, by its name. `complete(code, state)` gives the tokens, once, for what the user came back with; `auth.login` by the scheme `oauth2` gives a session instead.
   * Needs `auth` (oauth).
   * May need `network` (the host of the provider).
   */
  export const oauthFlow: AuthModule["oauthFlow"];
  /**
   * Begins an authorization code flow with PKCE: at a server that is named by its URL, with a config; or at one where the host lets people log in, by its name. `complete(code, state)` gives the tokens, once, for what the user came back with; `auth.login` by the scheme `oauth2` gives a session instead.
   * Needs `auth` (oauth).
   * May need `network` (the host of the provider).
   */
  export const oauth_flow: AuthModule["oauth_flow"];
  /** What a JSON Web Token says; only with a key (a secret, a public key in PEM or a JWK) is it verified. The key decides which algorithms are possible; "none" never is. */
  export const jwtDecode: AuthModule["jwtDecode"];
  /** What a JSON Web Token says; only with a key (a secret, a public key in PEM or a JWK) is it verified. The key decides which algorithms are possible; "none" never is. */
  export const jwt_decode: AuthModule["jwt_decode"];
  /**
   * A token that is signed with the key of the host, good for `ttl` (1h).
   * Needs `auth` (tokens).
   */
  export const generateToken: AuthModule["generateToken"];
  /**
   * A token that is signed with the key of the host, good for `ttl` (1h).
   * Needs `auth` (tokens).
   */
  export const generate_token: AuthModule["generate_token"];
  /**
   * Whether a token was signed with the key of the host, and is still good.
   * Needs `auth` (tokens).
   */
  export const validateToken: AuthModule["validateToken"];
  /**
   * Whether a token was signed with the key of the host, and is still good.
   * Needs `auth` (tokens).
   */
  export const validate_token: AuthModule["validate_token"];
  /**
   * A slow, salted hash (scrypt) that says how it was made.
   * Needs `auth` (passwords).
   */
  export const hashPassword: AuthModule["hashPassword"];
  /**
   * A slow, salted hash (scrypt) that says how it was made.
   * Needs `auth` (passwords).
   */
  export const hash_password: AuthModule["hash_password"];
  /**
   * Whether it is the password of a hash, in constant time.
   * Needs `auth` (passwords).
   */
  export const verifyPassword: AuthModule["verifyPassword"];
  /**
   * Whether it is the password of a hash, in constant time.
   * Needs `auth` (passwords).
   */
  export const verify_password: AuthModule["verify_password"];
  /**
   * Keeps data encrypted (AES-256-GCM) with the key of the host; without a value, gives what is kept.
   * Needs `auth` (secrets).
   */
  export const secureStore: AuthModule["secureStore"];
  /**
   * Keeps data encrypted (AES-256-GCM) with the key of the host; without a value, gives what is kept.
   * Needs `auth` (secrets).
   */
  export const secure_store: AuthModule["secure_store"];
  /**
   * Writes what was done into a trail that can only grow: each entry is signed with the one before it. Gives its id.
   * Needs `auth` (audit).
   */
  export const auditLog: AuthModule["auditLog"];
  /**
   * Writes what was done into a trail that can only grow: each entry is signed with the one before it. Gives its id.
   * Needs `auth` (audit).
   */
  export const audit_log: AuthModule["audit_log"];
  /** Whether a user (a name, or a table with id and roles) may do something, by the policies of the host and of this run. What denies wins; what nothing allows is denied. */
  export const checkPermission: AuthModule["checkPermission"];
  /** Whether a user (a name, or a table with id and roles) may do something, by the policies of the host and of this run. What denies wins; what nothing allows is denied. */
  export const check_permission: AuthModule["check_permission"];
  /** Rules for this run. In subjects (names, or role:name), resources and actions * stands for any text; conditions are values that fields such as user.team must have. */
  export const createPolicy: AuthModule["createPolicy"];
  /** Rules for this run. In subjects (names, or role:name), resources and actions * stands for any text; conditions are values that fields such as user.team must have. */
  export const create_policy: AuthModule["create_policy"];
}

declare module "llmspell/crypto" {
  const all: CryptoModule;
  export default all;
  /** A random identifier (UUID, version 4). */
  export const uuid: CryptoModule["uuid"];
  /** The hash of text or bytes in hexadecimal; sha256 unless another is named. */
  export const hash: CryptoModule["hash"];
  /** A text of random characters, fit for secrets. */
  export const randomString: CryptoModule["randomString"];
  /** A text of random characters, fit for secrets. */
  export const random_string: CryptoModule["random_string"];
  /** Text or bytes in base64, base64url, hex or as a part of a URL. */
  export const encode: CryptoModule["encode"];
  /** What an encoded text says: text, or bytes where that is no UTF-8. */
  export const decode: CryptoModule["decode"];
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
  /** Writes data, or text in the format `from`, in the format `to`; `opts.schema` gives types to what CSV and XML hold as text. */
  export const convertFormat: DataModule["convertFormat"];
  /** Writes data, or text in the format `from`, in the format `to`; `opts.schema` gives types to what CSV and XML hold as text. */
  export const convert_format: DataModule["convert_format"];
  /** A new collection of what `fn(value, key)` returns for each element. */
  export const map: DataModule["map"];
  /** A new collection of the elements for which `fn(value, key)` is true; lists are repacked. */
  export const filter: DataModule["filter"];
  /** Folds a collection with `fn(accumulator, value, key)`; tables in sorted key order. */
  export const reduce: DataModule["reduce"];
}

declare module "llmspell/debug" {
  const all: DebugModule;
  export default all;
  /** A function that does the same as another one, and a function that gives what was recorded of its calls (the first 1000 events): `enter`, `leave` or `error`, the depth, the values as text. In JavaScript a list of the two. */
  export const traceCalls: DebugModule["traceCalls"];
  /** A function that does the same as another one, and a function that gives what was recorded of its calls (the first 1000 events): `enter`, `leave` or `error`, the depth, the values as text. In JavaScript a list of the two. */
  export const trace_calls: DebugModule["trace_calls"];
  /** Memory of the script, as the engine counts it. */
  export const memoryUsage: DebugModule["memoryUsage"];
  /** Memory of the script, as the engine counts it. */
  export const memory_usage: DebugModule["memory_usage"];
  /** Calls a function with the arguments of a list and counts what each function spends; fuel is the unit, the same on every run. */
  export const performanceProfile: DebugModule["performanceProfile"];
  /** Calls a function with the arguments of a list and counts what each function spends; fuel is the unit, the same on every run. */
  export const performance_profile: DebugModule["performance_profile"];
  /** The stack as text, under a label if one is given; at most `depth` frames. */
  export const trace: DebugModule["trace"];
  /** Starts or stops a named section and tells what was spent in between, by all tasks. */
  export const profile: DebugModule["profile"];
  /** A value as text for people, `depth` levels deep (4). */
  export const dump: DebugModule["dump"];
  /** The condition, when it is neither false nor nothing; else ASSERTION_FAILED with the message. */
  export const assert: DebugModule["assert"];
  /** Stops in the debugger that is attached, if one is, when the condition is neither false nor nothing. */
  export const breakpoint: DebugModule["breakpoint"];
}

declare module "llmspell/errors" {
  const all: ErrorsModule;
  export default all;
  /** An error with a code. One of the script's own codes is kept in `details.code` of a SCRIPT_ERROR. */
  const new_: ErrorsModule["new"];
  export { new_ as new };
  /** The error with what it happened in: text before its message, or a table that joins its details. Its cause is the error. */
  export const wrap: ErrorsModule["wrap"];
  /** What an error came from; nothing for one that came from none. */
  export const unwrap: ErrorsModule["unwrap"];
  /** Whether an error, or one that it came from, has this code or category. */
  export const isType: ErrorsModule["isType"];
  /** Whether an error, or one that it came from, has this code or category. */
  export const is_type: ErrorsModule["is_type"];
  /** Where in the script an error happened, innermost first; empty for one that was never raised. */
  export const getStack: ErrorsModule["getStack"];
  /** Where in the script an error happened, innermost first; empty for one that was never raised. */
  export const get_stack: ErrorsModule["get_stack"];
  /** One error of several, the first outermost; each is the cause of the one before. */
  export const chain: ErrorsModule["chain"];
  /** What kind of error it is, whether it may pass by itself, and how bad it is. */
  export const categorize: ErrorsModule["categorize"];
  /** Tells of an error in the log, as the event `error.reported` and in the metric `errors_reported_total`; returns the id of the event, which the log has as well. */
  export const report: ErrorsModule["report"];
  /** One error for several that happened beside each other; `details` has each, and their number by category. */
  export const aggregate: ErrorsModule["aggregate"];
  /** Calls a function; `catch` gets its error and gives the result in its place; `finally` is called last, whatever happened. */
  const try_: ErrorsModule["try"];
  export { try_ as try };
  /** Calls a function until it ends well, waiting in between; by default 3 attempts, after 500 ms and then twice as long each time. Without `retry_if` it does not try again what cannot pass: wrong use, missing powers, limits. The last error tells the number of `attempts`. */
  export const retry: ErrorsModule["retry"];
  /** A function that calls another one until it has failed too often (5 times in a row); then CIRCUIT_OPEN without a call, until `reset` (30s) has passed and a trial works. A name stands for the same breaker throughout the run. */
  export const circuitBreaker: ErrorsModule["circuitBreaker"];
  /** A function that calls another one until it has failed too often (5 times in a row); then CIRCUIT_OPEN without a call, until `reset` (30s) has passed and a trial works. A name stands for the same breaker throughout the run. */
  export const circuit_breaker: ErrorsModule["circuit_breaker"];
  /** Calls a function; when it fails, the fallback is called with its error, or is the result itself. */
  export const fallback: ErrorsModule["fallback"];
}

declare module "llmspell/events" {
  const all: EventsModule;
  export default all;
  /** Emits an event: emit(type, data?, opts?) or emit{type=, data=}; its id. Handlers run after the current call returns to the loop. */
  export const emit: EventsModule["emit"];
  /** As emit, but ends when all handlers of all events so far are done; not to be waited for by a handler. */
  export const emitAsync: EventsModule["emitAsync"];
  /** As emit, but ends when all handlers of all events so far are done; not to be waited for by a handler. */
  export const emit_async: EventsModule["emit_async"];
  /** Calls the handler with each event of a pattern, where * is one word and ** any number of them, or of a filter; the id of the subscription. Lower priorities come first. */
  export const on: EventsModule["on"];
  /** As on, for one event; the subscription is gone before the handler runs. */
  export const once: EventsModule["once"];
  /** Ends a subscription by its id, or all with this pattern, with `handler` only those of this function; how many. What still waited for them is dropped. */
  export const off: EventsModule["off"];
  /** The subscriptions of this run, oldest first; `count` are the events they have had. */
  export const listSubscriptions: EventsModule["listSubscriptions"];
  /** The subscriptions of this run, oldest first; `count` are the events they have had. */
  export const list_subscriptions: EventsModule["list_subscriptions"];
  /** Has events pass a subscription by until it is resumed. */
  export const pauseHandler: EventsModule["pauseHandler"];
  /** Has events pass a subscription by until it is resumed. */
  export const pause_handler: EventsModule["pause_handler"];
  /** Ends the pause of a subscription. */
  export const resumeHandler: EventsModule["resumeHandler"];
  /** Ends the pause of a subscription. */
  export const resume_handler: EventsModule["resume_handler"];
  /** How often a handler was called and failed, how long it took on average, and its last error. */
  export const getHandlerStats: EventsModule["getHandlerStats"];
  /** How often a handler was called and failed, how long it took on average, and its last error. */
  export const get_handler_stats: EventsModule["get_handler_stats"];
  /** Moves a subscription; lower priorities come first. */
  export const setPriority: EventsModule["setPriority"];
  /** Moves a subscription; lower priorities come first. */
  export const set_priority: EventsModule["set_priority"];
  /** A filter to use again, of all that is named: {pattern, source, severity, time_range, where = {{field = "data.sum", op = "gt", value = 1}}, predicate}. Operators: eq, ne, gt, gte, lt, lte, in, contains, exists, matches. */
  export const filtersCreate: EventsModule["filtersCreate"];
  /** A filter to use again, of all that is named: {pattern, source, severity, time_range, where = {{field = "data.sum", op = "gt", value = 1}}, predicate}. Operators: eq, ne, gt, gte, lt, lte, in, contains, exists, matches. */
  export const filters_create: EventsModule["filters_create"];
  /** A filter of others: all of them, one of them, or none. */
  export const filtersCreateComposite: EventsModule["filtersCreateComposite"];
  /** A filter of others: all of them, one of them, or none. */
  export const filters_create_composite: EventsModule["filters_create_composite"];
  /** Writes every event to the log of the run, at this level (info). */
  export const enableLogging: EventsModule["enableLogging"];
  /** Writes every event to the log of the run, at this level (info). */
  export const enable_logging: EventsModule["enable_logging"];
  /** Ends what enable_logging began. */
  export const disableLogging: EventsModule["disableLogging"];
  /** Ends what enable_logging began. */
  export const disable_logging: EventsModule["disable_logging"];
  /** The types of events that the framework tells, and those that this spell has emitted, in order. */
  export const getTypes: EventsModule["getTypes"];
  /** The types of events that the framework tells, and those that this spell has emitted, in order. */
  export const get_types: EventsModule["get_types"];
  /** The latest events, oldest first, since a function of this module was first used; at most 10000. */
  export const getHistory: EventsModule["getHistory"];
  /** The latest events, oldest first, since a function of this module was first used; at most 10000. */
  export const get_history: EventsModule["get_history"];
  /** Forgets the events of a pattern, all by default; how many. */
  export const clearHistory: EventsModule["clearHistory"];
  /** Forgets the events of a pattern, all by default; how many. */
  export const clear_history: EventsModule["clear_history"];
  /**
   * Begins to keep events of a pattern, the latest `max` (10000) and 4 MB of them, for so long; the id. With `file` they are written there, a line of JSON each, when it is stopped.
   * May need `file.write` (the file).
   */
  export const recordingStart: EventsModule["recordingStart"];
  /**
   * Begins to keep events of a pattern, the latest `max` (10000) and 4 MB of them, for so long; the id. With `file` they are written there, a line of JSON each, when it is stopped.
   * May need `file.write` (the file).
   */
  export const recording_start: EventsModule["recording_start"];
  /**
   * Ends a recording, the latest one by default. It can be replayed by its id.
   * May need `file.write` (the file).
   */
  export const recordingStop: EventsModule["recordingStop"];
  /**
   * Ends a recording, the latest one by default. It can be replayed by its id.
   * May need `file.write` (the file).
   */
  export const recording_stop: EventsModule["recording_stop"];
  /** Whether a recording is under way. */
  export const recordingIsRecording: EventsModule["recordingIsRecording"];
  /** Whether a recording is under way. */
  export const recording_is_recording: EventsModule["recording_is_recording"];
  /**
   * Emits events again, with `replay` set: those of a recording, a file ({file=}), or the history ({pattern=, since=, limit=}); the id. Their distances in time are divided by `speed` (1; 0 for none); with `wait` it ends when the replay has.
   * May need `file.read` (the file).
   */
  export const replayStart: EventsModule["replayStart"];
  /**
   * Emits events again, with `replay` set: those of a recording, a file ({file=}), or the history ({pattern=, since=, limit=}); the id. Their distances in time are divided by `speed` (1; 0 for none); with `wait` it ends when the replay has.
   * May need `file.read` (the file).
   */
  export const replay_start: EventsModule["replay_start"];
  /** Holds a replay, the latest one by default; the time in between does not count. */
  export const replayPause: EventsModule["replayPause"];
  /** Holds a replay, the latest one by default; the time in between does not count. */
  export const replay_pause: EventsModule["replay_pause"];
  /** Lets a held replay go on. */
  export const replayResume: EventsModule["replayResume"];
  /** Lets a held replay go on. */
  export const replay_resume: EventsModule["replay_resume"];
  /** Ends a replay, the latest one by default; how many events it has emitted. */
  export const replayStop: EventsModule["replayStop"];
  /** Ends a replay, the latest one by default; how many events it has emitted. */
  export const replay_stop: EventsModule["replay_stop"];
  /** Begins to count events: a figure of the field, e.g. data.ms, of those of a pattern, within a window of time or since now; the id. */
  export const aggregationCreate: EventsModule["aggregationCreate"];
  /** Begins to count events: a figure of the field, e.g. data.ms, of those of a pattern, within a window of time or since now; the id. */
  export const aggregation_create: EventsModule["aggregation_create"];
  /** What an aggregation has counted: `value` is the figure that it was made for, `rate` is per second; the same per step of its window. */
  export const aggregationGetData: EventsModule["aggregationGetData"];
  /** What an aggregation has counted: `value` is the figure that it was made for, `rate` is per second; the same per step of its window. */
  export const aggregation_get_data: EventsModule["aggregation_get_data"];
}

declare module "llmspell/hooks" {
  const all: HooksModule;
  export default all;
  /** Calls fn(ctx) before an operation: agent, model, tool, workflow, workflow.step, memory.save, memory.load, or one that is triggered by hand. It returns nothing, {data = …} or its changed ctx, or {stop = true, result = …, reason = …}; the id. */
  export const before: HooksModule["before"];
  /** Calls fn(ctx) after an operation; ctx.data is its result, which {data = …} or {result = …} replaces. */
  export const after: HooksModule["after"];
  /** Calls fn(ctx, proceed) around an operation: proceed(data?) does the hooks inside and the operation, and may be called again or not at all. What it returns is the result; nothing leaves it as it is. */
  export const around: HooksModule["around"];
  /** Puts a function in its place by type: a point such as tool.before, or pre, post, around, error of the operations in opts.operations (all). */
  export const register: HooksModule["register"];
  /** Puts fn(ctx, next) around every kind of operation, or what the framework has: logging, error_handling, caching, transformation, validation, metrics, tracing, rate_limit, with their settings in opts. */
  export const use: HooksModule["use"];
  /** A condition for opts.filter, of all that is named (op: and, or, not): {points, names, rate = {limit, window}, metadata, time_window = {from, until}, predicate}. */
  export const filter: HooksModule["filter"];
  /** Takes a hook away; whether it was there. */
  export const unregister: HooksModule["unregister"];
  /** Has a disabled hook called again. */
  export const enable: HooksModule["enable"];
  /** Has a hook passed over; it stays in its place. */
  export const disable: HooksModule["disable"];
  /** The hooks of this script in the order of their calls, or those of a type: a point, an operation, a phase or a name; or {type=, enabled=}. */
  export const list: HooksModule["list"];
  /** What is known of a hook. */
  export const get: HooksModule["get"];
  /** Moves a hook: lower priorities come first, from highest (-1000) to lowest (1000). */
  export const setPriority: HooksModule["setPriority"];
  /** Moves a hook: lower priorities come first, from highest (-1000) to lowest (1000). */
  export const set_priority: HooksModule["set_priority"];
  /** Attaches a table to a hook, in the place of the one it has. */
  export const setMetadata: HooksModule["setMetadata"];
  /** Attaches a table to a hook, in the place of the one it has. */
  export const set_metadata: HooksModule["set_metadata"];
  /** The table that is attached to a hook. */
  export const getMetadata: HooksModule["getMetadata"];
  /** The table that is attached to a hook. */
  export const get_metadata: HooksModule["get_metadata"];
  /** Calls the hooks of a point, or those before, around and after an operation or a name of your own, by hand; what they made of the data, and each change. */
  export const trigger: HooksModule["trigger"];
  /** One hook of several at the same point, one after the other; it ends when one stops. They are no longer called by themselves. */
  export const chain: HooksModule["chain"];
  /** One hook of several at the same point: sequential; parallel, where the first that stops counts or else the last change; or first, until one decides anything. */
  export const compose: HooksModule["compose"];
  /** Changes by fn(data) the data that another hook, or each there is now of a type, is given (before) or returns (after), or takes its place (replace); the id. */
  export const intercept: HooksModule["intercept"];
  /** How often a hook, or all of this script, were called and failed, and how long they took on average. */
  export const stats: HooksModule["stats"];
  /** Takes all hooks of a type away that this script has put in place; how many. */
  export const clear: HooksModule["clear"];
  /** Takes all hooks of this script away; how many. */
  export const clearAll: HooksModule["clearAll"];
  /** Takes all hooks of this script away; how many. */
  export const clear_all: HooksModule["clear_all"];
  /** The points where hooks can be, beside those that a script names itself. */
  export const getTypes: HooksModule["getTypes"];
  /** The points where hooks can be, beside those that a script names itself. */
  export const get_types: HooksModule["get_types"];
}

declare module "llmspell/llm" {
  const all: LlmModule;
  export default all;
  /**
   * One completion by the configured model, or by opts.provider and opts.model.
   * Needs `model` (the model, as provider:model).
   */
  export const generate: LlmModule["generate"];
  /**
   * The text of one completion.
   * Needs `model` (the model, as provider:model).
   */
  export const quickPrompt: LlmModule["quickPrompt"];
  /**
   * The text of one completion.
   * Needs `model` (the model, as provider:model).
   */
  export const quick_prompt: LlmModule["quick_prompt"];
  /**
   * A completion of a conversation: a list of messages, or a table with messages and options.
   * Needs `model` (the model, as provider:model).
   */
  export const chat: LlmModule["chat"];
  /**
   * A completion whose pieces are passed to the callback as they arrive; when the callback returns false, what it has had is the answer, with the finish_reason `other`. Without a callback a Stream, to loop over: `for piece in llm.stream(…) do`, in JavaScript `for await (const piece of await llm.stream(…))`.
   * Needs `model` (the model, as provider:model).
   */
  export const stream: LlmModule["stream"];
  /**
   * A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear().
   * Needs `model` (the model, as provider:model).
   */
  export const chatSession: LlmModule["chatSession"];
  /**
   * A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear().
   * Needs `model` (the model, as provider:model).
   */
  export const chat_session: LlmModule["chat_session"];
  /**
   * Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. With `stop_on_error` a failure ends the others.
   * Needs `model` (the model, as provider:model).
   */
  export const batchProcess: LlmModule["batchProcess"];
  /**
   * Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. With `stop_on_error` a failure ends the others.
   * Needs `model` (the model, as provider:model).
   */
  export const batch_process: LlmModule["batch_process"];
  /**
   * Makes a provider, a pool or a model the default of this run; with `config`, which has a `type`, it is made first.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  export const useProvider: LlmModule["useProvider"];
  /**
   * Makes a provider, a pool or a model the default of this run; with `config`, which has a `type`, it is made first.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  export const use_provider: LlmModule["use_provider"];
  /**
   * Asks several providers or models the same at the same time; who fails does not stop the others. Costs are in USD, where prices are known.
   * Needs `model` (the model, as provider:model).
   */
  export const compareProviders: LlmModule["compareProviders"];
  /**
   * Asks several providers or models the same at the same time; who fails does not stop the others. Costs are in USD, where prices are known.
   * Needs `model` (the model, as provider:model).
   */
  export const compare_providers: LlmModule["compare_providers"];
  /**
   * Asks one provider or model after the other until one answers; `attempts` of the answer says why others did not. When none does, the error AGGREGATE has every failure.
   * Needs `model` (the model, as provider:model).
   */
  export const fallbackChain: LlmModule["fallbackChain"];
  /**
   * Asks one provider or model after the other until one answers; `attempts` of the answer says why others did not. When none does, the error AGGREGATE has every failure.
   * Needs `model` (the model, as provider:model).
   */
  export const fallback_chain: LlmModule["fallback_chain"];
  /** What a call costs at the list price of its model, in USD: of `prompt` or `tokens_in`, and `tokens_out`. */
  export const costEstimate: LlmModule["costEstimate"];
  /** What a call costs at the list price of its model, in USD: of `prompt` or `tokens_in`, and `tokens_out`. */
  export const cost_estimate: LlmModule["cost_estimate"];
  /** Fills in a template in the language Liquid, e.g. `Dear {{ name }}`; a variable that is missing is an error. Values add no instruction to the template. */
  export const formatPrompt: LlmModule["formatPrompt"];
  /** Fills in a template in the language Liquid, e.g. `Dear {{ name }}`; a variable that is missing is an error. Values add no instruction to the template. */
  export const format_prompt: LlmModule["format_prompt"];
  /** The tokens of a text or of messages by the tokenizer of OpenAI's models; an estimate for the models of others. */
  export const countTokens: LlmModule["countTokens"];
  /** The tokens of a text or of messages by the tokenizer of OpenAI's models; an estimate for the models of others. */
  export const count_tokens: LlmModule["count_tokens"];
  /** Splits a text into pieces of at most so many tokens, between paragraphs, sentences or words where that is possible. Without `overlap` the pieces joined are the text. */
  export const splitMessage: LlmModule["splitMessage"];
  /** Splits a text into pieces of at most so many tokens, between paragraphs, sentences or words where that is possible. Without `overlap` the pieces joined are the text. */
  export const split_message: LlmModule["split_message"];
  /**
   * Several providers or models as one, which is asked as `pool:name` or by its name. A call is answered by the first that can, in the order of the strategy; fastest_first asks all and takes the first answer, consensus the most frequent one.
   * Needs `provider` (the pool).
   * May need `model` (each model in it).
   */
  export const poolCreate: LlmModule["poolCreate"];
  /**
   * Several providers or models as one, which is asked as `pool:name` or by its name. A call is answered by the first that can, in the order of the strategy; fastest_first asks all and takes the first answer, consensus the most frequent one.
   * Needs `provider` (the pool).
   * May need `model` (each model in it).
   */
  export const pool_create: LlmModule["pool_create"];
  /** A pool. */
  export const poolGet: LlmModule["poolGet"];
  /** A pool. */
  export const pool_get: LlmModule["pool_get"];
  /** Every pool. */
  export const poolList: LlmModule["poolList"];
  /** Every pool. */
  export const pool_list: LlmModule["pool_list"];
  /**
   * Removes a pool.
   * Needs `provider` (the pool).
   */
  export const poolRemove: LlmModule["poolRemove"];
  /**
   * Removes a pool.
   * Needs `provider` (the pool).
   */
  export const pool_remove: LlmModule["pool_remove"];
  /**
   * One completion by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  export const poolGenerate: LlmModule["poolGenerate"];
  /**
   * One completion by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  export const pool_generate: LlmModule["pool_generate"];
  /**
   * A completion of a conversation by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  export const poolGenerateMessage: LlmModule["poolGenerateMessage"];
  /**
   * A completion of a conversation by a pool.
   * Needs `model` (pool:NAME, or each of its models).
   */
  export const pool_generate_message: LlmModule["pool_generate_message"];
  /**
   * A completion by a pool whose pieces are passed to the callback; when that returns false, what it has had is the answer.
   * Needs `model` (pool:NAME, or each of its models).
   */
  export const poolStream: LlmModule["poolStream"];
  /**
   * A completion by a pool whose pieces are passed to the callback; when that returns false, what it has had is the answer.
   * Needs `model` (pool:NAME, or each of its models).
   */
  export const pool_stream: LlmModule["pool_stream"];
  /** Whether the members of a pool can be asked: `status` is healthy, degraded (some cannot) or down. */
  export const poolGetHealth: LlmModule["poolGetHealth"];
  /** Whether the members of a pool can be asked: `status` is healthy, degraded (some cannot) or down. */
  export const pool_get_health: LlmModule["pool_get_health"];
  /** The health of each member of a pool by its model, as {healthy, state, failures, last_error?}; `failures` are those in a row. */
  export const poolGetProviderHealth: LlmModule["poolGetProviderHealth"];
  /** The health of each member of a pool by its model, as {healthy, state, failures, last_error?}; `failures` are those in a row. */
  export const pool_get_provider_health: LlmModule["pool_get_provider_health"];
  /** What a pool did since the start or the last reset; each member by its model, as {requests, failures, active, avg_ms?}. */
  export const poolGetMetrics: LlmModule["poolGetMetrics"];
  /** What a pool did since the start or the last reset; each member by its model, as {requests, failures, active, avg_ms?}. */
  export const pool_get_metrics: LlmModule["pool_get_metrics"];
  /**
   * Sets the counters of a pool to zero.
   * Needs `provider` (the pool).
   */
  export const poolResetMetrics: LlmModule["poolResetMetrics"];
  /**
   * Sets the counters of a pool to zero.
   * Needs `provider` (the pool).
   */
  export const pool_reset_metrics: LlmModule["pool_reset_metrics"];
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
  /** A logger whose lines all have these fields. */
  export const withContext: LogModule["withContext"];
  /** A logger whose lines all have these fields. */
  export const with_context: LogModule["with_context"];
  /** The logger of a component, with a level of its own if one is given. */
  export const createLogger: LogModule["createLogger"];
  /** The logger of a component, with a level of its own if one is given. */
  export const create_logger: LogModule["create_logger"];
  /** How lines look from here on: "text", "json", or what a function makes of `{time, level, message, context}`; when that fails, JSON. Without one as the host likes it. */
  export const setFormatter: LogModule["setFormatter"];
  /** How lines look from here on: "text", "json", or what a function makes of `{time, level, message, context}`; when that fails, JSON. Without one as the host likes it. */
  export const set_formatter: LogModule["set_formatter"];
  /** Leaves out lines below a level, of one component or of all that have none of their own. */
  export const setLevel: LogModule["setLevel"];
  /** Leaves out lines below a level, of one component or of all that have none of their own. */
  export const set_level: LogModule["set_level"];
  /**
   * Where lines go: to the `file` (capability `file.write`), which is put aside as `FILE.1`, `FILE.2` … (`max_files`, 5) when it would have more than `max_bytes`; `sinks` are "host" and "file", by default both.
   * May need `file.write` (the file, and those it is put aside as).
   */
  export const configure: LogModule["configure"];
}

declare module "llmspell/memory" {
  const all: MemoryModule;
  export default all;
  /** A memory of messages. At a limit the oldest turns go, never system messages or the latest turn; max_messages is 1000 unless said. Tokens are estimated: four characters each. */
  export const create: MemoryModule["create"];
  /** Forgets a memory; its handle can no longer be used. */
  export const destroy: MemoryModule["destroy"];
  /** The memories that this spell has made and holds. */
  export const list: MemoryModule["list"];
  /** Adds a message: add(m, message), or add(message) to the memory of the run. */
  export const add: MemoryModule["add"];
  /** Adds several messages, all or none. */
  export const addBatch: MemoryModule["addBatch"];
  /** Adds several messages, all or none. */
  export const add_batch: MemoryModule["add_batch"];
  /** The messages, oldest first; with max_tokens the latest turns that fit, with offset and limit a part of them. */
  export const get: MemoryModule["get"];
  /** The latest n messages, oldest first. */
  export const getLast: MemoryModule["getLast"];
  /** The latest n messages, oldest first. */
  export const get_last: MemoryModule["get_last"];
  /** The messages of a role. */
  export const getByRole: MemoryModule["getByRole"];
  /** The messages of a role. */
  export const get_by_role: MemoryModule["get_by_role"];
  /** The messages that have words of a query, the best first. */
  export const search: MemoryModule["search"];
  /** Forgets everything but system messages. */
  export const clear: MemoryModule["clear"];
  /** Forgets the oldest turns until there are no more messages than that, or {tokens = …}; how many went. */
  export const truncate: MemoryModule["truncate"];
  /** How many messages, tokens (estimated) and bytes of text there are. */
  export const getSize: MemoryModule["getSize"];
  /** How many messages, tokens (estimated) and bytes of text there are. */
  export const get_size: MemoryModule["get_size"];
  /** How many tokens there are, estimated. */
  export const getTokenCount: MemoryModule["getTokenCount"];
  /** How many tokens there are, estimated. */
  export const get_token_count: MemoryModule["get_token_count"];
  /** What is in a memory. */
  export const getStats: MemoryModule["getStats"];
  /** What is in a memory. */
  export const get_stats: MemoryModule["get_stats"];
  /** Sets what is kept from now on; what is too much goes at once. */
  export const setLimit: MemoryModule["setLimit"];
  /** Sets what is kept from now on; what is too much goes at once. */
  export const set_limit: MemoryModule["set_limit"];
  /** Forgets messages without content and those that repeat the one before; how many bytes of text went. */
  export const optimize: MemoryModule["optimize"];
  /**
   * Lets a model summarize all but the last `keep` (2) turns; nil when there are no more. With replace the summary takes their place.
   * Needs `model` (the model, as provider:model).
   */
  export const summarize: MemoryModule["summarize"];
  /** A memory as text: json has everything, text and markdown are for people. */
  const export_: MemoryModule["export"];
  export { export_ as export };
  /** Adds what export has written; how many messages. */
  const import_: MemoryModule["import"];
  export { import_ as import };
  /** A new memory with the messages of both in the order of time. */
  export const merge: MemoryModule["merge"];
  /** An independent memory with the same messages and limits. */
  export const fork: MemoryModule["fork"];
  /** Keeps what is in a memory now; the id. A run has 100 at most. */
  export const snapshot: MemoryModule["snapshot"];
  /** Makes a memory what it was at a snapshot. */
  export const restore: MemoryModule["restore"];
  /** Keeps a value, which is JSON, under a key: of everybody (global), of the agent opts.id, or of a session (opts.id, this run by default); for opts.ttl or for the run. */
  export const store: MemoryModule["store"];
  /** The value of a key, or nil. */
  export const retrieve: MemoryModule["retrieve"];
  /** Removes the value of a key; whether there was one. */
  const delete_: MemoryModule["delete"];
  export { delete_ as delete };
  /** The keys, or those that begin as the pattern does before its *. */
  export const listKeys: MemoryModule["listKeys"];
  /** The keys, or those that begin as the pattern does before its *. */
  export const list_keys: MemoryModule["list_keys"];
  /**
   * Keeps the memory of the run, those with a name and the working values beyond the run, under a key.
   * Needs `storage` (the key).
   */
  export const persist: MemoryModule["persist"];
  /**
   * Takes in what persist has kept, in the place of what is there; memories with a name are found by it.
   * Needs `storage` (the key).
   */
  export const load: MemoryModule["load"];
  /**
   * The vector of a text, or those of several, by the configured embedding model, else by one that knows words and no meaning.
   * Needs `model` (the embedding model).
   */
  export const embed: MemoryModule["embed"];
  /**
   * Keeps a text, or a vector of your own, beyond the run; one with a known id takes its place. Metadata are texts, numbers and booleans.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  export const vectorStore: MemoryModule["vectorStore"];
  /**
   * Keeps a text, or a vector of your own, beyond the run; one with a known id takes its place. Metadata are texts, numbers and booleans.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  export const vector_store: MemoryModule["vector_store"];
  /**
   * The k (5) that are nearest to a text or vector, by cosine similarity, best first; of those with this metadata.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  export const vectorSearch: MemoryModule["vectorSearch"];
  /**
   * The k (5) that are nearest to a text or vector, by cosine similarity, best first; of those with this metadata.
   * Needs `storage` (vectors).
   * May need `model` (the embedding model, for a text).
   */
  export const vector_search: MemoryModule["vector_search"];
  /**
   * Removes what is kept under an id; whether there was any.
   * Needs `storage` (vectors).
   */
  export const vectorDelete: MemoryModule["vectorDelete"];
  /**
   * Removes what is kept under an id; whether there was any.
   * Needs `storage` (vectors).
   */
  export const vector_delete: MemoryModule["vector_delete"];
}

declare module "llmspell/metrics" {
  const all: MetricsModule;
  export default all;
  /** A figure that only grows; the same one for the same name and tags. */
  export const counter: MetricsModule["counter"];
  /** Adds to a counter, by default 1, and tells what it stands at. */
  export const increment: MetricsModule["increment"];
  /** Sets a figure that goes up and down. */
  export const gauge: MetricsModule["gauge"];
  /** Observes a value, of which sum, number and distribution are kept. Buckets fit milliseconds, from 1 ms to 5 minutes. */
  export const histogram: MetricsModule["histogram"];
  /** Observes a duration; without one, starts to measure and returns a function that ends it and returns the milliseconds. */
  export const timer: MetricsModule["timer"];
  /** A function that does the same as another one and counts it: `NAME_calls_total`, `NAME_errors_total`, `NAME_ms`. */
  export const track: MetricsModule["track"];
  /** Every series, or those whose name begins with the filter. */
  export const getAll: MetricsModule["getAll"];
  /** Every series, or those whose name begins with the filter. */
  export const get_all: MetricsModule["get_all"];
  /** All of it as text: in the format of Prometheus, or as JSON. */
  const export_: MetricsModule["export"];
  export { export_ as export };
}

declare module "llmspell/modelinfo" {
  const all: ModelinfoModule;
  export default all;
  /**
   * Asks the configured providers, or one, which models they have; the catalog learns those that it does not know.
   * May need `provider` (each provider that is asked).
   */
  export const scan: ModelinfoModule["scan"];
  /**
   * As scan, but tells what has changed: the models that the catalog has learned, and those that it knows and their provider no longer lists.
   * May need `provider` (each provider that is asked).
   */
  export const refresh: ModelinfoModule["refresh"];
  /** The providers whose models the catalog knows. */
  export const getProviders: ModelinfoModule["getProviders"];
  /** The providers whose models the catalog knows. */
  export const get_providers: ModelinfoModule["get_providers"];
  /** The models that the catalog knows, of all providers or of one. */
  export const getModels: ModelinfoModule["getModels"];
  /** The models that the catalog knows, of all providers or of one. */
  export const get_models: ModelinfoModule["get_models"];
  /** Whether a model can do something. */
  export const checkCapability: ModelinfoModule["checkCapability"];
  /** Whether a model can do something. */
  export const check_capability: ModelinfoModule["check_capability"];
  /** What a model can do, or everything that can be asked of models. */
  export const listCapabilities: ModelinfoModule["listCapabilities"];
  /** What a model can do, or everything that can be asked of models. */
  export const list_capabilities: ModelinfoModule["list_capabilities"];
  /** Models side by side, by the names given: for each its ModelInfo, and in `has` whether it has each capability. */
  export const compare: ModelinfoModule["compare"];
  /** All that is known of a model. */
  export const getDetails: ModelinfoModule["getDetails"];
  /** All that is known of a model. */
  export const get_details: ModelinfoModule["get_details"];
  /** The best model that meets every requirement, or nil; `max_cost` is in USD, of a call of 1000 tokens in and 1000 out. */
  export const find: ModelinfoModule["find"];
  /** Models in order, the best first, by price, context, output, capabilities, released or knowledge, or by several with their weights; equally good ones by id. */
  export const rank: ModelinfoModule["rank"];
  /** Every model of the catalog that meets all that is given; prices are in USD per million tokens. */
  export const filter: ModelinfoModule["filter"];
  /** The model for a kind of work (chat, agent, code, reasoning, extraction, vision, audio, documents, summary, embeddings), why, and what else would do. */
  export const recommend: ModelinfoModule["recommend"];
  /** How the models that this run has asked did, or one of them, or nil if it was not asked; with `window` of the calls that ended within that time. */
  export const getAnalytics: ModelinfoModule["getAnalytics"];
  /** How the models that this run has asked did, or one of them, or nil if it was not asked; with `window` of the calls that ended within that time. */
  export const get_analytics: ModelinfoModule["get_analytics"];
  /** The catalog as a text: JSON, YAML, CSV, or an OpenAPI document. */
  export const exportCatalog: ModelinfoModule["exportCatalog"];
  /** The catalog as a text: JSON, YAML, CSV, or an OpenAPI document. */
  export const export_catalog: ModelinfoModule["export_catalog"];
}

declare module "llmspell/output" {
  const all: OutputModule;
  export default all;
  /** Reads text in a format, or in the likeliest that can read it; at last it is plain text. */
  export const parse: OutputModule["parse"];
  /** The JSON value in a text, repaired where it is malformed; checked when a schema is given. `repaired` says whether it was. */
  export const parseJson: OutputModule["parseJson"];
  /** The JSON value in a text, repaired where it is malformed; checked when a schema is given. `repaired` says whether it was. */
  export const parse_json: OutputModule["parse_json"];
  /** Every JSON value in a text, or those that match a schema. */
  export const extractJson: OutputModule["extractJson"];
  /** Every JSON value in a text, or those that match a schema. */
  export const extract_json: OutputModule["extract_json"];
  /** What a schema asks for, found in JSON, YAML, tables or sentences, with the types of the schema. */
  export const extractStructured: OutputModule["extractStructured"];
  /** What a schema asks for, found in JSON, YAML, tables or sentences, with the types of the schema. */
  export const extract_structured: OutputModule["extract_structured"];
  /** The fenced code in a text, of one language if it is named. */
  export const extractCodeBlocks: OutputModule["extractCodeBlocks"];
  /** The fenced code in a text, of one language if it is named. */
  export const extract_code_blocks: OutputModule["extract_code_blocks"];
  /** The blocks of a page of Markdown: headings, paragraphs, lists, tables, code. */
  export const extractMarkdown: OutputModule["extractMarkdown"];
  /** The blocks of a page of Markdown: headings, paragraphs, lists, tables, code. */
  export const extract_markdown: OutputModule["extract_markdown"];
  /** The tables in a text. */
  export const extractTables: OutputModule["extractTables"];
  /** The tables in a text. */
  export const extract_tables: OutputModule["extract_tables"];
  /** The lists in a text. */
  export const extractLists: OutputModule["extractLists"];
  /** The lists in a text. */
  export const extract_lists: OutputModule["extract_lists"];
  /** The lines of a text like "key: value". */
  export const extractKeyValue: OutputModule["extractKeyValue"];
  /** The lines of a text like "key: value". */
  export const extract_key_value: OutputModule["extract_key_value"];
  /** Reads YAML, also out of a fence. */
  export const parseYaml: OutputModule["parseYaml"];
  /** Reads YAML, also out of a fence. */
  export const parse_yaml: OutputModule["parse_yaml"];
  /** Reads XML, also out of a fence; no entity of it is looked up anywhere. */
  export const parseXml: OutputModule["parseXml"];
  /** Reads XML, also out of a fence; no entity of it is looked up anywhere. */
  export const parse_xml: OutputModule["parse_xml"];
  /** Reads CSV, also out of a fence, as a list of rows by the names of the first line. */
  export const parseCsv: OutputModule["parseCsv"];
  /** Reads CSV, also out of a fence, as a list of rows by the names of the first line. */
  export const parse_csv: OutputModule["parse_csv"];
  /** The likeliest format of a text, from 0 to 1. */
  export const detectFormat: OutputModule["detectFormat"];
  /** The likeliest format of a text, from 0 to 1. */
  export const detect_format: OutputModule["detect_format"];
  /** Whether text is in a format, or data matches a schema. */
  export const validate: OutputModule["validate"];
  /** The JSON in a text, mended; unchanged when it is valid. The strategy "none" or "strict" mends nothing. */
  export const repair: OutputModule["repair"];
  /** An answer without what is around it: thinking, phrases before and after, one fence. */
  export const clean: OutputModule["clean"];
  /** A template with data in it, in the language Liquid. */
  export const template: OutputModule["template"];
  /** The parts of a text between a delimiter. */
  export const split: OutputModule["split"];
  /** Several outputs as one: texts are joined by `opts.separator`, lists follow each other, tables add their fields. */
  export const merge: OutputModule["merge"];
  /** Data as text in a format. */
  export const format: OutputModule["format"];
  /** The JSON Schema of what reading a format gives. */
  export const getSchema: OutputModule["getSchema"];
  /** The JSON Schema of what reading a format gives. */
  export const get_schema: OutputModule["get_schema"];
  /** A parser of the spell: `can_parse(text)` says how likely it is, 0 to 1 or a boolean, `parse(text)` reads it. */
  export const registerParser: OutputModule["registerParser"];
  /** A parser of the spell: `can_parse(text)` says how likely it is, 0 to 1 or a boolean, `parse(text)` reads it. */
  export const register_parser: OutputModule["register_parser"];
  /** The names of the formats that `parse` knows. */
  export const listParsers: OutputModule["listParsers"];
  /** The names of the formats that `parse` knows. */
  export const list_parsers: OutputModule["list_parsers"];
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
  /**
   * Adds a provider of a type (see list_templates; `mock` has `responses`, `custom` a function `generate`), or of a table that has everything.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  export const create: ProviderModule["create"];
  /**
   * Adds a provider whose key is in the environment, where the host reads it.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own).
   */
  export const createFromEnvironment: ProviderModule["createFromEnvironment"];
  /**
   * Adds a provider whose key is in the environment, where the host reads it.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own).
   */
  export const create_from_environment: ProviderModule["create_from_environment"];
  /**
   * Adds a provider for tests, which says what it is told: a list of answers, one for each call, or a function that makes every answer from {prompt, messages}.
   * Needs `provider` (the provider).
   */
  export const createMock: ProviderModule["createMock"];
  /**
   * Adds a provider for tests, which says what it is told: a list of answers, one for each call, or a function that makes every answer from {prompt, messages}.
   * Needs `provider` (the provider).
   */
  export const create_mock: ProviderModule["create_mock"];
  /**
   * Several providers as one: the fastest answer, the primary one and the others when it fails, or what most of them say.
   * Needs `provider` (its name).
   * May need `model` (each model in it).
   */
  export const createMulti: ProviderModule["createMulti"];
  /**
   * Several providers as one: the fastest answer, the primary one and the others when it fails, or what most of them say.
   * Needs `provider` (its name).
   * May need `model` (each model in it).
   */
  export const create_multi: ProviderModule["create_multi"];
  /**
   * Changes the configuration of a provider, or with `providers` that of several as one. What is not given is as in a new one; a key can be written and not read.
   * Needs `provider` (the provider).
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
   */
  export const configure: ProviderModule["configure"];
  /**
   * Removes a provider from this run; the offline stand-in stays.
   * Needs `provider` (the provider).
   */
  export const remove: ProviderModule["remove"];
  /** One provider. */
  export const get: ProviderModule["get"];
  /** Every known provider; `filter` chooses by type, capability and whether it is configured. */
  export const list: ProviderModule["list"];
  /** The providers whose models can do something: streaming, tools, structured-output, vision, embeddings … */
  export const listByCapability: ProviderModule["listByCapability"];
  /** The providers whose models can do something: streaming, tools, structured-output, vision, embeddings … */
  export const list_by_capability: ProviderModule["list_by_capability"];
  /** The provider that answers when none is named. */
  export const getDefault: ProviderModule["getDefault"];
  /** The provider that answers when none is named. */
  export const get_default: ProviderModule["get_default"];
  /** What the models of a provider can do. */
  export const getCapabilities: ProviderModule["getCapabilities"];
  /** What the models of a provider can do. */
  export const get_capabilities: ProviderModule["get_capabilities"];
  /** What a provider is, and what set_metadata has given it. */
  export const getMetadata: ProviderModule["getMetadata"];
  /** What a provider is, and what set_metadata has given it. */
  export const get_metadata: ProviderModule["get_metadata"];
  /**
   * Keeps data beside a provider, for this run.
   * Needs `provider` (the provider).
   */
  export const setMetadata: ProviderModule["setMetadata"];
  /**
   * Keeps data beside a provider, for this run.
   * Needs `provider` (the provider).
   */
  export const set_metadata: ProviderModule["set_metadata"];
  /**
   * The models of a provider: its own list where it has one, else those of the catalog.
   * Needs `provider` (the provider).
   */
  export const getModels: ProviderModule["getModels"];
  /**
   * The models of a provider: its own list where it has one, else those of the catalog.
   * Needs `provider` (the provider).
   */
  export const get_models: ProviderModule["get_models"];
  /** Requests and tokens of this program so far, of one provider or of all; `cost` is what this run has asked for, in USD, where all prices are known. */
  export const getUsage: ProviderModule["getUsage"];
  /** Requests and tokens of this program so far, of one provider or of all; `cost` is what this run has asked for, in USD, where all prices are known. */
  export const get_usage: ProviderModule["get_usage"];
  /** The quotas that a provider told with its last answer: `limit`, `remaining` and `resets_at` (milliseconds since 1970) of requests and tokens; nil when it told none. */
  export const getRateLimits: ProviderModule["getRateLimits"];
  /** The quotas that a provider told with its last answer: `limit`, `remaining` and `resets_at` (milliseconds since 1970) of requests and tokens; nil when it told none. */
  export const get_rate_limits: ProviderModule["get_rate_limits"];
  /**
   * Whether a provider takes its key, or another one; asks it for its models, which costs nothing.
   * Needs `provider` (the provider).
   */
  export const validateApiKey: ProviderModule["validateApiKey"];
  /**
   * Whether a provider takes its key, or another one; asks it for its models, which costs nothing.
   * Needs `provider` (the provider).
   */
  export const validate_api_key: ProviderModule["validate_api_key"];
  /**
   * Whether a provider can be reached and takes the key.
   * Needs `provider` (the provider).
   */
  export const testConnection: ProviderModule["testConnection"];
  /**
   * Whether a provider can be reached and takes the key.
   * Needs `provider` (the provider).
   */
  export const test_connection: ProviderModule["test_connection"];
  /**
   * One completion by a provider, whatever the default is.
   * Needs `model` (the model, as provider:model).
   */
  export const generateWith: ProviderModule["generateWith"];
  /**
   * One completion by a provider, whatever the default is.
   * Needs `model` (the model, as provider:model).
   */
  export const generate_with: ProviderModule["generate_with"];
  /** The types of providers that can be created, and the fields that each is configured with. */
  export const listTemplates: ProviderModule["listTemplates"];
  /** The types of providers that can be created, and the fields that each is configured with. */
  export const list_templates: ProviderModule["list_templates"];
  /** What a provider of a type is configured with; `env` are the variables of the environment that may have its key. */
  export const getTemplate: ProviderModule["getTemplate"];
  /** What a provider of a type is configured with; `env` are the variables of the environment that may have its key. */
  export const get_template: ProviderModule["get_template"];
  /** Whether a provider could be created with such a configuration, and what is wrong with it. */
  export const validateConfig: ProviderModule["validateConfig"];
  /** Whether a provider could be created with such a configuration, and what is wrong with it. */
  export const validate_config: ProviderModule["validate_config"];
  /**
   * The providers and pools as data, as in llmspell.config.json. In the place of each secret is the name of an environment variable.
   * Needs `provider` (each that is told).
   */
  export const exportConfig: ProviderModule["exportConfig"];
  /**
   * The providers and pools as data, as in llmspell.config.json. In the place of each secret is the name of an environment variable.
   * Needs `provider` (each that is told).
   */
  export const export_config: ProviderModule["export_config"];
  /**
   * Adds or replaces every provider and pool of an exported configuration, or none of them.
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url), `provider` (each that is imported), `model` (each model of a pool).
   */
  export const importConfig: ProviderModule["importConfig"];
  /**
   * Adds or replaces every provider and pool of an exported configuration, or none of them.
   * May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url), `provider` (each that is imported), `model` (each model of a pool).
   */
  export const import_config: ProviderModule["import_config"];
}

declare module "llmspell/safety" {
  const all: SafetyModule;
  export default all;
  /** Checks a text by the registered rules and by those given; a rule may be a function that waits. A rule that fails blocks. */
  export const checkContent: SafetyModule["checkContent"];
  /** Checks a text by the registered rules and by those given; a rule may be a function that waits. A rule that fails blocks. */
  export const check_content: SafetyModule["check_content"];
  /** Registers a rule for `check_content`; with a scope it also guards what agents of the run are told (`input`), what they answer (`output`), or `both`. */
  export const registerRule: SafetyModule["registerRule"];
  /** Registers a rule for `check_content`; with a scope it also guards what agents of the run are told (`input`), what they answer (`output`), or `both`. */
  export const register_rule: SafetyModule["register_rule"];
  /** Switches a rule on again. */
  export const enableRule: SafetyModule["enableRule"];
  /** Switches a rule on again. */
  export const enable_rule: SafetyModule["enable_rule"];
  /** Switches a rule off. */
  export const disableRule: SafetyModule["disableRule"];
  /** Switches a rule off. */
  export const disable_rule: SafetyModule["disable_rule"];
  /** Counts a call, if the limit of calls in the last `window` of time allows it. Calls are counted by key, limit and window. */
  export const rateLimit: SafetyModule["rateLimit"];
  /** Counts a call, if the limit of calls in the last `window` of time allows it. Calls are counted by key, limit and window. */
  export const rate_limit: SafetyModule["rate_limit"];
  /** The circuit breaker of a name, the same as of `errors.circuit_breaker`; the first use configures it. */
  export const circuitBreaker: SafetyModule["circuitBreaker"];
  /** The circuit breaker of a name, the same as of `errors.circuit_breaker`; the first use configures it. */
  export const circuit_breaker: SafetyModule["circuit_breaker"];
}

declare module "llmspell/schema" {
  const all: SchemaModule;
  export default all;
  /** Checks data against a schema; says every mistake with its path. */
  export const validate: SchemaModule["validate"];
  /** As `validate`, for data that is still being filled in: nothing is required. */
  export const validatePartial: SchemaModule["validatePartial"];
  /** As `validate`, for data that is still being filled in: nothing is required. */
  export const validate_partial: SchemaModule["validate_partial"];
  /** The mistakes of a result, or of the latest validation, as texts. */
  export const getErrors: SchemaModule["getErrors"];
  /** The mistakes of a result, or of the latest validation, as texts. */
  export const get_errors: SchemaModule["get_errors"];
  /** A validator by name, for the keyword `x-validator`: a function of value and path that returns what is wrong, or false. */
  export const addCustom: SchemaModule["addCustom"];
  /** A validator by name, for the keyword `x-validator`: a function of value and path that returns what is wrong, or false. */
  export const add_custom: SchemaModule["add_custom"];
  /** Asks one validator of the spell. */
  export const customExecute: SchemaModule["customExecute"];
  /** Asks one validator of the spell. */
  export const custom_execute: SchemaModule["custom_execute"];
  /** The names of the spell's validators. */
  export const customList: SchemaModule["customList"];
  /** The names of the spell's validators. */
  export const custom_list: SchemaModule["custom_list"];
  /** Data with the types that a schema wants, e.g. 42 for "42"; an error where that cannot be. */
  export const coerce: SchemaModule["coerce"];
  /** A copy of the data with the defaults of a schema where it has nothing. */
  export const applyDefaults: SchemaModule["applyDefaults"];
  /** A copy of the data with the defaults of a schema where it has nothing. */
  export const apply_defaults: SchemaModule["apply_defaults"];
  /** A copy of the data without properties that a schema does not know. */
  export const strip: SchemaModule["strip"];
  /** A schema as an object, checked and compiled once. */
  export const create: SchemaModule["create"];
  /** The same for a schema in any form. */
  export const compile: SchemaModule["compile"];
  /** Forgets a schema; its handle can no longer be used. */
  export const destroy: SchemaModule["destroy"];
  /** A schema as a table. */
  export const getInfo: SchemaModule["getInfo"];
  /** A schema as a table. */
  export const get_info: SchemaModule["get_info"];
  /** A schema that data matches; of a list of samples with `opts.samples`. */
  export const infer: SchemaModule["infer"];
  /** The schema of a type by its name: a JSON type, or one of `get_builtin_schemas`. */
  export const fromType: SchemaModule["fromType"];
  /** The schema of a type by its name: a JSON type, or one of `get_builtin_schemas`. */
  export const from_type: SchemaModule["from_type"];
  /** The names that `from_type` knows. */
  export const getBuiltinSchemas: SchemaModule["getBuiltinSchemas"];
  /** The names that `from_type` knows. */
  export const get_builtin_schemas: SchemaModule["get_builtin_schemas"];
  /** A schema of short descriptions of its fields, such as `{ age = "int, min=0, required" }`. */
  export const fromTags: SchemaModule["fromTags"];
  /** A schema of short descriptions of its fields, such as `{ age = "int, min=0, required" }`. */
  export const from_tags: SchemaModule["from_tags"];
  /** A JSON Schema from its text or table, checked. */
  export const fromJsonSchema: SchemaModule["fromJsonSchema"];
  /** A JSON Schema from its text or table, checked. */
  export const from_json_schema: SchemaModule["from_json_schema"];
  /** One schema that wants what all of them want: merge(a, b) or merge({ a, b, … }). */
  export const merge: SchemaModule["merge"];
  /** A schema with more properties, and more of them required. */
  export const extend: SchemaModule["extend"];
  /** What is different in the second schema, and whether it breaks what the first accepted. */
  export const diff: SchemaModule["diff"];
  /** A schema rewritten from the inside out: `fn` gets each schema in it and returns another. */
  export const transform: SchemaModule["transform"];
  /** Data of an old schema in the form of a new one, by rules: { rename, remove, set }. */
  export const migrate: SchemaModule["migrate"];
  /** A schema as JSON text. */
  export const toJson: SchemaModule["toJson"];
  /** A schema as JSON text. */
  export const to_json: SchemaModule["to_json"];
  /** A schema as YAML text. */
  export const toYaml: SchemaModule["toYaml"];
  /** A schema as YAML text. */
  export const to_yaml: SchemaModule["to_yaml"];
  /** A schema from JSON text. */
  export const fromJson: SchemaModule["fromJson"];
  /** A schema from JSON text. */
  export const from_json: SchemaModule["from_json"];
  /** A schema from YAML text. */
  export const fromYaml: SchemaModule["fromYaml"];
  /** A schema from YAML text. */
  export const from_yaml: SchemaModule["from_yaml"];
  /**
   * Keeps a schema as the next version of its name, beyond the run.
   * Needs `storage` (schemas).
   */
  export const save: SchemaModule["save"];
  /**
   * A kept schema, the newest version unless another is named.
   * Needs `storage` (schemas).
   */
  export const load: SchemaModule["load"];
  /**
   * The names of kept schemas with their versions.
   * Needs `storage` (schemas).
   */
  export const list: SchemaModule["list"];
  /**
   * Removes a kept schema, or one version of it; whether there was one.
   * Needs `storage` (schemas).
   */
  const delete_: SchemaModule["delete"];
  export { delete_ as delete };
}

declare module "llmspell/spell" {
  const all: SpellModule;
  export default all;
  /** Says once what the spell is. Parameters it was given are checked, converted and completed; `params` holds them then. `timeout` is how long it may run from here. */
  export const init: SpellModule["init"];
  /** A parameter of the run, checked and converted when a type is given; without a name, all of them. */
  export const params: SpellModule["params"];
  /** Sets the result of the run, in place of what the spell returns: the data as it is, or as text in the format "json", "yaml" or "text". */
  export const output: SpellModule["output"];
  /** What is known about the run. `parent` is the run that composed it, if one did. */
  export const context: SpellModule["context"];
  /** How the run was set up: the settings of its host, `limits` and `capabilities`. A key such as "limits.time" gives one value. Secrets are masked. */
  export const config: SpellModule["config"];
  /**
   * Runs a file of the spell's folder in this spell, once, and gives what it returns. Paths that begin with ./ or ../ are relative to the file that asks.
   * Needs `module` (the path of the file).
   */
  export const include: SpellModule["include"];
  /** Makes functions a module that the spell's files can require or import by its name; without functions, gives the module of that name. */
  export const library: SpellModule["library"];
  /**
   * Runs spells of the spell's folder one after the other, each in a guest of its own with no more power than this one has and at its expense. A parameter `$name.field` is what an earlier one gave.
   * Needs `spell` (the path of each spell).
   */
  export const compose: SpellModule["compose"];
  /** Keeps data in this run under a key, for `ttl` milliseconds or for ever; without a value, gives what is kept. Of more than 1000 values or 8 MB what was used longest ago goes. */
  export const cache: SpellModule["cache"];
}

declare module "llmspell/string" {
  const all: StringModule;
  export default all;
  /** A text with values in the place of `${name}` and `{{name}}`, by paths; `$$` is a dollar sign. */
  export const template: StringModule["template"];
  /** A text as a part of an address: `creme-brulee`. */
  export const slugify: StringModule["slugify"];
  /** A text of at most so many characters, the suffix included; what is seen as one character is not cut. */
  export const truncate: StringModule["truncate"];
}

declare module "llmspell/table" {
  const all: TableModule;
  export default all;
  /** A new table with the entries of all of them; those of later ones count. */
  export const merge: TableModule["merge"];
  /** A copy of a table and all that is in it; what holds itself does so in the copy, functions stay the same. */
  export const deepCopy: TableModule["deepCopy"];
  /** A copy of a table and all that is in it; what holds itself does so in the copy, functions stay the same. */
  export const deep_copy: TableModule["deep_copy"];
  /** The keys of a table, in order where all are texts. */
  export const keys: TableModule["keys"];
  /** The values of a table, in the order of their keys. */
  export const values: TableModule["values"];
}

declare module "llmspell/time" {
  const all: TimeModule;
  export default all;
  /** Milliseconds since 1970. */
  export const now: TimeModule["now"];
  /** A time as text: "iso", or a pattern of strftime; in UTC and English unless `opts` says `tz` or `locale`. */
  export const format: TimeModule["format"];
  /** The time between two moments, in each unit and in words. */
  export const duration: TimeModule["duration"];
}

declare module "llmspell/state" {
  const all: StateModule;
  export default all;
  /** A state with these values, which are JSON; opts.name is its id. */
  export const create: StateModule["create"];
  /** A state with the same values that refuses every write after which they would not match the schema. */
  export const withSchema: StateModule["withSchema"];
  /** A state with the same values that refuses every write after which they would not match the schema. */
  export const with_schema: StateModule["with_schema"];
  /** The value at a path such as user.names[0], or the default. */
  export const get: StateModule["get"];
  /** Writes a value at a path, and tells who watches; the new version. */
  export const set: StateModule["set"];
  /** Whether there is a value at a path. */
  export const has: StateModule["has"];
  /** Removes what is at a path; whether there was anything. */
  export const deleteKey: StateModule["deleteKey"];
  /** Removes what is at a path; whether there was anything. */
  export const delete_key: StateModule["delete_key"];
  /** The keys, in order. */
  export const keys: StateModule["keys"];
  /** Writes several values by their paths, all or none; the new version. */
  export const update: StateModule["update"];
  /** Calls fn(new, old, key) after each change of a place, or of the keys that match a pattern such as user-*; the id. */
  export const watch: StateModule["watch"];
  /** Ends a watch; whether it was there. */
  export const unwatch: StateModule["unwatch"];
  /** A new state with the values of both. Where both have one: the last (default), the first, deep (into tables), concat (deep, with lists one after the other), or what fn(key, first, second) returns. */
  export const merge: StateModule["merge"];
  /** All values at this moment: s.version, s.values, s.checksum (SHA-256), s.taken_at. */
  export const snapshot: StateModule["snapshot"];
  /** Makes a state, a new one by default, what a snapshot says, as one new version. */
  export const restore: StateModule["restore"];
  /** A new state of what fn(values), or the transform of this name, makes of the values. */
  export const transform: StateModule["transform"];
  /** A new state with the values for which fn(key, value) is true. */
  export const filter: StateModule["filter"];
  /** Checks the values against a JSON Schema. */
  export const validate: StateModule["validate"];
  /** The values as JSON, with sorted keys. */
  export const toJson: StateModule["toJson"];
  /** The values as JSON, with sorted keys. */
  export const to_json: StateModule["to_json"];
  /**
   * Keeps the values of a state beyond the run, as a new version of the key; the latest 100 are kept.
   * Needs `storage` (the key).
   */
  export const save: StateModule["save"];
  /**
   * A state with what was saved, the newest version by default; the default when there is none or its time is over.
   * Needs `storage` (the key).
   */
  export const load: StateModule["load"];
  /**
   * Whether something is saved at a key.
   * Needs `storage` (the key).
   */
  export const exists: StateModule["exists"];
  /**
   * Removes what is saved at a key, or one version of it; whether there was any.
   * Needs `storage` (the key).
   */
  const delete_: StateModule["delete"];
  export { delete_ as delete };
  /**
   * The saved versions of a key, the newest first.
   * Needs `storage` (the key).
   */
  export const listVersions: StateModule["listVersions"];
  /**
   * The saved versions of a key, the newest first.
   * Needs `storage` (the key).
   */
  export const list_versions: StateModule["list_versions"];
  /**
   * Lets what is saved at a key end after a time; when, in milliseconds since 1970. Saving anew ends that.
   * Needs `storage` (the key).
   */
  export const expire: StateModule["expire"];
  /** Gives fn(values, opts), which returns new values, a name. */
  export const transformsRegister: StateModule["transformsRegister"];
  /** Gives fn(values, opts), which returns new values, a name. */
  export const transforms_register: StateModule["transforms_register"];
  /** A new state of what the transform makes of the values. */
  export const transformsApply: StateModule["transformsApply"];
  /** A new state of what the transform makes of the values. */
  export const transforms_apply: StateModule["transforms_apply"];
  /** A new state of what several transforms make, each of what the one before has made. */
  export const transformsChain: StateModule["transformsChain"];
  /** A new state of what several transforms make, each of what the one before has made. */
  export const transforms_chain: StateModule["transforms_chain"];
  /** Whether there is a transform of this name. */
  export const transformsValidate: StateModule["transformsValidate"];
  /** Whether there is a transform of this name. */
  export const transforms_validate: StateModule["transforms_validate"];
  /** The names of all transforms: filter ({keys, prefix}), flatten ({separator}), sanitize, and your own. */
  export const transformsGetAvailable: StateModule["transformsGetAvailable"];
  /** The names of all transforms: filter ({keys, prefix}), flatten ({separator}), sanitize, and your own. */
  export const transforms_get_available: StateModule["transforms_get_available"];
  /** The value of a key in a context, that of the run by default, or in those around it. */
  export const contextGet: StateModule["contextGet"];
  /** The value of a key in a context, that of the run by default, or in those around it. */
  export const context_get: StateModule["context_get"];
  /** Sets a key in a context; those around it do not see it. */
  export const contextSet: StateModule["contextSet"];
  /** Sets a key in a context; those around it do not see it. */
  export const context_set: StateModule["context_set"];
  /** Sets several keys in a context. */
  export const contextMerge: StateModule["contextMerge"];
  /** Sets several keys in a context. */
  export const context_merge: StateModule["context_merge"];
  /** Forgets what was set in a context itself. */
  export const contextClear: StateModule["contextClear"];
  /** Forgets what was set in a context itself. */
  export const context_clear: StateModule["context_clear"];
  /** A context inside another, that of the run by default, whose values it sees. */
  export const contextCreateShared: StateModule["contextCreateShared"];
  /** A context inside another, that of the run by default, whose values it sees. */
  export const context_create_shared: StateModule["context_create_shared"];
  /** A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans. */
  export const contextWithInheritance: StateModule["contextWithInheritance"];
  /** A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans. */
  export const context_with_inheritance: StateModule["context_with_inheritance"];
}

declare module "llmspell/test" {
  const all: TestModule;
  export default all;
  /** A group of test cases: those that the function adds. Groups nest; the function must not wait. */
  export const describe: TestModule["describe"];
  /** A test case, which has failed when the function does, or takes longer than `timeout` (5s); it may wait. With `only` on some cases, the others do not run. */
  export const it: TestModule["it"];
  /** Called before the first case of the group; when it fails, all cases of the group have. */
  export const beforeAll: TestModule["beforeAll"];
  /** Called before the first case of the group; when it fails, all cases of the group have. */
  export const before_all: TestModule["before_all"];
  /** Called after the last case of the group, whatever happened. */
  export const afterAll: TestModule["afterAll"];
  /** Called after the last case of the group, whatever happened. */
  export const after_all: TestModule["after_all"];
  /** Called before each case of the group and of those in it. */
  export const beforeEach: TestModule["beforeEach"];
  /** Called before each case of the group and of those in it. */
  export const before_each: TestModule["before_each"];
  /** Called after each case of the group and of those in it, whatever happened. */
  export const afterEach: TestModule["afterEach"];
  /** Called after each case of the group and of those in it, whatever happened. */
  export const after_each: TestModule["after_each"];
  /** Called when the case that runs is over, the latest first; false outside of a case, when it is not. */
  export const cleanup: TestModule["cleanup"];
  /** Runs the cases that were added, or those whose full name (groups and case, with spaces between) has the filter in it. A failure is a result, not an error. `reporter` adds a report. */
  export const run: TestModule["run"];
  /** How the tests ended when they last ran. */
  export const getResults: TestModule["getResults"];
  /** How the tests ended when they last ran. */
  export const get_results: TestModule["get_results"];
  /** A report on the tests when they last ran: text, JSON, TAP 14, or XML as of JUnit. */
  export const generateReport: TestModule["generateReport"];
  /** A report on the tests when they last ran: text, JSON, TAP 14, or XML as of JUnit. */
  export const generate_report: TestModule["generate_report"];
  /** Ends the test case as skipped. */
  export const skip: TestModule["skip"];
  /** Which lines of the script have run so far, when the run counts them: `llmspell test --coverage`. Counting ends with it. */
  export const getCoverage: TestModule["getCoverage"];
  /** Which lines of the script have run so far, when the run counts them: `llmspell test --coverage`. Counting ends with it. */
  export const get_coverage: TestModule["get_coverage"];
  /** Fails when the value is false or nothing. */
  export const assert: TestModule["assert"];
  /** Fails unless the value is true. */
  export const assertTrue: TestModule["assertTrue"];
  /** Fails unless the value is true. */
  export const assert_true: TestModule["assert_true"];
  /** Fails unless the value is false. */
  export const assertFalse: TestModule["assertFalse"];
  /** Fails unless the value is false. */
  export const assert_false: TestModule["assert_false"];
  /** Fails unless the value is nothing. */
  export const assertNil: TestModule["assertNil"];
  /** Fails unless the value is nothing. */
  export const assert_nil: TestModule["assert_nil"];
  /** Fails when the value is nothing. */
  export const assertNotNil: TestModule["assertNotNil"];
  /** Fails when the value is nothing. */
  export const assert_not_nil: TestModule["assert_not_nil"];
  /** Fails unless both values are the same in all that they hold; says what is different. */
  export const assertEquals: TestModule["assertEquals"];
  /** Fails unless both values are the same in all that they hold; says what is different. */
  export const assert_equals: TestModule["assert_equals"];
  /** Fails when both values are the same in all that they hold. */
  export const assertNotEquals: TestModule["assertNotEquals"];
  /** Fails when both values are the same in all that they hold. */
  export const assert_not_equals: TestModule["assert_not_equals"];
  /** Fails unless a text has the part, a list the item, or a table the key. */
  export const assertContains: TestModule["assertContains"];
  /** Fails unless a text has the part, a list the item, or a table the key. */
  export const assert_contains: TestModule["assert_contains"];
  /** Fails unless the function does, with an error of this code or with this part in its message; returns the error. */
  export const assertError: TestModule["assertError"];
  /** Fails unless the function does, with an error of this code or with this part in its message; returns the error. */
  export const assert_error: TestModule["assert_error"];
  /** Fails when the function does; returns its result. */
  export const assertNoError: TestModule["assertNoError"];
  /** Fails when the function does; returns its result. */
  export const assert_no_error: TestModule["assert_no_error"];
  /** Fails. */
  export const fail: TestModule["fail"];
  /** Puts a function in the place of a method, until `restore()` or the end of the test case; has `original` and all that a spy has. */
  export const mock: TestModule["mock"];
  /** A function that always returns a value, in the place of another one; has all that a spy has. */
  export const stub: TestModule["stub"];
  /** A function that calls another one and remembers: `calls` (lists of arguments), `call_count`, `called_with(...)`. In Lua a table that can be called; its `fn` is the function itself. */
  export const spy: TestModule["spy"];
  /** Times a function that is called `iterations` times (100), one after the other, after one call that warms up. Milliseconds; `ops` is calls a second. */
  export const benchmark: TestModule["benchmark"];
  /** Calls a function from `concurrency` sides at once (4) for a `duration` (1s), at most `rps` times a second. The calls go on beside each other where the function waits. */
  export const loadTest: TestModule["loadTest"];
  /** Calls a function from `concurrency` sides at once (4) for a `duration` (1s), at most `rps` times a second. The calls go on beside each other where the function waits. */
  export const load_test: TestModule["load_test"];
  /** Whether a function that is called `iterations` times (10) leaves more than `max_growth` bytes (64 KiB) in use, as the engine counts it; garbage is collected before and after. */
  export const memoryTest: TestModule["memoryTest"];
  /** Whether a function that is called `iterations` times (10) leaves more than `max_growth` bytes (64 KiB) in use, as the engine counts it; garbage is collected before and after. */
  export const memory_test: TestModule["memory_test"];
  /** A run of an agent with a scripted model, as data: `given` (agent, tools, the answers of the model), `when` (what is said), `then` (what should come of it; matchers such as `{["$contains"] = "rain"}`). */
  export const createScenario: TestModule["createScenario"];
  /** A run of an agent with a scripted model, as data: `given` (agent, tools, the answers of the model), `when` (what is said), `then` (what should come of it; matchers such as `{["$contains"] = "rain"}`). */
  export const create_scenario: TestModule["create_scenario"];
  /** Runs a scenario, without any real model; what is not as expected is a result, not an error. */
  export const runScenario: TestModule["runScenario"];
  /** Runs a scenario, without any real model; what is not as expected is a result, not an error. */
  export const run_scenario: TestModule["run_scenario"];
  /**
   * Data for a test: a copy of the table given, or the file of this name (JSON, YAML or text) in the folder `fixtures` (capability `file.read`), read anew each time.
   * May need `file.read` (fixtures/NAME).
   */
  export const setupFixture: TestModule["setupFixture"];
  /**
   * Data for a test: a copy of the table given, or the file of this name (JSON, YAML or text) in the folder `fixtures` (capability `file.read`), read anew each time.
   * May need `file.read` (fixtures/NAME).
   */
  export const setup_fixture: TestModule["setup_fixture"];
}

declare module "llmspell/tools" {
  const all: ToolsModule;
  export default all;
  /** Makes a tool of a function: define(name, description, schema, fn) or define{name=, description=, parameters=, execute=}. */
  export const define: ToolsModule["define"];
  /** Makes a tool step by step: builder(name):description(…):parameter(name, type, description?, required?):execute(fn):build(). */
  export const builder: ToolsModule["builder"];
  /** Registers many tools, by name or as a list; those that cannot be are told, and keep no other from it. opts.prefix comes before each name. */
  export const registerLibrary: ToolsModule["registerLibrary"];
  /** Registers many tools, by name or as a list; those that cannot be are told, and keep no other from it. opts.prefix comes before each name. */
  export const register_library: ToolsModule["register_library"];
  /**
   * Registers an agent as a tool with the parameter `task`; its result is the answer, as an object with opts.output.
   * Needs `model` (the model, as provider:model).
   */
  export const wrapAgent: ToolsModule["wrapAgent"];
  /**
   * Registers an agent as a tool with the parameter `task`; its result is the answer, as an object with opts.output.
   * Needs `model` (the model, as provider:model).
   */
  export const wrap_agent: ToolsModule["wrap_agent"];
  /** Registers a workflow as a tool with the parameter `input`; its result is the output. opts.input is the schema of the input. */
  export const wrapWorkflow: ToolsModule["wrapWorkflow"];
  /** Registers a workflow as a tool with the parameter `input`; its result is the output. opts.input is the schema of the input. */
  export const wrap_workflow: ToolsModule["wrap_workflow"];
  /** Registers a tool that runs others one after the other, each with the result before; what is no table is given as {input=…}. */
  export const compose: ToolsModule["compose"];
  /** Removes a tool; true when there was one. */
  export const unregister: ToolsModule["unregister"];
  /** Removes every tool that the spell has made, and no other; how many. */
  export const clearRegistry: ToolsModule["clearRegistry"];
  /** Removes every tool that the spell has made, and no other; how many. */
  export const clear_registry: ToolsModule["clear_registry"];
  /**
   * Checks the parameters against the tool's schema, asks for the powers it needs and runs it.
   * May need what the tool asks for.
   */
  export const execute: ToolsModule["execute"];
  /**
   * As execute, but a failure is a result: {success, result?, error?, duration_ms}.
   * May need what the tool asks for.
   */
  export const executeSafe: ToolsModule["executeSafe"];
  /**
   * As execute, but a failure is a result: {success, result?, error?, duration_ms}.
   * May need what the tool asks for.
   */
  export const execute_safe: ToolsModule["execute_safe"];
  /**
   * Runs tools one after the other now, each with the result before; what is no table is given as {input=…}. A failed step ends it, and is raised unless opts.stop_on_error is false.
   * May need what the tool asks for.
   */
  export const pipeline: ToolsModule["pipeline"];
  /**
   * Runs tools at the same time, at most opts.concurrency (4): all with the same parameters, or each with its own in a list; results in order.
   * May need what the tool asks for.
   */
  export const parallelExecute: ToolsModule["parallelExecute"];
  /**
   * Runs tools at the same time, at most opts.concurrency (4): all with the same parameters, or each with its own in a list; results in order.
   * May need what the tool asks for.
   */
  export const parallel_execute: ToolsModule["parallel_execute"];
  /** Checks parameters against a tool's schema. */
  export const validateParams: ToolsModule["validateParams"];
  /** Checks parameters against a tool's schema. */
  export const validate_params: ToolsModule["validate_params"];
  /** Looks closely at the definition of a tool without registering it: what is wrong with it, and what could be better. */
  export const validateDefinition: ToolsModule["validateDefinition"];
  /** Looks closely at the definition of a tool without registering it: what is wrong with it, and what could be better. */
  export const validate_definition: ToolsModule["validate_definition"];
  /**
   * Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words.
   * May need what the tool asks for.
   */
  export const testTool: ToolsModule["testTool"];
  /**
   * Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words.
   * May need what the tool asks for.
   */
  export const test_tool: ToolsModule["test_tool"];
  /**
   * Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second.
   * May need what the tool asks for.
   */
  export const benchmarkTool: ToolsModule["benchmarkTool"];
  /**
   * Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second.
   * May need what the tool asks for.
   */
  export const benchmark_tool: ToolsModule["benchmark_tool"];
  /**
   * Registers a tool outside of the process. kind `process`: a program (command, args) that gets a line {tool, args} as JSON and answers with a line {result} or {error}; `http`: a url that gets the arguments as JSON; `script`: a spell (file) of the spell's folder, with the arguments as its params; `mcp`: all tools of a server (command, args or url), as a list. Nothing of it can do more than the run may: a process needs its command, a URL its host, and so do redirects.
   * May need `process` (the command), `network` (the host of the url), `spell` (the path of the script).
   */
  export const registerExternal: ToolsModule["registerExternal"];
  /**
   * Registers a tool outside of the process. kind `process`: a program (command, args) that gets a line {tool, args} as JSON and answers with a line {result} or {error}; `http`: a url that gets the arguments as JSON; `script`: a spell (file) of the spell's folder, with the arguments as its params; `mcp`: all tools of a server (command, args or url), as a list. Nothing of it can do more than the run may: a process needs its command, a URL its host, and so do redirects.
   * May need `process` (the command), `network` (the host of the url), `spell` (the path of the script).
   */
  export const register_external: ToolsModule["register_external"];
  /**
   * Registers the tools that files NAME.tool.json describe, in the folder `dir` below the working directory and in the folders that the variable `env` lists (LLMSPELL_TOOLS without either), those of a `category` only. What is malformed, or what the run may not use, is told in the log and keeps no other from being found.
   * May need `file.read` (the folder), `env` (the variable), what the tool asks for.
   */
  export const discover: ToolsModule["discover"];
  /**
   * Writes the tools outside of the process, but those of MCP servers and of folders that a variable listed, and the statistics of all tools to a file below the working directory (tools.json); opts.encoding `binary` makes it small. A function of a spell cannot be saved.
   * Needs `file.write` (the file).
   */
  export const save: ToolsModule["save"];
  /**
   * Registers the tools of such a file, as far as the run may use them, and goes on with its statistics. A file that is not there holds none.
   * Needs `file.read` (the file).
   * May need what the tool asks for.
   */
  export const load: ToolsModule["load"];
  /** Every tool of this run, or those that fit a filter: builtin, category, tags, search, and with enabled = false those that are disabled. */
  export const list: ToolsModule["list"];
  /** Tools by words in name, description or tags, or by a pattern of names such as file_*. */
  export const search: ToolsModule["search"];
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
  /** A page on a tool, in Markdown. */
  export const getDocumentation: ToolsModule["getDocumentation"];
  /** A page on a tool, in Markdown. */
  export const get_documentation: ToolsModule["get_documentation"];
  /** The categories of all tools, in order. */
  export const getCategories: ToolsModule["getCategories"];
  /** The categories of all tools, in order. */
  export const get_categories: ToolsModule["get_categories"];
  /** The tools of a category. */
  export const listByCategory: ToolsModule["listByCategory"];
  /** The tools of a category. */
  export const list_by_category: ToolsModule["list_by_category"];
  /** The tools that have all of these tags. */
  export const listByTags: ToolsModule["listByTags"];
  /** The tools that have all of these tags. */
  export const list_by_tags: ToolsModule["list_by_tags"];
  /** The tools that declare that they need a power. */
  export const listByPermission: ToolsModule["listByPermission"];
  /** The tools that declare that they need a power. */
  export const list_by_permission: ToolsModule["list_by_permission"];
  /** The tools whose calls in this run took so much: at least min_calls, at most max_avg_ms on average, at most max_error_rate (0 to 1) failed. */
  export const listByResourceUsage: ToolsModule["listByResourceUsage"];
  /** The tools whose calls in this run took so much: at least min_calls, at most max_avg_ms on average, at most max_error_rate (0 to 1) failed. */
  export const list_by_resource_usage: ToolsModule["list_by_resource_usage"];
  /** Makes a disabled tool visible again. */
  export const enable: ToolsModule["enable"];
  /** Hides a tool from the spell, and from agents that are made from now on. */
  export const disable: ToolsModule["disable"];
  /** The calls of a tool in this run, by the spell and by agents; of every tool that was called, by name, without one. */
  export const getMetrics: ToolsModule["getMetrics"];
  /** The calls of a tool in this run, by the spell and by agents; of every tool that was called, by name, without one. */
  export const get_metrics: ToolsModule["get_metrics"];
  /** How many tools there are, and of which kinds; how often tools were called in this run. */
  export const getRegistryStats: ToolsModule["getRegistryStats"];
  /** How many tools there are, and of which kinds; how often tools were called in this run. */
  export const get_registry_stats: ToolsModule["get_registry_stats"];
  /** A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}. */
  export const exportMcp: ToolsModule["exportMcp"];
  /** A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}. */
  export const export_mcp: ToolsModule["export_mcp"];
}

declare module "llmspell/trace" {
  const all: TraceModule;
  export default all;
  /** Calls a function inside a span, which ends with it: with the status `error` when it fails. Spans that it starts are children, also after it has waited. */
  export const span: TraceModule["span"];
  /** Starts a span that `end_span` ends, by default a child of the one around. */
  export const startSpan: TraceModule["startSpan"];
  /** Starts a span that `end_span` ends, by default a child of the one around. */
  export const start_span: TraceModule["start_span"];
  /** Ends a span. */
  export const endSpan: TraceModule["endSpan"];
  /** Ends a span. */
  export const end_span: TraceModule["end_span"];
  /** Adds an event to the span around, or to the one given. */
  export const addEvent: TraceModule["addEvent"];
  /** Adds an event to the span around, or to the one given. */
  export const add_event: TraceModule["add_event"];
  /** Sets an attribute of the span around, or of the one given, which may also come first. */
  export const setAttribute: TraceModule["setAttribute"];
  /** Sets an attribute of the span around, or of the one given, which may also come first. */
  export const set_attribute: TraceModule["set_attribute"];
  /** The spans of a trace that have ended, by default of the latest. */
  export const getTrace: TraceModule["getTrace"];
  /** The spans of a trace that have ended, by default of the latest. */
  export const get_trace: TraceModule["get_trace"];
  /** The headers of W3C Trace Context with which another program continues the trace. */
  export const context: TraceModule["context"];
}

declare module "llmspell/workflow" {
  const all: WorkflowModule;
  export default all;
  /** A workflow: create(steps, opts?), create(name, steps), or create({ steps, pattern, name, … }). */
  export const create: WorkflowModule["create"];
  /** A workflow whose steps run in order; each gets what the one before returned. */
  export const sequential: WorkflowModule["sequential"];
  /** A workflow whose steps run at the same time with the same input; outputs by step id. */
  export const parallel: WorkflowModule["parallel"];
  /** A workflow that goes one of two ways: by a function, an expression (CEL), or `{ path = JSONPath }`. */
  export const conditional: WorkflowModule["conditional"];
  /** A workflow that repeats its body: `{ times = n }`, `{ while = condition }` or `{ each = list }`. Its output is the list of what each round gave. */
  export const loop: WorkflowModule["loop"];
  /** A step that runs a function, or source in a guest of its own, where it sees `input` and `vars`. */
  export const scriptStep: WorkflowModule["scriptStep"];
  /** A step that runs a function, or source in a guest of its own, where it sees `input` and `vars`. */
  export const script_step: WorkflowModule["script_step"];
  /** A workflow of workflows, "sequential" or "parallel"; each may be a table with `workflow` and the rules `input` and `output`. */
  export const compose: WorkflowModule["compose"];
  /** Adds a step at the end, or behind the step `opts.after`; gives its id. */
  export const addStep: WorkflowModule["addStep"];
  /** Adds a step at the end, or behind the step `opts.after`; gives its id. */
  export const add_step: WorkflowModule["add_step"];
  /** Removes a step; an error when a rule of another one names it. */
  export const removeStep: WorkflowModule["removeStep"];
  /** Removes a step; an error when a rule of another one names it. */
  export const remove_step: WorkflowModule["remove_step"];
  /** The steps of a workflow as tables. */
  export const getSteps: WorkflowModule["getSteps"];
  /** The steps of a workflow as tables. */
  export const get_steps: WorkflowModule["get_steps"];
  /** What a workflow is. */
  export const getInfo: WorkflowModule["getInfo"];
  /** What a workflow is. */
  export const get_info: WorkflowModule["get_info"];
  /** Every workflow of this run. */
  export const list: WorkflowModule["list"];
  /** Forgets a workflow; its handle can no longer be used. */
  export const destroy: WorkflowModule["destroy"];
  /** All problems of a workflow or a definition: wrong fields, expressions that do not compile, unknown names, cycles. */
  export const validate: WorkflowModule["validate"];
  /** A workflow as a flowchart in Mermaid, or its steps as data. */
  export const visualize: WorkflowModule["visualize"];
  /** What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves. */
  export const onError: WorkflowModule["onError"];
  /** What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves. */
  export const on_error: WorkflowModule["on_error"];
  /**
   * Runs a workflow to its end. A failed step is in the result, not an error. `opts.on_step` is told of each step; with `opts.durable` a new process can go on with the run (needs `storage=workflows`).
   * May need what the tool asks for, `storage` (workflows, to keep checkpoints), `model` (the model of a step that is an agent).
   */
  export const run: WorkflowModule["run"];
  /** Does the next step only, then pauses; nothing when there was none. The first one starts the workflow with `input`. */
  export const step: WorkflowModule["step"];
  /** Starts no more steps; waits for those under way. */
  export const pause: WorkflowModule["pause"];
  /** Goes on with a paused workflow to its end. */
  export const resume: WorkflowModule["resume"];
  /** Aborts the steps under way, undoes what is finished, and waits for the end. */
  export const cancel: WorkflowModule["cancel"];
  /** How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled". */
  export const getStatus: WorkflowModule["getStatus"];
  /** How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled". */
  export const get_status: WorkflowModule["get_status"];
  /** What the steps gave so far, by their path. */
  export const getResults: WorkflowModule["getResults"];
  /** What the steps gave so far, by their path. */
  export const get_results: WorkflowModule["get_results"];
  /** A workflow as text; one with functions has no such form. */
  export const serialize: WorkflowModule["serialize"];
  /** The workflow that a text describes. */
  export const deserialize: WorkflowModule["deserialize"];
  /**
   * Keeps a workflow by name beyond the run.
   * Needs `storage` (workflows).
   */
  export const repositorySave: WorkflowModule["repositorySave"];
  /**
   * Keeps a workflow by name beyond the run.
   * Needs `storage` (workflows).
   */
  export const repository_save: WorkflowModule["repository_save"];
  /**
   * A workflow that was kept.
   * Needs `storage` (workflows).
   */
  export const repositoryLoad: WorkflowModule["repositoryLoad"];
  /**
   * A workflow that was kept.
   * Needs `storage` (workflows).
   */
  export const repository_load: WorkflowModule["repository_load"];
  /**
   * The names of workflows that were kept.
   * Needs `storage` (workflows).
   */
  export const repositoryList: WorkflowModule["repositoryList"];
  /**
   * The names of workflows that were kept.
   * Needs `storage` (workflows).
   */
  export const repository_list: WorkflowModule["repository_list"];
  /** Pauses a durable run and gives what `restore` takes; its finished steps are kept as they end. */
  export const checkpoint: WorkflowModule["checkpoint"];
  /**
   * A durable run of this or another process, paused; `resume` goes on with it without repeating finished steps.
   * Needs `storage` (workflows).
   */
  export const restore: WorkflowModule["restore"];
  /**
   * The durable runs that are kept, the newest first.
   * Needs `storage` (workflows).
   */
  export const listCheckpoints: WorkflowModule["listCheckpoints"];
  /**
   * The durable runs that are kept, the newest first.
   * Needs `storage` (workflows).
   */
  export const list_checkpoints: WorkflowModule["list_checkpoints"];
}
