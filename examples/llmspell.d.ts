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

interface ConvertOptions {
  schema?: Record<string, any>;
  indent?: number;
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

interface ParseJsonOptions {
  schema?: Schema | string | Record<string, any>;
  repair?: boolean;
}

interface MergeOptions {
  separator?: string;
}

interface InferOptions {
  samples?: boolean;
  closed?: boolean;
}

interface MigrationRules {
  rename?: Record<string, any>;
  remove?: readonly string[];
  set?: Record<string, any>;
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
  registerParser(name: string, parser: { can_parse: (...args: any[]) => any; parse: (...args: any[]) => any }): void;
  /** A parser of the spell: `can_parse(text)` says how likely it is, 0 to 1 or a boolean, `parse(text)` reads it. */
  register_parser(name: string, parser: { can_parse: (...args: any[]) => any; parse: (...args: any[]) => any }): void;
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
  /** Keeps a schema as the next version of its name, beyond the run. Needs `storage=schemas`. */
  save(name: string, schema: Schema | string | Record<string, any>, opts?: Waiting): Promise<number>;
  /** A kept schema, the newest version unless another is named. Needs `storage=schemas`. */
  load(name: string, version?: number, opts?: Waiting): Promise<Schema>;
  /** The names of kept schemas with their versions. Needs `storage=schemas`. */
  list(opts?: Waiting): Promise<{ name: string; versions: number[] }[]>;
  /** Removes a kept schema, or one version of it; whether there was one. Needs `storage=schemas`. */
  delete(name: string, version?: number, opts?: Waiting): Promise<boolean>;
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
  readonly output: OutputModule;
  readonly promise: PromiseModule;
  readonly provider: ProviderModule;
  readonly schema: SchemaModule;
  readonly spell: SpellModule;
  readonly tools: ToolsModule;
  readonly workflow: WorkflowModule;
}

declare var llmspell: Llmspell;
declare var agent: AgentModule;
declare var data: DataModule;
declare var llm: LlmModule;
declare var log: LogModule;
declare var output: OutputModule;
declare var promise: PromiseModule;
declare var sleep: PromiseModule["sleep"];
declare var delay: PromiseModule["sleep"];
declare var provider: ProviderModule;
declare var schema: SchemaModule;
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
  export const output: Llmspell["output"];
  export const promise: Llmspell["promise"];
  export const provider: Llmspell["provider"];
  export const schema: Llmspell["schema"];
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
  /** Keeps a schema as the next version of its name, beyond the run. Needs `storage=schemas`. */
  export const save: SchemaModule["save"];
  /** A kept schema, the newest version unless another is named. Needs `storage=schemas`. */
  export const load: SchemaModule["load"];
  /** The names of kept schemas with their versions. Needs `storage=schemas`. */
  export const list: SchemaModule["list"];
  /** Removes a kept schema, or one version of it; whether there was one. Needs `storage=schemas`. */
  const delete_: SchemaModule["delete"];
  export { delete_ as delete };
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
