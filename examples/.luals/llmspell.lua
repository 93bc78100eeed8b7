---@meta llmspell
-- The script API of llmspell, for the Lua language server (https://luals.github.io).
-- Made by `llmspell types --language lua`; a change belongs into the declarations it is made of.

---What the host refuses, and what it reports: the value that `pcall` gives.
---@class SpellError
---@field code string Stable, e.g. `PERMISSION_DENIED`.
---@field category string
---@field message string
---@field details table<string, any>

---The parameters of the run.
---@type table<string, any>
params = {}

---What an agent is and what it has used so far.
---@class AgentInfo
---@field id string
---@field name string
---@field description string|nil
---@field type string
---@field model string
---@field provider string
---@field status string
---@field usage Usage
---@field runs integer
---@field tool_calls integer

---Something that happened. `category` is the first word of the type; events of one run share the correlation id; one of a replay has `replay`.
---@class Event
---@field id string
---@field type string
---@field category string
---@field severity string
---@field source string
---@field timestamp number
---@field correlation_id? string
---@field data any
---@field replay? boolean

---A hook in its place.
---@class HookInfo
---@field id string
---@field name string
---@field type string
---@field points string[]
---@field priority number
---@field enabled boolean
---@field metadata table<string, any>
---@field calls integer
---@field errors integer

---What is in a memory; tokens are estimated.
---@class MemoryInfo
---@field id string
---@field messages integer
---@field tokens integer
---@field characters integer
---@field by_role table<string, any>

---One message of a conversation.
---@class Message
---@field role "system"|"user"|"assistant"|"tool"
---@field content string
---@field name? string
---@field tool_call_id? string
---@field tool_calls? ToolCall[]

---What is known of a model; what is left out is not known. Prices are in USD per million tokens.
---@class ModelInfo
---@field id string
---@field provider string
---@field model string
---@field name string
---@field kind "chat"|"embedding"|"unknown"
---@field context_window? integer
---@field max_output? integer
---@field modalities string[]
---@field capabilities string[]
---@field pricing? { input: number, output: number, cached_input?: number, cache_write?: number, long_context?: table<string, any> }
---@field dimension? integer
---@field knowledge? string
---@field released? string
---@field aliases? string[]

---Several models as one.
---@class PoolInfo
---@field name string
---@field strategy string
---@field providers string[]

---A provider of models, or with the type `pool` several of them as one.
---@class ProviderInfo
---@field name string
---@field type string
---@field configured boolean
---@field default_model string|nil
---@field capabilities string[]

---How a model did in this run. Times are in milliseconds, costs in USD, left out when a price is not known.
---@class ModelPerformance
---@field model string
---@field calls integer
---@field errors integer
---@field error_rate number
---@field error_codes table<string, any>
---@field latency_p50? number
---@field latency_p95? number
---@field tokens_in integer
---@field tokens_out integer
---@field cost? number

---What a provider of a type is configured with.
---@class ProviderTemplate
---@field type string
---@field description string
---@field fields { name: string, required: boolean, secret: boolean, description: string, default?: string }[]
---@field defaults table<string, any>
---@field env string[]
---@field capabilities string[]

---The answer of a model or an agent; used as text, it is its content.
---@class Response
---@field content string
---@field role string
---@field model string
---@field provider string
---@field usage Usage
---@field tool_calls ToolCall[]
---@field finish_reason string
---@field status string
---@field suspension? table<string, any>
---@field data any
---@field metadata { steps: integer }

---Somebody who is logged in.
---@class Session
---@field id string
---@field user table<string, any>
---@field token string
---@field refresh_token string
---@field expires_at number

---How tests ended.
---@class TestResults
---@field total integer
---@field passed integer
---@field failed integer
---@field skipped integer
---@field duration_ms number
---@field cases { groups: string[], name: string, status: "passed"|"failed"|"skipped", duration_ms: number, error?: SpellError, reason?: string }[]
---@field report? string

---A tool that a model has called.
---@class ToolCall
---@field id string
---@field name string
---@field args any
---@field result? any
---@field error? { code: string, message: string }

---What a tool says of itself.
---@class ToolInfo
---@field name string
---@field description string
---@field parameters table<string, any>
---@field version? string
---@field category? string
---@field tags? string[]
---@field features? string[]
---@field output? table<string, any>
---@field examples? { description?: string, args: table<string, any>, result?: any }[]
---@field timeoutMs? number
---@field permissions? string[]

---Tokens.
---@class Usage
---@field prompt_tokens integer
---@field completion_tokens integer
---@field total_tokens integer

---What a workflow is.
---@class WorkflowInfo
---@field name string|nil
---@field description string|nil
---@field pattern string
---@field steps integer
---@field status string

---How a step of a workflow ended.
---@class WorkflowStepResult
---@field id string
---@field path string
---@field status string
---@field output any
---@field error SpellError|nil
---@field duration_ms number

---@class ToolExample
---@field description? string
---@field args table<string, any>
---@field result? any

---@class ToolDefinition
---@field name string
---@field description string
---@field parameters? table<string, any>
---@field schema? table<string, any>
---@field execute? function
---@field func? function
---@field version? string
---@field category? string
---@field tags? string[]
---@field output? table<string, any>
---@field examples? ToolExample[]
---@field timeout? number|string
---@field permissions? string[]
---@field needs_approval? boolean|function

---@class CodeMode
---@field language? "lua"|"javascript"
---@field fuel? integer
---@field memory? integer
---@field time? number|string
---@field calls? integer
---@field parallel? integer
---@field console? integer
---@field result? integer
---@field declared? integer

---@class AgentConfig
---@field name? string
---@field description? string
---@field provider? string
---@field model? string
---@field system_prompt? string
---@field temperature? number
---@field max_tokens? integer
---@field top_p? number
---@field stop? string[]
---@field tools? (string|ToolDefinition|Tool|string)[]
---@field code_mode? boolean|"lua"|"javascript"|CodeMode
---@field tool_choice? "auto"|"none"|"required"|{ tool: string }
---@field approvals? "all"|"none"|string[]
---@field memory? boolean|Memory|string
---@field max_steps? integer
---@field token_budget? integer
---@field context_tokens? integer
---@field timeout? number|string
---@field schema? table<string, any>

---@class AgentRunOptions
---@field timeout? number|string
---@field on_chunk? function
---@field schema? table<string, any>
---@field approve? function
---@field messages? Message[]

---@class DelegateOptions
---@field report_back? boolean
---@field timeout? number|string

---@class CollaborateOptions
---@field mode? "sequential"|"parallel"|"leader"|"vote"
---@field choices? string[]
---@field rounds? integer
---@field share_context? boolean
---@field max_concurrency? integer
---@field timeout? number|string

---@class AgentReplayOptions
---@field speed? number

---@class AgentHookOptions
---@field name? string
---@field priority? number|"highest"|"critical"|"high"|"normal"|"low"|"lowest"

---@class OAuthConfig
---@field client_id string
---@field client_secret? string
---@field redirect_uri string
---@field scopes? string[]
---@field authorization_endpoint? string
---@field token_endpoint? string
---@field timeout? number|string

---@class JwtVerification
---@field key string|table<string, any>
---@field algs? string[]
---@field iss? string
---@field aud? string

---@class TokenOptions
---@field ttl? number|string
---@field alg? "HS256"|"HS384"|"HS512"

---@class TokenChecks
---@field alg? "HS256"|"HS384"|"HS512"
---@field iss? string
---@field aud? string

---@class PolicyRule
---@field effect "allow"|"deny"
---@field subjects? string[]
---@field resources? string[]
---@field actions? string[]
---@field conditions? table<string, any>

---@class ConvertOptions
---@field schema? table<string, any>
---@field indent? integer

---@class DumpOptions
---@field depth? integer

---@class RetryOptions
---@field attempts? integer
---@field backoff? "fixed"|"linear"|"exponential"|"fibonacci"
---@field delay? number|string
---@field max_delay? number|string
---@field jitter? boolean
---@field retry_if? function

---@class BreakerConfig
---@field name? string
---@field failures? integer
---@field reset? number|string
---@field half_open? integer

---@class EventInput
---@field type string
---@field data? any
---@field severity? "debug"|"info"|"warning"|"error"
---@field source? string
---@field correlation_id? string

---@class EmitOptions
---@field severity? "debug"|"info"|"warning"|"error"
---@field source? string
---@field correlation_id? string

---@class EventComparison
---@field field string
---@field op string
---@field value? any

---@class EventFilterSpec
---@field type? string
---@field pattern? string
---@field source? string
---@field severity? "debug"|"info"|"warning"|"error"
---@field time_range? { from?: number, to?: number }
---@field where? EventComparison[]
---@field predicate? function

---@class ListenOptions
---@field filter? function|EventFilter|string|EventFilterSpec
---@field priority? number|"critical"|"high"|"normal"|"low"
---@field once? boolean

---@class EventQuery
---@field pattern? string
---@field since? number
---@field until? number
---@field correlation_id? string
---@field limit? integer

---@class RecordingOptions
---@field pattern? string
---@field file? string
---@field max? integer
---@field duration? number|string

---@class ReplayOptions
---@field speed? number
---@field filter? EventFilter|string
---@field wait? boolean

---@class AggregationConfig
---@field pattern? string
---@field field? string
---@field window? number|string

---@class HookFilterSpec
---@field points? string[]
---@field names? string[]
---@field rate? { limit: integer, window: number|string }
---@field metadata? table<string, any>
---@field time_window? { from?: number, until?: number }
---@field predicate? function
---@field op? "and"|"or"|"not"

---@class HookOptions
---@field name? string
---@field priority? number|"highest"|"critical"|"high"|"normal"|"low"|"lowest"
---@field filter? function|HookFilter|string|HookFilterSpec
---@field on_error? "throw"|"ignore"
---@field background? boolean
---@field metadata? table<string, any>

---@class RegisterOptions
---@field name? string
---@field priority? number|"highest"|"critical"|"high"|"normal"|"low"|"lowest"
---@field filter? function|HookFilter|string|HookFilterSpec
---@field on_error? "throw"|"ignore"
---@field background? boolean
---@field metadata? table<string, any>
---@field operations? string[]

---@class GenerateRequest
---@field prompt? string
---@field messages? Message[]
---@field provider? string
---@field model? string
---@field system? string
---@field system_prompt? string
---@field temperature? number
---@field max_tokens? integer
---@field stop? string[]
---@field schema? table<string, any>
---@field timeout? number|string

---@class GenerateOptions
---@field provider? string
---@field model? string
---@field system? string
---@field system_prompt? string
---@field temperature? number
---@field max_tokens? integer
---@field stop? string[]
---@field schema? table<string, any>
---@field timeout? number|string

---@class BatchOptions
---@field provider? string
---@field model? string
---@field system? string
---@field system_prompt? string
---@field temperature? number
---@field max_tokens? integer
---@field stop? string[]
---@field schema? table<string, any>
---@field timeout? number|string
---@field concurrency? integer
---@field stop_on_error? boolean

---@class ProviderConfig
---@field type? string
---@field name? string
---@field api_key? string|{ env: string }
---@field base_url? string
---@field headers? table<string, any>
---@field default_model? string
---@field embedding_model? string
---@field options? table<string, any>
---@field limits? table<string, any>

---@class Operation
---@field prompt? string
---@field tokens_in? integer
---@field tokens_out? integer

---@class SplitOptions
---@field overlap? integer
---@field model? string

---@class PoolMember
---@field model string
---@field weight? number

---@class PoolOptions
---@field timeout? number|string
---@field failures? integer
---@field reset? number|string
---@field agree? integer

---@class BatchCall
---@field fn string
---@field args? any[]

---@class CallBatchOptions
---@field concurrency? integer

---@class MemoizeOptions
---@field ttl? number|string
---@field max? integer

---@class LogOptions
---@field file? string
---@field max_bytes? integer
---@field max_files? integer
---@field sinks? ("host"|"file")[]

---@class MemoryConfig
---@field type? "conversation"|"short_term"
---@field name? string
---@field max_messages? integer
---@field max_tokens? integer

---@class MemoryQuery
---@field limit? integer
---@field offset? integer
---@field max_tokens? integer

---@class MemoryLimits
---@field max_messages? integer
---@field max_tokens? integer

---@class SummarizeOptions
---@field model? string
---@field max_tokens? integer
---@field keep? integer
---@field replace? boolean

---@class MemoryStoreOptions
---@field scope? "global"|"agent"|"session"
---@field id? string
---@field ttl? number|string

---@class MemoryScope
---@field scope? "global"|"agent"|"session"
---@field id? string

---@class ScanOptions
---@field provider? string

---@class RankWeights
---@field price? number
---@field context? number
---@field output? number
---@field capabilities? number
---@field released? number
---@field knowledge? number

---@class ModelNeeds
---@field provider? string
---@field kind? "chat"|"embedding"|"unknown"
---@field capabilities? ("chat"|"streaming"|"tools"|"structured-output"|"reasoning"|"vision"|"audio"|"video"|"pdf"|"prompt-caching"|"embeddings")[]
---@field min_context? integer
---@field min_output? integer
---@field max_input_price? number
---@field max_output_price? number
---@field text? string
---@field max_cost? number
---@field providers? string[]
---@field prefer? RankWeights

---@class ModelFilter
---@field provider? string
---@field kind? "chat"|"embedding"|"unknown"
---@field capabilities? ("chat"|"streaming"|"tools"|"structured-output"|"reasoning"|"vision"|"audio"|"video"|"pdf"|"prompt-caching"|"embeddings")[]
---@field min_context? integer
---@field min_output? integer
---@field max_input_price? number
---@field max_output_price? number
---@field text? string

---@class ParseJsonOptions
---@field schema? Schema|string|table<string, any>
---@field repair? boolean

---@class MergeOptions
---@field separator? string

---@class MockResponse
---@field content? string
---@field text? string
---@field chunks? string[]
---@field tool_calls? { name: string, args?: any, id?: string }[]
---@field finish_reason? "stop"|"length"|"content-filter"|"tool-calls"|"error"|"other"
---@field error? string
---@field delay? number|string
---@field usage? { prompt_tokens?: integer, completion_tokens?: integer }

---@class NewProvider
---@field type? string
---@field name? string
---@field api_key? string|{ env: string }
---@field base_url? string
---@field headers? table<string, any>
---@field default_model? string
---@field embedding_model? string
---@field options? table<string, any>
---@field limits? table<string, any>
---@field responses? function|(string|function|MockResponse)[]
---@field generate? function

---@class ProviderChange
---@field type? string
---@field name? string
---@field api_key? string|{ env: string }
---@field base_url? string
---@field headers? table<string, any>
---@field default_model? string
---@field embedding_model? string
---@field options? table<string, any>
---@field limits? table<string, any>
---@field providers? (string|PoolMember)[]
---@field strategy? "fastest"|"primary"|"consensus"|"failover"|"round_robin"|"random"|"weighted"|"least_used"|"fastest"|"fastest_first"|"consensus"
---@field timeout? number|string
---@field failures? integer
---@field reset? number|string
---@field agree? integer

---@class ProviderFilter
---@field type? string
---@field capability? string
---@field configured? boolean

---@class ContentRule
---@field id string
---@field type "regex"|"keyword"|"length"|"fn"|"schema"
---@field action? "block"|"warn"|"redact"
---@field message? string
---@field pattern? string
---@field ignore_case? boolean
---@field keywords? string[]
---@field min? integer
---@field max? integer
---@field fn? function
---@field schema? table<string, any>
---@field scope? "input"|"output"|"both"

---@class InferOptions
---@field samples? boolean
---@field closed? boolean

---@class MigrationRules
---@field rename? table<string, any>
---@field remove? string[]
---@field set? table<string, any>

---@class SpellConfig
---@field name? string
---@field version? string
---@field description? string
---@field params? table<string, any>
---@field timeout? number|string

---@class SpellPart
---@field spell string
---@field params? table<string, any>
---@field as? string

---@class TemplateOptions
---@field strict? boolean

---@class TimeFormatOptions
---@field tz? string
---@field locale? string

---@class StateOptions
---@field name? string

---@class LoadOptions
---@field version? integer

---@class ContextInheritance
---@field messages? boolean
---@field artifacts? boolean
---@field metadata? boolean

---@class CaseOptions
---@field timeout? number|string
---@field skip? boolean
---@field only? boolean

---@class TestOptions
---@field filter? string
---@field reporter? "text"|"json"|"tap"|"junit"

---@class LoadConfig
---@field concurrency? integer
---@field duration? number|string
---@field rps? number

---@class MemoryTestOptions
---@field iterations? integer
---@field max_growth? integer

---@class LibraryOptions
---@field prefix? string

---@class WrapToolOptions
---@field name? string
---@field description? string
---@field category? string
---@field tags? string[]
---@field timeout? number|string
---@field output? table<string, any>

---@class WrapWorkflowOptions
---@field name? string
---@field description? string
---@field category? string
---@field tags? string[]
---@field timeout? number|string
---@field output? table<string, any>
---@field input? table<string, any>

---@class ComposeOptions
---@field name? string
---@field description? string

---@class PipelineOptions
---@field stop_on_error? boolean

---@class ParallelToolsOptions
---@field concurrency? integer

---@class ToolCase
---@field params? table<string, any>
---@field expect? any
---@field error? string

---@class ToolBenchmarkOptions
---@field iterations? integer
---@field warmup? integer

---@class ExternalTool
---@field kind "process"|"http"|"script"|"mcp"|"plugin"|"grpc"|"ffi"
---@field name string
---@field description? string
---@field parameters? table<string, any>
---@field output? table<string, any>
---@field version? string
---@field category? string
---@field tags? string[]
---@field timeout? number|string
---@field permissions? string[]
---@field command? string
---@field args? string[]
---@field url? string
---@field method? "POST"|"PUT"
---@field headers? table<string, any>
---@field file? string

---@class ToolSource
---@field dir? string
---@field env? string
---@field category? string

---@class SaveToolsOptions
---@field encoding? "json"|"binary"

---@class ToolFilter
---@field builtin? boolean
---@field category? string
---@field tags? string[]
---@field enabled? boolean
---@field search? string

---@class ToolUsageCriteria
---@field min_calls? integer
---@field max_avg_ms? number
---@field max_error_rate? number

---@class SpanOptions
---@field parent? Span|string
---@field attributes? table<string, any>
---@field kind? "internal"|"server"|"client"|"producer"|"consumer"

---@class WorkflowOptions
---@field name? string
---@field description? string
---@field max_concurrency? integer
---@field fail_fast? boolean
---@field timeout? number|string
---@field variables? table<string, any>
---@field input_schema? table<string, any>
---@field max_steps? integer

---@class ScriptStepOptions
---@field engine? string
---@field name? string

---@class AddStepOptions
---@field after? string
---@field id? string

---@class ErrorPolicy
---@field retry? table<string, any>
---@field circuit_breaker? table<string, any>
---@field fallback? function|Agent|string|Workflow|string|table<string, any>
---@field compensate? function|Agent|string|Workflow|string|table<string, any>
---@field filter? string[]
---@field timeout? number|string

---@class WorkflowRunOptions
---@field timeout? number|string
---@field on_step? function
---@field durable? boolean
---@field run_id? string

---@class Agent
local Agent = {}

---A new agent with the same configuration, changed by `modifications`; nothing else is shared. Needs `model` (the model, as provider:model).
---@param modifications? AgentConfig
---@return Agent
function Agent:clone(modifications) end

---Changes the configuration of an agent between runs. May need `model` (the model that it changes to).
---@param settings AgentConfig
---@return AgentInfo
function Agent:configure(settings) end

---Ends what an agent does and forgets it; its handle can no longer be used.
---@async
---@return boolean
function Agent:remove() end

---What an agent is and what it has used so far.
---@return AgentInfo
function Agent:get_info() end

---What an agent has done so far.
---@return { runs: integer, errors: integer, suspended: integer, avg_ms: number, tokens: integer, tool_calls: integer, failed_tool_calls: integer }
function Agent:get_metrics() end

---Gives an agent one more tool.
---@param tool string|ToolDefinition|Tool|string
function Agent:register_tool(tool) end

---Gives an agent several tools; says which could not be given.
---@param tools (string|ToolDefinition|Tool|string)[]
---@return { added: string[], failed: { name: string, error: SpellError }[] }
function Agent:add_tools(tools) end

---Takes a tool from an agent; true when it had it.
---@param tool_name string
---@return boolean
function Agent:unregister_tool(tool_name) end

---The tools of an agent.
---@return ToolInfo[]
function Agent:list_tools() end

---Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer, and ends the run by returning false: what it has had of the answer is all of it. `approve` decides on calls that need it, without it the run is suspended. Needs `model` (the model, as provider:model). May need what the tool asks for.
---@param input string|Message[]|{ messages: Message[] }
---@param opts? AgentRunOptions
---@async
---@return Response
function Agent:run(input, opts) end

---Goes on with a suspended run: `decisions` has, by the id of each call that waits, true, false or `{ approve, args, reason }`. Needs `model` (the model, as provider:model). May need what the tool asks for.
---@param suspension table<string, any>
---@param decisions table<string, any>
---@param opts? AgentRunOptions
---@async
---@return Response
function Agent:resume(suspension, decisions, opts) end

---A conversation with the agent that remembers: c:send(text), c:history(), …
---@param system_prompt? string
---@return Conversation
function Agent:conversation(system_prompt) end

---Lets another agent do a task in the name of the first; `report_back` tells the first what came out. Needs `model` (the model, as provider:model). May need what the tool asks for.
---@param to Agent|string
---@param task string
---@param opts? DelegateOptions
---@async
---@return Response
function Agent:delegate(to, task, opts) end

---The status of an agent, and its data.
---@return { status: string, data: table<string, any> }
function Agent:get_state() end

---A value of an agent's data, by a path such as `user.names[0]`; all of it without one.
---@param key? string
---@return any
function Agent:state_get(key) end

---Sets a value of an agent's data by path, or several at once: all of them or none.
---@param key string|table<string, any>
---@param value? any
function Agent:state_set(key, value) end

---An agent's data, as JSON text or as a table.
---@param format? "json"|"table"
---@return any
function Agent:state_export(format) end

---Replaces an agent's data by what `state_export` gave.
---@param data string|table<string, any>
function Agent:state_import(data) end

---Keeps what an agent's data is now; gives what `state_load_snapshot` takes.
---@param name? string
---@return string
function Agent:state_save_snapshot(name) end

---Makes an agent's data what it was, by the id or the name of a snapshot.
---@param snapshot_id string
function Agent:state_load_snapshot(snapshot_id) end

---The snapshots of an agent's data.
---@return { id: string, name: string, created_at: number, size: integer }[]
function Agent:state_list_snapshots() end

---What an agent remembers with; only one that was made with `memory`.
---@return Memory
function Agent:get_memory() end

---Lets an agent forget what was said.
function Agent:clear_memory() end

---Emits an event with this agent as its source.
---@param type string
---@param data? any
---@return string
function Agent:events_emit(type, data) end

---Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription.
---@param type string
---@param handler function
---@return string
function Agent:events_subscribe(type, handler) end

---Begins to keep the events of one agent, the latest 10 000.
---@async
---@return string
function Agent:events_start_recording() end

---Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given.
---@param opts? AgentReplayOptions
---@async
---@return { replayed: integer }
function Agent:events_replay(opts) end

---Begins to measure where the runs of this spell spend their time.
---@return string
function Agent:profiling_start() end

---The latest measurement of an agent, also while it is on.
---@return table<string, any>
function Agent:profiling_get_metrics() end

---The latest measurement of an agent as text, or as data.
---@param format? "text"|"json"
---@return any
function Agent:profiling_get_report(format) end

---A hook for this agent only; see the module `hooks`.
---@param point string
---@param fn function
---@param opts? AgentHookOptions
---@return string
function Agent:hooks_register(point, fn, opts) end

---The only hook of this agent at this point.
---@param point string
---@param fn function
---@return string
function Agent:hooks_set(point, fn) end

---Removes a hook of this agent by its id, or all of a point.
---@param hook string
---@return boolean
function Agent:hooks_unregister(hook) end

---@class EventFilter
local EventFilter = {}

---Calls the handler with each event of a pattern, where * is one word and ** any number of them, or of a filter; the id of the subscription. Lower priorities come first.
---@param handler function
---@param opts? ListenOptions
---@return string
function EventFilter:on(handler, opts) end

---As on, for one event; the subscription is gone before the handler runs.
---@param handler function
---@return string
function EventFilter:once(handler) end

---@class HookFilter
local HookFilter = {}

---@class Stream
local Stream = {}

---The next piece of the answer; nothing when it is over. Looping over the stream does this.
---@async
---@return string|nil
function Stream:next() end

---The whole answer, when it is over; of one that was closed, what was fetched of it.
---@async
---@return Response
function Stream:response() end

---Ends the answer. Leaving a loop of JavaScript does this, and in Lua a variable that is `<close>`.
function Stream:close() end

---@class Conversation
local Conversation = {}

---Says something and waits for the answer.
---@param text string
---@async
---@return Response
function Conversation:send(text) end

---As send, with the pieces of the answer passed to the callback; when it returns false, what it has had is the answer.
---@param text string
---@param callback function
---@async
---@return Response
function Conversation:stream(text, callback) end

---Every message so far.
---@return Message[]
function Conversation:history() end

---Adds a message without asking the model.
---@param message Message
function Conversation:add(message) end

---Forgets everything but the system prompt.
function Conversation:clear() end

---@class Logger
local Logger = {}

---Writes a log line of level debug, with the logger's fields.
---@param message any
---@param context? table<string, any>
function Logger:debug(message, context) end

---Writes a log line of level info, with the logger's fields.
---@param message any
---@param context? table<string, any>
function Logger:info(message, context) end

---Writes a log line of level warn, with the logger's fields.
---@param message any
---@param context? table<string, any>
function Logger:warn(message, context) end

---Writes a log line of level error, with the logger's fields.
---@param message any
---@param context? table<string, any>
function Logger:error(message, context) end

---A logger whose lines have these fields as well.
---@param context table<string, any>
---@return Logger
function Logger:with_context(context) end

---@class Memory
local Memory = {}

---Forgets a memory; its handle can no longer be used.
---@return boolean
function Memory:destroy() end

---Adds a message: add(m, message), or add(message) to the memory of the run.
---@param message Message
function Memory:add(message) end

---Adds several messages, all or none.
---@param messages Message[]
function Memory:add_batch(messages) end

---The messages, oldest first; with max_tokens the latest turns that fit, with offset and limit a part of them.
---@param opts? MemoryQuery
---@return Message[]
function Memory:get(opts) end

---The latest n messages, oldest first.
---@param n integer
---@return Message[]
function Memory:get_last(n) end

---The messages of a role.
---@param role "system"|"user"|"assistant"|"tool"
---@return Message[]
function Memory:get_by_role(role) end

---The messages that have words of a query, the best first.
---@param query string
---@return { message: Message, score: number }[]
function Memory:search(query) end

---Forgets everything but system messages.
function Memory:clear() end

---Forgets the oldest turns until there are no more messages than that, or {tokens = …}; how many went.
---@param limit integer|{ tokens: integer }
---@return integer
function Memory:truncate(limit) end

---How many messages, tokens (estimated) and bytes of text there are.
---@return { messages: integer, tokens: integer, bytes: integer }
function Memory:get_size() end

---How many tokens there are, estimated.
---@return integer
function Memory:get_token_count() end

---What is in a memory.
---@return MemoryInfo
function Memory:get_stats() end

---Sets what is kept from now on; what is too much goes at once.
---@param limits MemoryLimits
function Memory:set_limit(limits) end

---Forgets messages without content and those that repeat the one before; how many bytes of text went.
---@return { freed: integer, messages: integer }
function Memory:optimize() end

---Lets a model summarize all but the last `keep` (2) turns; nil when there are no more. With replace the summary takes their place. Needs `model` (the model, as provider:model).
---@param opts? SummarizeOptions
---@async
---@return string|nil
function Memory:summarize(opts) end

---A memory as text: json has everything, text and markdown are for people.
---@param opts? "json"|"text"|"markdown"
---@return string
function Memory:export(opts) end

---Adds what export has written; how many messages.
---@param data string
---@param format? "json"|"text"|"markdown"
---@return integer
function Memory:import(data, format) end

---A new memory with the messages of both in the order of time.
---@param m2 Memory|string
---@return Memory
function Memory:merge(m2) end

---An independent memory with the same messages and limits.
---@return Memory
function Memory:fork() end

---Keeps what is in a memory now; the id. A run has 100 at most.
---@return string
function Memory:snapshot() end

---Makes a memory what it was at a snapshot.
---@param snapshot_id string
function Memory:restore(snapshot_id) end

---@class Counter
local Counter = {}

---Adds to it, by default 1, and tells what it stands at.
---@param n? number
---@return number
function Counter:inc(n) end

---What it stands at.
---@return number
function Counter:value() end

---@class Channel
local Channel = {}

---Sends a value; waits while the channel is full.
---@param channel any
---@param value any
---@param options? number|string|{ timeout?: number|string, cancel?: any }
---@async
---@return boolean
function Channel:send(channel, value, options) end

---Receives the oldest value and true; waits while there is none. After the close and the last value: nil and false.
---@param channel any
---@param options? number|string|{ timeout?: number|string, cancel?: any }
---@async
---@return any, boolean
function Channel:receive(channel, options) end

---Ends a channel: receivers get what is left, senders an error; INVALID_STATE when it has been closed.
---@param channel any
function Channel:close(channel) end

---Iterates over what is received until the channel ends.
---@return any
function Channel:iter() end

---Whether the channel was closed.
---@return boolean
function Channel:closed() end

---How many values it holds.
---@return integer
function Channel:capacity() end

---@class CancelToken
local CancelToken = {}

---Whether it, or one that it is linked to, was cancelled.
---@return boolean
function CancelToken:cancelled() end

---The error that whoever waits with it gets.
---@return any
function CancelToken:reason() end

---Raises that error once it is cancelled.
function CancelToken:check() end

---Calls back with that error in a task of its own; returns a function that ends this.
---@param fn function
---@return any
function CancelToken:on_cancel(fn) end

---@class Breaker
local Breaker = {}

---Calls a function; CIRCUIT_OPEN without a call while the breaker is open.
---@param fn function
---@async
---@return any
function Breaker:call(fn) end

---"closed", "open" or "half_open".
---@return "closed"|"open"|"half_open"
function Breaker:state() end

---Closes it.
function Breaker:reset() end

---@class Schema
local Schema = {}

---The same for a schema in any form.
---@async
---@return Schema
function Schema:compile() end

---Forgets a schema; its handle can no longer be used.
---@return boolean
function Schema:destroy() end

---A schema as a table.
---@return table<string, any>
function Schema:get_info() end

---One schema that wants what all of them want: merge(a, b) or merge({ a, b, … }).
---@param other? Schema|string|table<string, any>
---@return table<string, any>
function Schema:merge(other) end

---A schema with more properties, and more of them required.
---@param properties table<string, any>
---@param required? string[]
---@return table<string, any>
function Schema:extend(properties, required) end

---What is different in the second schema, and whether it breaks what the first accepted.
---@param b Schema|string|table<string, any>
---@return { path: string, keyword: string, change: string, breaking: boolean, before?: any, after?: any }[]
function Schema:diff(b) end

---A schema rewritten from the inside out: `fn` gets each schema in it and returns another.
---@param fn function
---@return table<string, any>
function Schema:transform(fn) end

---A schema as JSON text.
---@async
---@return string
function Schema:to_json() end

---A schema as YAML text.
---@async
---@return string
function Schema:to_yaml() end

---@class State
local State = {}

---A state with the same values that refuses every write after which they would not match the schema.
---@param schema table<string, any>
---@async
---@return State
function State:with_schema(schema) end

---The value at a path such as user.names[0], or the default.
---@param key string
---@param default? any
---@return any
function State:get(key, default) end

---Writes a value at a path, and tells who watches; the new version.
---@param key string
---@param value any
---@return integer
function State:set(key, value) end

---Whether there is a value at a path.
---@param key string
---@return boolean
function State:has(key) end

---Removes what is at a path; whether there was anything.
---@param key string
---@return boolean
function State:delete_key(key) end

---The keys, in order.
---@return string[]
function State:keys() end

---Writes several values by their paths, all or none; the new version.
---@param updates table<string, any>
---@return integer
function State:update(updates) end

---Calls fn(new, old, key) after each change of a place, or of the keys that match a pattern such as user-*; the id.
---@param key string
---@param fn function
---@return string
function State:watch(key, fn) end

---A new state with the values of both. Where both have one: the last (default), the first, deep (into tables), concat (deep, with lists one after the other), or what fn(key, first, second) returns.
---@param s2 State|string
---@param strategy? "last"|"first"|"deep"|"concat"|function
---@return State
function State:merge(s2, strategy) end

---All values at this moment: s.version, s.values, s.checksum (SHA-256), s.taken_at.
---@return Snapshot
function State:snapshot() end

---A new state of what fn(values), or the transform of this name, makes of the values.
---@param transformer string|function
---@return State
function State:transform(transformer) end

---A new state with the values for which fn(key, value) is true.
---@param predicate function
---@return State
function State:filter(predicate) end

---Checks the values against a JSON Schema.
---@param schema table<string, any>
---@async
---@return { valid: boolean, errors: { path: string, message: string }[] }
function State:validate(schema) end

---The values as JSON, with sorted keys.
---@return string
function State:to_json() end

---Keeps the values of a state beyond the run, as a new version of the key; the latest 100 are kept. Needs `storage` (the key).
---@param key string
---@async
---@return { key: string, version: integer }
function State:save(key) end

---@class Snapshot
---@field version integer
---@field checksum string
---@field taken_at number
---@field values table<string, any>
local Snapshot = {}

---Makes a state, a new one by default, what a snapshot says, as one new version.
---@param state? State|string
---@return State
function Snapshot:restore(state) end

---@class Context
local Context = {}

---Forgets what was set in a context itself.
function Context:context_clear() end

---A context inside another, that of the run by default, whose values it sees.
---@return Context
function Context:context_create_shared() end

---A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans.
---@param opts boolean|ContextInheritance
---@param artifacts? boolean
---@param metadata? boolean
---@return Context
function Context:context_with_inheritance(opts, artifacts, metadata) end

---@class Scenario
local Scenario = {}

---Runs a scenario, without any real model; what is not as expected is a result, not an error.
---@async
---@return { name: string, passed: boolean, mismatches: { path: string, expected: string, actual: string }[], report: string, turns: table<string, any>[] }
function Scenario:run_scenario() end

---@class Tool
local Tool = {}

---Checks the parameters against the tool's schema, asks for the powers it needs and runs it. May need what the tool asks for.
---@param params? table<string, any>
---@param opts? { timeout?: number|string }
---@async
---@return any
function Tool:execute(params, opts) end

---As execute, but a failure is a result: {success, result?, error?, duration_ms}. May need what the tool asks for.
---@param params? table<string, any>
---@param opts? { timeout?: number|string }
---@async
---@return { success: boolean, result?: any, error?: SpellError, duration_ms: number }
function Tool:execute_safe(params, opts) end

---Checks parameters against a tool's schema.
---@param params table<string, any>
---@async
---@return { valid: boolean, errors: { path: string, message: string }[] }
function Tool:validate_params(params) end

---Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words. May need what the tool asks for.
---@param cases ToolCase[]
---@async
---@return { passed: integer, failed: integer, results: { passed: boolean, result?: any, error?: SpellError }[] }
function Tool:test_tool(cases) end

---Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second. May need what the tool asks for.
---@param params? table<string, any>
---@param opts? ToolBenchmarkOptions
---@async
---@return { iterations: integer, mean_ms: number, p50: number, p95: number, p99: number, ops: number }
function Tool:benchmark_tool(params, opts) end

---All of a tool but its function: name, description, parameters, version, category, tags and so on.
---@return ToolInfo
function Tool:get_info() end

---The JSON Schema of a tool's parameters.
---@return table<string, any>
function Tool:get_schema() end

---A page on a tool, in Markdown.
---@return string
function Tool:get_documentation() end

---A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}.
---@return table<string, any>|table<string, any>[]
function Tool:export_mcp() end

---@class ToolBuilder
local ToolBuilder = {}

---What the tool does, in words for the model.
---@param value string
---@return ToolBuilder
function ToolBuilder:description(value) end

---The category of the tool.
---@param value string
---@return ToolBuilder
function ToolBuilder:category(value) end

---The version of the tool, like 1.0.0.
---@param value string
---@return ToolBuilder
function ToolBuilder:version(value) end

---Adds a tag.
---@param tag string
---@return ToolBuilder
function ToolBuilder:tag(tag) end

---Adds a parameter by its type or JSON Schema; it is required unless `required` is false.
---@param name string
---@param type string|table<string, any>
---@param description? string
---@param required? boolean
---@return ToolBuilder
function ToolBuilder:parameter(name, type, description, required) end

---What the tool does, as a function of its parameters. May need what the tool asks for.
---@param fn function
---@return ToolBuilder
function ToolBuilder:execute(fn) end

---Registers the tool.
---@return Tool
function ToolBuilder:build() end

---@class Span
local Span = {}

---Ends a span.
---@param status? "unset"|"ok"|"error"
function Span:end_span(status) end

---Sets an attribute of it.
---@param key string
---@param value any
function Span:set_attribute(key, value) end

---Adds an event to it.
---@param name string
---@param attributes? table<string, any>
function Span:add_event(name, attributes) end

---@class Workflow
local Workflow = {}

---Adds a step at the end, or behind the step `opts.after`; gives its id.
---@param step function|Agent|string|Workflow|string|table<string, any>
---@param opts? AddStepOptions
---@return string
function Workflow:add_step(step, opts) end

---Removes a step; an error when a rule of another one names it.
---@param step_id string
---@return boolean
function Workflow:remove_step(step_id) end

---The steps of a workflow as tables.
---@return table<string, any>[]
function Workflow:get_steps() end

---What a workflow is.
---@return WorkflowInfo
function Workflow:get_info() end

---Forgets a workflow; its handle can no longer be used.
---@return boolean
function Workflow:destroy() end

---All problems of a workflow or a definition: wrong fields, expressions that do not compile, unknown names, cycles.
---@async
---@return { valid: boolean, errors: { at: string, message: string }[], warnings: string[] }
function Workflow:validate() end

---A workflow as a flowchart in Mermaid, or its steps as data.
---@param format? "mermaid"|"json"
---@return any
function Workflow:visualize(format) end

---What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves.
---@param policy ErrorPolicy
---@param step_id? string
function Workflow:on_error(policy, step_id) end

---Runs a workflow to its end. A failed step is in the result, not an error. `opts.on_step` is told of each step; with `opts.durable` a new process can go on with the run (needs `storage=workflows`). May need what the tool asks for, `storage` (workflows, to keep checkpoints), `model` (the model of a step that is an agent).
---@param input? any
---@param opts? WorkflowRunOptions
---@async
---@return { status: string, output: any, steps: WorkflowStepResult[], error: SpellError|nil, compensated: string[], run_id: string, duration_ms: number }
function Workflow:run(input, opts) end

---Does the next step only, then pauses; nothing when there was none. The first one starts the workflow with `input`.
---@param input? any
---@async
---@return WorkflowStepResult|nil
function Workflow:step(input) end

---Starts no more steps; waits for those under way.
---@async
function Workflow:pause() end

---Goes on with a paused workflow to its end.
---@async
---@return { status: string, output: any, steps: WorkflowStepResult[], error: SpellError|nil, compensated: string[], run_id: string, duration_ms: number }
function Workflow:resume() end

---Aborts the steps under way, undoes what is finished, and waits for the end.
---@param reason? string
---@async
function Workflow:cancel(reason) end

---How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled".
---@return { state: string, current_steps: string[], progress: number, errors: { path: string, error: SpellError }[] }
function Workflow:get_status() end

---What the steps gave so far, by their path.
---@return table<string, any>
function Workflow:get_results() end

---A workflow as text; one with functions has no such form.
---@param format? "json"|"yaml"
---@async
---@return string
function Workflow:serialize(format) end

---Keeps a workflow by name beyond the run. Needs `storage` (workflows).
---@param name string
---@async
function Workflow:repository_save(name) end

---Pauses a durable run and gives what `restore` takes; its finished steps are kept as they end.
---@async
---@return string
function Workflow:checkpoint() end

---The durable runs that are kept, the newest first. Needs `storage` (workflows).
---@async
---@return { id: string, workflow: string|nil, status: string, created_at: number }[]
function Workflow:list_checkpoints() end

---Agents: a model with instructions and tools, alone and together.
---@class llmspell.agent
agent = {}

---Makes an agent: create(config) or create(name, config). With `code_mode` (true, a language or limits) its model writes scripts that call the tools, by one tool `run_spell`. Needs `model` (the model, as provider:model).
---@param name string|nil
---@param config AgentConfig
---@return Agent
function agent.create(name, config) end

---Makes an agent for a model: create_llm(model, config?). Needs `model` (the model, as provider:model).
---@param model string
---@param config? AgentConfig
---@return Agent
function agent.create_llm(model, config) end

---Whether an agent could be made of a configuration, and what is wrong with it.
---@param config table<string, any>
---@return { valid: boolean, errors: string[] }
function agent.validate_config(config) end

---A new agent with the same configuration, changed by `modifications`; nothing else is shared. Needs `model` (the model, as provider:model).
---@param agent Agent|string
---@param modifications? AgentConfig
---@return Agent
function agent.clone(agent, modifications) end

---Changes the configuration of an agent between runs. May need `model` (the model that it changes to).
---@param agent Agent|string
---@param settings AgentConfig
---@return AgentInfo
function agent.configure(agent, settings) end

---The agent with this id, or nil.
---@param id string
---@return Agent|nil
function agent.get(id) end

---Whether there is an agent with this id.
---@param id string
---@return boolean
function agent.exists(id) end

---Every agent of this run.
---@return AgentInfo[]
function agent.list() end

---Ends what an agent does and forgets it; its handle can no longer be used.
---@param agent Agent|string
---@async
---@return boolean
function agent.remove(agent) end

---What an agent is and what it has used so far.
---@param agent Agent|string
---@return AgentInfo
function agent.get_info(agent) end

---What an agent has done so far.
---@param agent Agent|string
---@return { runs: integer, errors: integer, suspended: integer, avg_ms: number, tokens: integer, tool_calls: integer, failed_tool_calls: integer }
function agent.get_metrics(agent) end

---Gives an agent one more tool.
---@param agent Agent|string
---@param tool string|ToolDefinition|Tool|string
function agent.register_tool(agent, tool) end

---Gives an agent several tools; says which could not be given.
---@param agent Agent|string
---@param tools (string|ToolDefinition|Tool|string)[]
---@return { added: string[], failed: { name: string, error: SpellError }[] }
function agent.add_tools(agent, tools) end

---Takes a tool from an agent; true when it had it.
---@param agent Agent|string
---@param tool_name string
---@return boolean
function agent.unregister_tool(agent, tool_name) end

---The tools of an agent.
---@param agent Agent|string
---@return ToolInfo[]
function agent.list_tools(agent) end

---A configuration by name, to make agents of.
---@param name string
---@param config AgentConfig
function agent.register_template(name, config) end

---An agent of a template, changed by `overrides`: tables go into each other, everything else takes the place. Needs `model` (the model, as provider:model).
---@param name string
---@param overrides? table<string, any>
---@return Agent
function agent.create_from_template(name, overrides) end

---Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer, and ends the run by returning false: what it has had of the answer is all of it. `approve` decides on calls that need it, without it the run is suspended. Needs `model` (the model, as provider:model). May need what the tool asks for.
---@param agent Agent|string
---@param input string|Message[]|{ messages: Message[] }
---@param opts? AgentRunOptions
---@async
---@return Response
function agent.run(agent, input, opts) end

---Goes on with a suspended run: `decisions` has, by the id of each call that waits, true, false or `{ approve, args, reason }`. Needs `model` (the model, as provider:model). May need what the tool asks for.
---@param agent Agent|string
---@param suspension table<string, any>
---@param decisions table<string, any>
---@param opts? AgentRunOptions
---@async
---@return Response
function agent.resume(agent, suspension, decisions, opts) end

---A conversation with the agent that remembers: c:send(text), c:history(), …
---@param agent Agent|string
---@param system_prompt? string
---@return Conversation
function agent.conversation(agent, system_prompt) end

---Lets another agent do a task in the name of the first; `report_back` tells the first what came out. Needs `model` (the model, as provider:model). May need what the tool asks for.
---@param from Agent|string
---@param to Agent|string
---@param task string
---@param opts? DelegateOptions
---@async
---@return Response
function agent.delegate(from, to, task, opts) end

---Several agents work on a task: "sequential", "parallel", "leader" (the first leads) or "vote" (with `choices`). Needs `model` (the model, as provider:model). May need what the tool asks for.
---@param agents (Agent|string)[]
---@param task string
---@param opts? CollaborateOptions
---@async
---@return { status: string, final: string, results: table<string, any>[], votes?: table<string, any>, usage: Usage, error?: SpellError }
function agent.collaborate(agents, task, opts) end

---The status of an agent, and its data.
---@param agent Agent|string
---@return { status: string, data: table<string, any> }
function agent.get_state(agent) end

---A value of an agent's data, by a path such as `user.names[0]`; all of it without one.
---@param agent Agent|string
---@param key? string
---@return any
function agent.state_get(agent, key) end

---Sets a value of an agent's data by path, or several at once: all of them or none.
---@param agent Agent|string
---@param key string|table<string, any>
---@param value? any
function agent.state_set(agent, key, value) end

---An agent's data, as JSON text or as a table.
---@param agent Agent|string
---@param format? "json"|"table"
---@return any
function agent.state_export(agent, format) end

---Replaces an agent's data by what `state_export` gave.
---@param agent Agent|string
---@param data string|table<string, any>
function agent.state_import(agent, data) end

---Keeps what an agent's data is now; gives what `state_load_snapshot` takes.
---@param agent Agent|string
---@param name? string
---@return string
function agent.state_save_snapshot(agent, name) end

---Makes an agent's data what it was, by the id or the name of a snapshot.
---@param agent Agent|string
---@param snapshot_id string
function agent.state_load_snapshot(agent, snapshot_id) end

---The snapshots of an agent's data.
---@param agent Agent|string
---@return { id: string, name: string, created_at: number, size: integer }[]
function agent.state_list_snapshots(agent) end

---What an agent remembers with; only one that was made with `memory`.
---@param agent Agent|string
---@return Memory
function agent.get_memory(agent) end

---Lets an agent forget what was said.
---@param agent Agent|string
function agent.clear_memory(agent) end

---Emits an event with this agent as its source.
---@param agent Agent|string
---@param type string
---@param data? any
---@return string
function agent.events_emit(agent, type, data) end

---Calls a function with the events of one agent, of a pattern such as `tool.*`; gives the id of the subscription.
---@param agent Agent|string
---@param type string
---@param handler function
---@return string
function agent.events_subscribe(agent, type, handler) end

---Ends a subscription; whether there was one.
---@param sub_id string
---@return boolean
function agent.events_unsubscribe(sub_id) end

---Begins to keep the events of one agent, the latest 10 000.
---@param agent Agent|string
---@async
---@return string
function agent.events_start_recording(agent) end

---Ends a recording and gives its events.
---@param recording_id string
---@async
---@return table<string, any>[]
function agent.events_stop_recording(recording_id) end

---Tells the events of a recording again, of one agent the latest; as fast as can be unless `speed` is given.
---@param recording Agent|string|string
---@param opts? AgentReplayOptions
---@async
---@return { replayed: integer }
function agent.events_replay(recording, opts) end

---Begins to measure where the runs of this spell spend their time.
---@param agent Agent|string
---@return string
function agent.profiling_start(agent) end

---Ends a measurement and gives it.
---@param session_id string
---@return table<string, any>
function agent.profiling_stop(session_id) end

---The latest measurement of an agent, also while it is on.
---@param agent Agent|string
---@return table<string, any>
function agent.profiling_get_metrics(agent) end

---The latest measurement of an agent as text, or as data.
---@param agent Agent|string
---@param format? "text"|"json"
---@return any
function agent.profiling_get_report(agent, format) end

---A hook for this agent only; see the module `hooks`.
---@param agent Agent|string
---@param point string
---@param fn function
---@param opts? AgentHookOptions
---@return string
function agent.hooks_register(agent, point, fn, opts) end

---The only hook of this agent at this point.
---@param agent Agent|string
---@param point string
---@param fn function
---@return string
function agent.hooks_set(agent, point, fn) end

---Removes a hook of this agent by its id, or all of a point.
---@param agent Agent|string
---@param hook string
---@return boolean
function agent.hooks_unregister(agent, hook) end

---Who somebody is and what they may do: sessions, tokens, passwords, OAuth, policies, secrets and an audit trail.
---@class llmspell.auth
auth = {}

---Logs somebody in by a scheme of the host (basic, bearer, api_key, oauth2, …). Tries are limited; a failure does not say what was wrong. By oauth2 it takes the {code, state} that somebody came back with from a flow which `auth.oauth_flow` has begun in this run, and keeps the tokens with the secrets, as oauth2/<provider>/<subject>. Needs `auth` (login). May need `network` (the host of the provider, by oauth2).
---@param credentials table<string, any>
---@param scheme string
---@async
---@return Session
function auth.login(credentials, scheme) end

---A session with new tokens for its refresh token, which is used up. One that is used twice ends the session. Needs `auth` (login).
---@param refresh_token string
---@async
---@return Session
function auth.refresh_token(refresh_token) end

---Whether a session, given whole, by its id or by its token, is still good. Needs `auth` (login).
---@param session string|table<string, any>
---@async
---@return { valid: boolean, user?: table<string, any>, expires_at?: number }
function auth.validate_session(session) end

---Begins an authorization code flow with PKCE: at a server that is named by its URL, with a config; or at one where the host lets people log in, by its name. `complete(code, state)` gives the tokens, once, for what the user came back with; `auth.login` by the scheme `oauth2` gives a session instead. Needs `auth` (oauth). May need `network` (the host of the provider).
---@param provider string
---@param config? OAuthConfig
---@async
---@return { authorize_url: string, state: string, complete: function }
function auth.oauth_flow(provider, config) end

---What a JSON Web Token says; only with a key (a secret, a public key in PEM or a JWK) is it verified. The key decides which algorithms are possible; "none" never is.
---@param token string
---@param verify? boolean|JwtVerification
---@async
---@return { header: table<string, any>, claims: table<string, any>, verified: boolean }
function auth.jwt_decode(token, verify) end

---A token that is signed with the key of the host, good for `ttl` (1h). Needs `auth` (tokens).
---@param claims table<string, any>
---@param opts? TokenOptions
---@async
---@return string
function auth.generate_token(claims, opts) end

---Whether a token was signed with the key of the host, and is still good. Needs `auth` (tokens).
---@param token string
---@param opts? TokenChecks
---@async
---@return { valid: boolean, claims?: table<string, any>, error?: string }
function auth.validate_token(token, opts) end

---A slow, salted hash (scrypt) that says how it was made. Needs `auth` (passwords).
---@param password string
---@async
---@return string
function auth.hash_password(password) end

---Whether it is the password of a hash, in constant time. Needs `auth` (passwords).
---@param password string
---@param hash string
---@async
---@return boolean
function auth.verify_password(password, hash) end

---Keeps data encrypted (AES-256-GCM) with the key of the host; without a value, gives what is kept. Needs `auth` (secrets).
---@param key string
---@param value? any
---@async
---@return any
function auth.secure_store(key, value) end

---Writes what was done into a trail that can only grow: each entry is signed with the one before it. Gives its id. Needs `auth` (audit).
---@param action string
---@param context? table<string, any>
---@async
---@return string
function auth.audit_log(action, context) end

---Whether a user (a name, or a table with id and roles) may do something, by the policies of the host and of this run. What denies wins; what nothing allows is denied.
---@param user string|table<string, any>
---@param resource string
---@param action string
---@return { allowed: boolean, policy?: string, reason: string }
function auth.check_permission(user, resource, action) end

---Rules for this run. In subjects (names, or role:name), resources and actions * stands for any text; conditions are values that fields such as user.team must have.
---@param rules PolicyRule[]
---@return { id: string, rules: table<string, any>[] }
function auth.create_policy(rules) end

---Identifiers, hashes, random texts and encodings.
---@class llmspell.crypto
crypto = {}

---A random identifier (UUID, version 4).
---@return string
function crypto.uuid() end

---The hash of text or bytes in hexadecimal; sha256 unless another is named.
---@param data string
---@param algorithm? "md5"|"sha1"|"sha256"|"sha384"|"sha512"
---@return string
function crypto.hash(data, algorithm) end

---A text of random characters, fit for secrets.
---@param length integer
---@param charset? string
---@return string
function crypto.random_string(length, charset) end

---Text or bytes in base64, base64url, hex or as a part of a URL.
---@param data string
---@param encoding "base64"|"base64url"|"hex"|"url"
---@return string
function crypto.encode(data, encoding) end

---What an encoded text says: text, or bytes where that is no UTF-8.
---@param text string
---@param encoding "base64"|"base64url"|"hex"|"url"
---@return any
function crypto.decode(text, encoding) end

---JSON and collections.
---@class llmspell.data
data = {}

---Reads JSON strictly; checks it against a JSON Schema when one is given.
---@param text string
---@param schema? table<string, any>
---@async
---@return any
function data.parse_json(text, schema) end

---Writes JSON with sorted keys.
---@param value any
---@param format? "compact"|"pretty"|{ indent: integer }
---@return string
function data.to_json(value, format) end

---Says whether a text is JSON.
---@param text string
---@return { valid: boolean, error?: string, position?: { line: integer, column: integer } }
function data.validate_json(text) end

---Formats JSON text anew.
---@param text string
---@param indent? integer
---@return string
function data.prettify_json(text, indent) end

---Writes data, or text in the format `from`, in the format `to`; `opts.schema` gives types to what CSV and XML hold as text.
---@param data any
---@param from "json"|"yaml"|"xml"|"csv"|"markdown"
---@param to "json"|"yaml"|"xml"|"csv"|"markdown"
---@param opts? ConvertOptions
---@async
---@return string
function data.convert_format(data, from, to, opts) end

---A new collection of what `fn(value, key)` returns for each element.
---@param collection any[]|table<string, any>
---@param fn function
---@return any
function data.map(collection, fn) end

---A new collection of the elements for which `fn(value, key)` is true; lists are repacked.
---@param collection any[]|table<string, any>
---@param fn function
---@return any
function data.filter(collection, fn) end

---Folds a collection with `fn(accumulator, value, key)`; tables in sorted key order.
---@param collection any[]|table<string, any>
---@param fn function
---@param initial any
---@return any
function data.reduce(collection, fn, initial) end

---Looking into a spell: what is called, what it costs, what a value holds.
---@class llmspell.debug
debug = {}

---A function that does the same as another one, and a function that gives what was recorded of its calls (the first 1000 events): `enter`, `leave` or `error`, the depth, the values as text. In JavaScript a list of the two.
---@param fn function
---@return any
function debug.trace_calls(fn) end

---Memory of the script, as the engine counts it.
---@return { used_bytes: integer, peak_bytes: integer, limit_bytes: integer }
function debug.memory_usage() end

---Calls a function with the arguments of a list and counts what each function spends; fuel is the unit, the same on every run.
---@param fn function
---@param args? any[]
---@async
---@return { result: any, profile: { wall_ms: number, fuel: integer, memory_bytes: integer, functions: { name: string, file: string, line: integer, self: integer, total: integer, calls: integer }[] } }
function debug.performance_profile(fn, args) end

---The stack as text, under a label if one is given; at most `depth` frames.
---@param label? string
---@param depth? integer
---@return string
function debug.trace(label, depth) end

---Starts or stops a named section and tells what was spent in between, by all tasks.
---@param name string
---@param action "start"|"stop"
---@return { wall_ms: number, fuel: integer, memory_bytes: integer }|nil
function debug.profile(name, action) end

---A value as text for people, `depth` levels deep (4).
---@param value any
---@param options? DumpOptions
---@return string
function debug.dump(value, options) end

---The condition, when it is neither false nor nothing; else ASSERTION_FAILED with the message.
---@param condition any
---@param message? string
---@return any
function debug.assert(condition, message) end

---Stops in the debugger that is attached, if one is, when the condition is neither false nor nothing.
---@param condition? any
---@async
function debug.breakpoint(condition) end

---Errors as values, and what to do about them: retries, circuit breakers, fallbacks.
---@class llmspell.errors
errors = {}

---An error with a code. One of the script's own codes is kept in `details.code` of a SCRIPT_ERROR.
---@param code string
---@param message string
---@param details? table<string, any>
---@return SpellError
function errors.new(code, message, details) end

---The error with what it happened in: text before its message, or a table that joins its details. Its cause is the error.
---@param error SpellError
---@param context string|table<string, any>
---@return SpellError
function errors.wrap(error, context) end

---What an error came from; nothing for one that came from none.
---@param error SpellError
---@return SpellError|nil
function errors.unwrap(error) end

---Whether an error, or one that it came from, has this code or category.
---@param error SpellError
---@param type string
---@return boolean
function errors.is_type(error, type) end

---Where in the script an error happened, innermost first; empty for one that was never raised.
---@param error SpellError
---@return { fn?: string, file: string, line: integer }[]
function errors.get_stack(error) end

---One error of several, the first outermost; each is the cause of the one before.
---@param errors SpellError[]
---@return SpellError
function errors.chain(errors) end

---What kind of error it is, whether it may pass by itself, and how bad it is.
---@param error SpellError
---@return { category: "validation"|"network"|"auth"|"rate_limit"|"timeout"|"resource"|"script"|"internal", retryable: boolean, severity: "info"|"warning"|"error", recovery: "retry"|"fallback"|"propagate"|"ignore" }
function errors.categorize(error) end

---Tells of an error in the log, as the event `error.reported` and in the metric `errors_reported_total`; returns the id of the event, which the log has as well.
---@param error SpellError
---@param context? table<string, any>
---@return string
function errors.report(error, context) end

---One error for several that happened beside each other; `details` has each, and their number by category.
---@param errors SpellError[]
---@return SpellError
function errors.aggregate(errors) end

---Calls a function; `catch` gets its error and gives the result in its place; `finally` is called last, whatever happened.
---@param fn function
---@param catch? function
---@param finally? function
---@async
---@return any
function errors.try(fn, catch, finally) end

---Calls a function until it ends well, waiting in between; by default 3 attempts, after 500 ms and then twice as long each time. Without `retry_if` it does not try again what cannot pass: wrong use, missing powers, limits. The last error tells the number of `attempts`.
---@param fn function
---@param options? RetryOptions
---@async
---@return any
function errors.retry(fn, options) end

---A function that calls another one until it has failed too often (5 times in a row); then CIRCUIT_OPEN without a call, until `reset` (30s) has passed and a trial works. A name stands for the same breaker throughout the run.
---@param fn function
---@param config? BreakerConfig
---@return function
function errors.circuit_breaker(fn, config) end

---Calls a function; when it fails, the fallback is called with its error, or is the result itself.
---@param primary function
---@param fallback any
---@async
---@return any
function errors.fallback(primary, fallback) end

---Events of the run: emitting, hearing, filtering, recording, replaying and counting them.
---@class llmspell.events
---@field TYPE_AGENT_STARTED string
---@field TYPE_AGENT_COMPLETED string
---@field TYPE_AGENT_FAILED string
---@field TYPE_AGENT_STEP_STARTED string
---@field TYPE_AGENT_STEP_COMPLETED string
---@field TYPE_AGENT_SUSPENDED string
---@field TYPE_AGENT_CONTEXT_FITTED string
---@field TYPE_AGENT_DELEGATED string
---@field TYPE_MODEL_STARTED string
---@field TYPE_MODEL_TEXT string
---@field TYPE_MODEL_REASONING string
---@field TYPE_MODEL_COMPLETED string
---@field TYPE_MODEL_FAILED string
---@field TYPE_TOOL_STARTED string
---@field TYPE_TOOL_COMPLETED string
---@field TYPE_TOOL_FAILED string
---@field TYPE_TOOL_SUSPENDED string
---@field TYPE_WORKFLOW_STARTED string
---@field TYPE_WORKFLOW_COMPLETED string
---@field TYPE_WORKFLOW_FAILED string
---@field TYPE_WORKFLOW_STEP_STARTED string
---@field TYPE_WORKFLOW_STEP_COMPLETED string
---@field TYPE_WORKFLOW_STEP_FAILED string
---@field TYPE_RUN_RELEASE_FAILED string
---@field TYPE_MEMORY_SAVE_STARTED string
---@field TYPE_MEMORY_SAVE_COMPLETED string
---@field TYPE_MEMORY_SAVE_FAILED string
---@field TYPE_MEMORY_LOAD_STARTED string
---@field TYPE_MEMORY_LOAD_COMPLETED string
---@field TYPE_MEMORY_LOAD_FAILED string
---@field TYPE_CUSTOM_STARTED string
---@field TYPE_CUSTOM_COMPLETED string
---@field TYPE_CUSTOM_FAILED string
---@field PRIORITY_CRITICAL number
---@field PRIORITY_HIGH number
---@field PRIORITY_NORMAL number
---@field PRIORITY_LOW number
events = {}

---Emits an event: emit(type, data?, opts?) or emit{type=, data=}; its id. Handlers run after the current call returns to the loop.
---@param event string|EventInput
---@param data? any
---@param opts? EmitOptions
---@return string
function events.emit(event, data, opts) end

---As emit, but ends when all handlers of all events so far are done; not to be waited for by a handler.
---@param event string|EventInput
---@param data? any
---@param opts? EmitOptions
---@async
---@return string
function events.emit_async(event, data, opts) end

---Calls the handler with each event of a pattern, where * is one word and ** any number of them, or of a filter; the id of the subscription. Lower priorities come first.
---@param pattern string|EventFilter|string|EventFilterSpec
---@param handler function
---@param opts? ListenOptions
---@return string
function events.on(pattern, handler, opts) end

---As on, for one event; the subscription is gone before the handler runs.
---@param pattern string|EventFilter|string|EventFilterSpec
---@param handler function
---@return string
function events.once(pattern, handler) end

---Ends a subscription by its id, or all with this pattern, with `handler` only those of this function; how many. What still waited for them is dropped.
---@param pattern_or_sub_id string
---@param handler? function
---@return integer
function events.off(pattern_or_sub_id, handler) end

---The subscriptions of this run, oldest first; `count` are the events they have had.
---@return { id: string, pattern: string, priority: number, paused: boolean, count: integer }[]
function events.list_subscriptions() end

---Has events pass a subscription by until it is resumed.
---@param sub_id string
function events.pause_handler(sub_id) end

---Ends the pause of a subscription.
---@param sub_id string
function events.resume_handler(sub_id) end

---How often a handler was called and failed, how long it took on average, and its last error.
---@param sub_id string
---@return { calls: integer, errors: integer, dropped: integer, avg_ms: number, last_error?: SpellError }
function events.get_handler_stats(sub_id) end

---Moves a subscription; lower priorities come first.
---@param sub_id string
---@param priority number|"critical"|"high"|"normal"|"low"
function events.set_priority(sub_id, priority) end

---A filter to use again, of all that is named: {pattern, source, severity, time_range, where = {{field = "data.sum", op = "gt", value = 1}}, predicate}. Operators: eq, ne, gt, gte, lt, lte, in, contains, exists, matches.
---@param spec EventFilterSpec
---@async
---@return EventFilter
function events.filters_create(spec) end

---A filter of others: all of them, one of them, or none.
---@param filters (EventFilter|string|EventFilterSpec)[]
---@param op "and"|"or"|"not"
---@return EventFilter
function events.filters_create_composite(filters, op) end

---Writes every event to the log of the run, at this level (info).
---@param level? "debug"|"info"|"warn"|"error"
function events.enable_logging(level) end

---Ends what enable_logging began.
function events.disable_logging() end

---The types of events that the framework tells, and those that this spell has emitted, in order.
---@return string[]
function events.get_types() end

---The latest events, oldest first, since a function of this module was first used; at most 10000.
---@param query? EventQuery
---@return Event[]
function events.get_history(query) end

---Forgets the events of a pattern, all by default; how many.
---@param pattern? string
---@return integer
function events.clear_history(pattern) end

---Begins to keep events of a pattern, the latest `max` (10000) and 4 MB of them, for so long; the id. With `file` they are written there, a line of JSON each, when it is stopped. May need `file.write` (the file).
---@param opts? RecordingOptions
---@async
---@return string
function events.recording_start(opts) end

---Ends a recording, the latest one by default. It can be replayed by its id. May need `file.write` (the file).
---@param recording_id? string
---@async
---@return { id: string, count: integer, dropped: integer, file?: string }
function events.recording_stop(recording_id) end

---Whether a recording is under way.
---@return boolean
function events.recording_is_recording() end

---Emits events again, with `replay` set: those of a recording, a file ({file=}), or the history ({pattern=, since=, limit=}); the id. Their distances in time are divided by `speed` (1; 0 for none); with `wait` it ends when the replay has. May need `file.read` (the file).
---@param recording_or_query string|{ file: string }|EventQuery
---@param opts? ReplayOptions
---@async
---@return string
function events.replay_start(recording_or_query, opts) end

---Holds a replay, the latest one by default; the time in between does not count.
---@param replay_id? string
function events.replay_pause(replay_id) end

---Lets a held replay go on.
---@param replay_id? string
function events.replay_resume(replay_id) end

---Ends a replay, the latest one by default; how many events it has emitted.
---@param replay_id? string
---@return { replayed: integer }
function events.replay_stop(replay_id) end

---Begins to count events: a figure of the field, e.g. data.ms, of those of a pattern, within a window of time or since now; the id.
---@param type "count"|"sum"|"average"|"rate"|"min"|"max"
---@param config? AggregationConfig
---@return string
function events.aggregation_create(type, config) end

---What an aggregation has counted: `value` is the figure that it was made for, `rate` is per second; the same per step of its window.
---@param agg_id string
---@return { type: string, value?: number, count: integer, sum: number, average?: number, min?: number, max?: number, rate: number, buckets: { start: number, count: integer, sum: number, average?: number, min?: number, max?: number }[] }
function events.aggregation_get_data(agg_id) end

---Hooks: functions that see, change or stop what agents, models, tools and workflows of the run do. What one throws ends the operation.
---@class llmspell.hooks
---@field TYPE_BEFORE string
---@field TYPE_AROUND string
---@field TYPE_AFTER string
---@field TYPE_ERROR string
---@field TYPE_PRE string
---@field TYPE_POST string
---@field POINT_AGENT_INIT string
---@field POINT_AGENT_BEFORE string
---@field POINT_AGENT_AROUND string
---@field POINT_AGENT_AFTER string
---@field POINT_AGENT_ERROR string
---@field POINT_MODEL_BEFORE string
---@field POINT_MODEL_AROUND string
---@field POINT_MODEL_AFTER string
---@field POINT_MODEL_ERROR string
---@field POINT_TOOL_BEFORE string
---@field POINT_TOOL_AROUND string
---@field POINT_TOOL_AFTER string
---@field POINT_TOOL_ERROR string
---@field POINT_WORKFLOW_BEFORE string
---@field POINT_WORKFLOW_AROUND string
---@field POINT_WORKFLOW_AFTER string
---@field POINT_WORKFLOW_ERROR string
---@field POINT_WORKFLOW_STEP_BEFORE string
---@field POINT_WORKFLOW_STEP_AROUND string
---@field POINT_WORKFLOW_STEP_AFTER string
---@field POINT_WORKFLOW_STEP_ERROR string
---@field POINT_MEMORY_SAVE_BEFORE string
---@field POINT_MEMORY_SAVE_AROUND string
---@field POINT_MEMORY_SAVE_AFTER string
---@field POINT_MEMORY_SAVE_ERROR string
---@field POINT_MEMORY_LOAD_BEFORE string
---@field POINT_MEMORY_LOAD_AROUND string
---@field POINT_MEMORY_LOAD_AFTER string
---@field POINT_MEMORY_LOAD_ERROR string
---@field POINT_CUSTOM_BEFORE string
---@field POINT_CUSTOM_AROUND string
---@field POINT_CUSTOM_AFTER string
---@field POINT_CUSTOM_ERROR string
---@field POINT_AGENT_CLEANUP string
---@field PRIORITY_HIGHEST number
---@field PRIORITY_CRITICAL number
---@field PRIORITY_HIGH number
---@field PRIORITY_NORMAL number
---@field PRIORITY_LOW number
---@field PRIORITY_LOWEST number
hooks = {}

---Calls fn(ctx) before an operation: agent, model, tool, workflow, workflow.step, memory.save, memory.load, or one that is triggered by hand. It returns nothing, {data = …} or its changed ctx, or {stop = true, result = …, reason = …}; the id.
---@param point string
---@param fn function
---@param opts? HookOptions
---@return string
function hooks.before(point, fn, opts) end

---Calls fn(ctx) after an operation; ctx.data is its result, which {data = …} or {result = …} replaces.
---@param point string
---@param fn function
---@param opts? HookOptions
---@return string
function hooks.after(point, fn, opts) end

---Calls fn(ctx, proceed) around an operation: proceed(data?) does the hooks inside and the operation, and may be called again or not at all. What it returns is the result; nothing leaves it as it is.
---@param point string
---@param fn function
---@param opts? HookOptions
---@return string
function hooks.around(point, fn, opts) end

---Puts a function in its place by type: a point such as tool.before, or pre, post, around, error of the operations in opts.operations (all).
---@param type string
---@param fn function
---@param priority_or_opts? number|"highest"|"critical"|"high"|"normal"|"low"|"lowest"|RegisterOptions
---@return string
function hooks.register(type, fn, priority_or_opts) end

---Puts fn(ctx, next) around every kind of operation, or what the framework has: logging, error_handling, caching, transformation, validation, metrics, tracing, rate_limit, with their settings in opts.
---@param middleware function|"logging"|"error_handling"|"caching"|"transformation"|"validation"|"metrics"|"tracing"|"rate_limit"
---@param opts? table<string, any>
---@async
---@return string
function hooks.use(middleware, opts) end

---A condition for opts.filter, of all that is named (op: and, or, not): {points, names, rate = {limit, window}, metadata, time_window = {from, until}, predicate}.
---@param spec HookFilterSpec
---@return HookFilter
function hooks.filter(spec) end

---Takes a hook away; whether it was there.
---@param hook_id string
---@return boolean
function hooks.unregister(hook_id) end

---Has a disabled hook called again.
---@param hook_id string
function hooks.enable(hook_id) end

---Has a hook passed over; it stays in its place.
---@param hook_id string
function hooks.disable(hook_id) end

---The hooks of this script in the order of their calls, or those of a type: a point, an operation, a phase or a name; or {type=, enabled=}.
---@param filter? string|{ type?: string, enabled?: boolean }
---@return HookInfo[]
function hooks.list(filter) end

---What is known of a hook.
---@param hook_id string
---@return HookInfo
function hooks.get(hook_id) end

---Moves a hook: lower priorities come first, from highest (-1000) to lowest (1000).
---@param hook_id string
---@param priority number|"highest"|"critical"|"high"|"normal"|"low"|"lowest"
function hooks.set_priority(hook_id, priority) end

---Attaches a table to a hook, in the place of the one it has.
---@param hook_id string
---@param metadata table<string, any>
function hooks.set_metadata(hook_id, metadata) end

---The table that is attached to a hook.
---@param hook_id string
---@return table<string, any>
function hooks.get_metadata(hook_id) end

---Calls the hooks of a point, or those before, around and after an operation or a name of your own, by hand; what they made of the data, and each change.
---@param type string
---@param data? any
---@async
---@return { data: any, stopped: boolean, reason?: string, results: { hook: string, data: any }[] }
function hooks.trigger(type, data) end

---One hook of several at the same point, one after the other; it ends when one stops. They are no longer called by themselves.
---@param hook_ids string[]
---@return string
function hooks.chain(hook_ids) end

---One hook of several at the same point: sequential; parallel, where the first that stops counts or else the last change; or first, until one decides anything.
---@param hook_ids string[]
---@param mode? "sequential"|"parallel"|"first"
---@return string
function hooks.compose(hook_ids, mode) end

---Changes by fn(data) the data that another hook, or each there is now of a type, is given (before) or returns (after), or takes its place (replace); the id.
---@param hook_id_or_type string
---@param kind "before"|"after"|"replace"
---@param fn function
---@return string
function hooks.intercept(hook_id_or_type, kind, fn) end

---How often a hook, or all of this script, were called and failed, and how long they took on average.
---@param hook_id? string
---@return { calls: integer, errors: integer, avg_ms: number }
function hooks.stats(hook_id) end

---Takes all hooks of a type away that this script has put in place; how many.
---@param type string
---@return integer
function hooks.clear(type) end

---Takes all hooks of this script away; how many.
---@return integer
function hooks.clear_all() end

---The points where hooks can be, beside those that a script names itself.
---@return string[]
function hooks.get_types() end

---Asking language models: completions, conversations, several models at once, texts of the right length.
---@class llmspell.llm
llm = {}

---One completion by the configured model, or by opts.provider and opts.model. Needs `model` (the model, as provider:model).
---@param prompt string|Message[]|GenerateRequest
---@param opts? GenerateOptions
---@async
---@return Response
function llm.generate(prompt, opts) end

---The text of one completion. Needs `model` (the model, as provider:model).
---@param prompt string
---@param opts? GenerateOptions
---@async
---@return string
function llm.quick_prompt(prompt, opts) end

---A completion of a conversation: a list of messages, or a table with messages and options. Needs `model` (the model, as provider:model).
---@param messages string|Message[]|GenerateRequest
---@param opts? GenerateOptions
---@async
---@return Response
function llm.chat(messages, opts) end

---A completion whose pieces are passed to the callback as they arrive; when the callback returns false, what it has had is the answer, with the finish_reason `other`. Without a callback a Stream, to loop over: `for piece in llm.stream(…) do`, in JavaScript `for await (const piece of await llm.stream(…))`. Needs `model` (the model, as provider:model).
---@param prompt string|Message[]|GenerateRequest
---@param callback? function
---@param opts? GenerateOptions
---@async
---@return Response|Stream
function llm.stream(prompt, callback, opts) end

---A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear(). Needs `model` (the model, as provider:model).
---@param system_prompt? string|GenerateOptions
---@param opts? GenerateOptions
---@return Conversation
function llm.chat_session(system_prompt, opts) end

---Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}. With `stop_on_error` a failure ends the others. Needs `model` (the model, as provider:model).
---@param prompts (string|Message[]|GenerateRequest)[]
---@param opts? BatchOptions
---@async
---@return { ok: boolean, value?: Response, error?: SpellError }[]
function llm.batch_process(prompts, opts) end

---Makes a provider, a pool or a model the default of this run; with `config`, which has a `type`, it is made first. Needs `provider` (the provider). May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
---@param name string
---@param config? ProviderConfig
---@return ProviderInfo
function llm.use_provider(name, config) end

---Asks several providers or models the same at the same time; who fails does not stop the others. Costs are in USD, where prices are known. Needs `model` (the model, as provider:model).
---@param prompt string|Message[]|GenerateRequest
---@param providers string[]
---@param opts? GenerateOptions
---@async
---@return { model: string, provider: string, response?: Response, error?: SpellError, latency_ms: number, usage?: Usage, cost?: number }[]
function llm.compare_providers(prompt, providers, opts) end

---Asks one provider or model after the other until one answers; `attempts` of the answer says why others did not. When none does, the error AGGREGATE has every failure. Needs `model` (the model, as provider:model).
---@param providers string[]
---@param prompt string|Message[]|GenerateRequest
---@param opts? GenerateOptions
---@async
---@return Response
function llm.fallback_chain(providers, prompt, opts) end

---What a call costs at the list price of its model, in USD: of `prompt` or `tokens_in`, and `tokens_out`.
---@param operation string|Operation
---@param model string
---@async
---@return { input: number, output: number, total: number, currency: string, tokens_in: integer, tokens_out: integer }
function llm.cost_estimate(operation, model) end

---Fills in a template in the language Liquid, e.g. `Dear {{ name }}`; a variable that is missing is an error. Values add no instruction to the template.
---@param template string
---@param vars? table<string, any>
---@async
---@return string
function llm.format_prompt(template, vars) end

---The tokens of a text or of messages by the tokenizer of OpenAI's models; an estimate for the models of others.
---@param text string|Message[]
---@param model? string
---@async
---@return integer
function llm.count_tokens(text, model) end

---Splits a text into pieces of at most so many tokens, between paragraphs, sentences or words where that is possible. Without `overlap` the pieces joined are the text.
---@param text string
---@param max_tokens integer
---@param opts? SplitOptions
---@async
---@return string[]
function llm.split_message(text, max_tokens, opts) end

---Several providers or models as one, which is asked as `pool:name` or by its name. A call is answered by the first that can, in the order of the strategy; fastest_first asks all and takes the first answer, consensus the most frequent one. Needs `provider` (the pool). May need `model` (each model in it).
---@param name string
---@param providers (string|PoolMember)[]
---@param strategy? "failover"|"round_robin"|"random"|"weighted"|"least_used"|"fastest"|"fastest_first"|"consensus"
---@param config? PoolOptions
---@return PoolInfo
function llm.pool_create(name, providers, strategy, config) end

---A pool.
---@param name string
---@return PoolInfo
function llm.pool_get(name) end

---Every pool.
---@return PoolInfo[]
function llm.pool_list() end

---Removes a pool. Needs `provider` (the pool).
---@param name string
---@return boolean
function llm.pool_remove(name) end

---One completion by a pool. Needs `model` (pool:NAME, or each of its models).
---@param name string
---@param prompt string
---@param opts? GenerateOptions
---@async
---@return Response
function llm.pool_generate(name, prompt, opts) end

---A completion of a conversation by a pool. Needs `model` (pool:NAME, or each of its models).
---@param name string
---@param messages Message[]
---@param opts? GenerateOptions
---@async
---@return Response
function llm.pool_generate_message(name, messages, opts) end

---A completion by a pool whose pieces are passed to the callback; when that returns false, what it has had is the answer. Needs `model` (pool:NAME, or each of its models).
---@param name string
---@param prompt string
---@param callback function
---@param opts? GenerateOptions
---@async
---@return Response
function llm.pool_stream(name, prompt, callback, opts) end

---Whether the members of a pool can be asked: `status` is healthy, degraded (some cannot) or down.
---@param name string
---@return { status: "healthy"|"degraded"|"down", providers: string[] }
function llm.pool_get_health(name) end

---The health of each member of a pool by its model, as {healthy, state, failures, last_error?}; `failures` are those in a row.
---@param name string
---@return table<string, any>
function llm.pool_get_provider_health(name) end

---What a pool did since the start or the last reset; each member by its model, as {requests, failures, active, avg_ms?}.
---@param name string
---@return { requests: integer, failures: integer, by_provider: table<string, any> }
function llm.pool_get_metrics(name) end

---Sets the counters of a pool to zero. Needs `provider` (the pool).
---@param name string
function llm.pool_reset_metrics(name) end

---Structured logging; lines go to the host's log, or to a file, not to the spell's output.
---@class llmspell.log
log = {}

---Writes a log line of level debug.
---@param message any
---@param context? table<string, any>
function log.debug(message, context) end

---Writes a log line of level info.
---@param message any
---@param context? table<string, any>
function log.info(message, context) end

---Writes a log line of level warn.
---@param message any
---@param context? table<string, any>
function log.warn(message, context) end

---Writes a log line of level error.
---@param message any
---@param context? table<string, any>
function log.error(message, context) end

---Writes a log line of the given level.
---@param level "debug"|"info"|"warn"|"error"
---@param message any
---@param context? table<string, any>
function log.log(level, message, context) end

---A logger whose lines all have these fields.
---@param context table<string, any>
---@return Logger
function log.with_context(context) end

---The logger of a component, with a level of its own if one is given.
---@param component string
---@param level? "debug"|"info"|"warn"|"error"
---@return Logger
function log.create_logger(component, level) end

---How lines look from here on: "text", "json", or what a function makes of `{time, level, message, context}`; when that fails, JSON. Without one as the host likes it.
---@param formatter? "text"|"json"|function
function log.set_formatter(formatter) end

---Leaves out lines below a level, of one component or of all that have none of their own.
---@param level "debug"|"info"|"warn"|"error"
---@param component? string
function log.set_level(level, component) end

---Where lines go: to the `file` (capability `file.write`), which is put aside as `FILE.1`, `FILE.2` … (`max_files`, 5) when it would have more than `max_bytes`; `sinks` are "host" and "file", by default both. May need `file.write` (the file, and those it is put aside as).
---@param options LogOptions
---@async
function log.configure(options) end

---Memories: of conversations, values to work with, and texts that are found again. A function that is given no memory uses that of the run.
---@class llmspell.memory
---@field SCOPE_GLOBAL string
---@field SCOPE_AGENT string
---@field SCOPE_SESSION string
---@field FORMAT_JSON string
---@field FORMAT_TEXT string
---@field FORMAT_MARKDOWN string
---@field ROLE_SYSTEM string
---@field ROLE_USER string
---@field ROLE_ASSISTANT string
---@field ROLE_TOOL string
memory = {}

---A memory of messages. At a limit the oldest turns go, never system messages or the latest turn; max_messages is 1000 unless said. Tokens are estimated: four characters each.
---@param config? MemoryConfig
---@return Memory
function memory.create(config) end

---Forgets a memory; its handle can no longer be used.
---@param m Memory|string
---@return boolean
function memory.destroy(m) end

---The memories that this spell has made and holds.
---@return MemoryInfo[]
function memory.list() end

---Adds a message: add(m, message), or add(message) to the memory of the run.
---@param m Memory|string|nil
---@param message Message
function memory.add(m, message) end

---Adds several messages, all or none.
---@param m Memory|string|nil
---@param messages Message[]
function memory.add_batch(m, messages) end

---The messages, oldest first; with max_tokens the latest turns that fit, with offset and limit a part of them.
---@param m? Memory|string|MemoryQuery
---@param opts? MemoryQuery
---@return Message[]
function memory.get(m, opts) end

---The latest n messages, oldest first.
---@param m Memory|string|nil
---@param n integer
---@return Message[]
function memory.get_last(m, n) end

---The messages of a role.
---@param m Memory|string|nil
---@param role "system"|"user"|"assistant"|"tool"
---@return Message[]
function memory.get_by_role(m, role) end

---The messages that have words of a query, the best first.
---@param m Memory|string|nil
---@param query string
---@return { message: Message, score: number }[]
function memory.search(m, query) end

---Forgets everything but system messages.
---@param m? Memory|string
function memory.clear(m) end

---Forgets the oldest turns until there are no more messages than that, or {tokens = …}; how many went.
---@param m Memory|string|nil
---@param limit integer|{ tokens: integer }
---@return integer
function memory.truncate(m, limit) end

---How many messages, tokens (estimated) and bytes of text there are.
---@param m? Memory|string
---@return { messages: integer, tokens: integer, bytes: integer }
function memory.get_size(m) end

---How many tokens there are, estimated.
---@param m? Memory|string
---@return integer
function memory.get_token_count(m) end

---What is in a memory.
---@param m? Memory|string
---@return MemoryInfo
function memory.get_stats(m) end

---Sets what is kept from now on; what is too much goes at once.
---@param m Memory|string|nil
---@param limits MemoryLimits
function memory.set_limit(m, limits) end

---Forgets messages without content and those that repeat the one before; how many bytes of text went.
---@param m? Memory|string
---@return { freed: integer, messages: integer }
function memory.optimize(m) end

---Lets a model summarize all but the last `keep` (2) turns; nil when there are no more. With replace the summary takes their place. Needs `model` (the model, as provider:model).
---@param m? Memory|string|SummarizeOptions
---@param opts? SummarizeOptions
---@async
---@return string|nil
function memory.summarize(m, opts) end

---A memory as text: json has everything, text and markdown are for people.
---@param m? Memory|string|"json"|"text"|"markdown"
---@param opts? "json"|"text"|"markdown"
---@return string
function memory.export(m, opts) end

---Adds what export has written; how many messages.
---@param m Memory|string|nil
---@param data string
---@param format? "json"|"text"|"markdown"
---@return integer
function memory.import(m, data, format) end

---A new memory with the messages of both in the order of time.
---@param m1 Memory|string
---@param m2 Memory|string
---@return Memory
function memory.merge(m1, m2) end

---An independent memory with the same messages and limits.
---@param m? Memory|string
---@return Memory
function memory.fork(m) end

---Keeps what is in a memory now; the id. A run has 100 at most.
---@param m? Memory|string
---@return string
function memory.snapshot(m) end

---Makes a memory what it was at a snapshot.
---@param m Memory|string|nil
---@param snapshot_id string
function memory.restore(m, snapshot_id) end

---Keeps a value, which is JSON, under a key: of everybody (global), of the agent opts.id, or of a session (opts.id, this run by default); for opts.ttl or for the run.
---@param key string
---@param value any
---@param opts? MemoryStoreOptions
function memory.store(key, value, opts) end

---The value of a key, or nil.
---@param key string
---@param opts? MemoryScope
---@return any
function memory.retrieve(key, opts) end

---Removes the value of a key; whether there was one.
---@param key string
---@param opts? MemoryScope
---@return boolean
function memory.delete(key, opts) end

---The keys, or those that begin as the pattern does before its *.
---@param pattern? string
---@param opts? MemoryScope
---@return string[]
function memory.list_keys(pattern, opts) end

---Keeps the memory of the run, those with a name and the working values beyond the run, under a key. Needs `storage` (the key).
---@param key string
---@async
function memory.persist(key) end

---Takes in what persist has kept, in the place of what is there; memories with a name are found by it. Needs `storage` (the key).
---@param key string
---@async
function memory.load(key) end

---The vector of a text, or those of several, by the configured embedding model, else by one that knows words and no meaning. Needs `model` (the embedding model).
---@param text string|string[]
---@async
---@return number[]|number[][]
function memory.embed(text) end

---Keeps a text, or a vector of your own, beyond the run; one with a known id takes its place. Metadata are texts, numbers and booleans. Needs `storage` (vectors). May need `model` (the embedding model, for a text).
---@param id string
---@param text_or_embedding string|number[]
---@param metadata? table<string, any>
---@async
function memory.vector_store(id, text_or_embedding, metadata) end

---The k (5) that are nearest to a text or vector, by cosine similarity, best first; of those with this metadata. Needs `storage` (vectors). May need `model` (the embedding model, for a text).
---@param query string|number[]
---@param k? integer
---@param filter? table<string, any>
---@async
---@return { id: string, score: number, metadata: table<string, any>, text: string }[]
function memory.vector_search(query, k, filter) end

---Removes what is kept under an id; whether there was any. Needs `storage` (vectors).
---@param id string
---@async
---@return boolean
function memory.vector_delete(id) end

---Figures of the run: counters, gauges, histograms, timers.
---@class llmspell.metrics
---@overload fun(): { call_count: integer, error_count: integer, avg_ms: number, by_function: table<string, any> }
metrics = {}

---A figure that only grows; the same one for the same name and tags.
---@param name string
---@param tags? table<string, any>
---@return Counter
function metrics.counter(name, tags) end

---Adds to a counter, by default 1, and tells what it stands at.
---@param name string
---@param value? number
---@param tags? table<string, any>
---@return number
function metrics.increment(name, value, tags) end

---Sets a figure that goes up and down.
---@param name string
---@param value number
---@param tags? table<string, any>
function metrics.gauge(name, value, tags) end

---Observes a value, of which sum, number and distribution are kept. Buckets fit milliseconds, from 1 ms to 5 minutes.
---@param name string
---@param value number
---@param tags? table<string, any>
function metrics.histogram(name, value, tags) end

---Observes a duration; without one, starts to measure and returns a function that ends it and returns the milliseconds.
---@param name string
---@param duration? number|string
---@param tags? table<string, any>
---@return function|nil
function metrics.timer(name, duration, tags) end

---A function that does the same as another one and counts it: `NAME_calls_total`, `NAME_errors_total`, `NAME_ms`.
---@param fn function
---@param name string
---@return any
function metrics.track(fn, name) end

---Every series, or those whose name begins with the filter.
---@param filter? string
---@return { name: string, type: "counter"|"gauge"|"histogram"|"summary", labels: table<string, any>, value: number, count?: integer }[]
function metrics.get_all(filter) end

---All of it as text: in the format of Prometheus, or as JSON.
---@param format? "prometheus"|"json"
---@return string
function metrics.export(format) end

---What is known of models: windows, limits, what they can do, list prices; which one is right for what, and how they did here.
---@class llmspell.modelinfo
modelinfo = {}

---Asks the configured providers, or one, which models they have; the catalog learns those that it does not know. May need `provider` (each provider that is asked).
---@param opts? ScanOptions
---@async
---@return ModelInfo[]
function modelinfo.scan(opts) end

---As scan, but tells what has changed: the models that the catalog has learned, and those that it knows and their provider no longer lists. May need `provider` (each provider that is asked).
---@param provider? string
---@async
---@return { added: string[], removed: string[] }
function modelinfo.refresh(provider) end

---The providers whose models the catalog knows.
---@return string[]
function modelinfo.get_providers() end

---The models that the catalog knows, of all providers or of one.
---@param provider? string
---@return ModelInfo[]
function modelinfo.get_models(provider) end

---Whether a model can do something.
---@param model string
---@param capability "chat"|"streaming"|"tools"|"structured-output"|"reasoning"|"vision"|"audio"|"video"|"pdf"|"prompt-caching"|"embeddings"
---@return boolean
function modelinfo.check_capability(model, capability) end

---What a model can do, or everything that can be asked of models.
---@param model? string
---@return string[]
function modelinfo.list_capabilities(model) end

---Models side by side, by the names given: for each its ModelInfo, and in `has` whether it has each capability.
---@param models string[]
---@param capabilities? ("chat"|"streaming"|"tools"|"structured-output"|"reasoning"|"vision"|"audio"|"video"|"pdf"|"prompt-caching"|"embeddings")[]
---@return table<string, any>
function modelinfo.compare(models, capabilities) end

---All that is known of a model.
---@param model string
---@param provider? string
---@return ModelInfo
function modelinfo.get_details(model, provider) end

---The best model that meets every requirement, or nil; `max_cost` is in USD, of a call of 1000 tokens in and 1000 out.
---@param requirements ModelNeeds
---@return ModelInfo|nil
function modelinfo.find(requirements) end

---Models in order, the best first, by price, context, output, capabilities, released or knowledge, or by several with their weights; equally good ones by id.
---@param criteria string|RankWeights
---@param models? string[]
---@return { model: string, score: number }[]
function modelinfo.rank(criteria, models) end

---Every model of the catalog that meets all that is given; prices are in USD per million tokens.
---@param spec ModelFilter
---@return ModelInfo[]
function modelinfo.filter(spec) end

---The model for a kind of work (chat, agent, code, reasoning, extraction, vision, audio, documents, summary, embeddings), why, and what else would do.
---@param task string
---@param constraints? ModelNeeds
---@return { model: ModelInfo|nil, reasons: string[], alternatives: string[] }
function modelinfo.recommend(task, constraints) end

---How the models that this run has asked did, or one of them, or nil if it was not asked; with `window` of the calls that ended within that time.
---@param model? string
---@param window? number|string
---@return ModelPerformance[]|ModelPerformance|nil
function modelinfo.get_analytics(model, window) end

---The catalog as a text: JSON, YAML, CSV, or an OpenAPI document.
---@param format "json"|"yaml"|"csv"|"openapi"
---@async
---@return string
function modelinfo.export_catalog(format) end

---Reading what models write: JSON in prose, tables, lists, code, and whatever a schema asks for.
---@class llmspell.output
output = {}

---Reads text in a format, or in the likeliest that can read it; at last it is plain text.
---@param text string
---@param format? string
---@async
---@return any
function output.parse(text, format) end

---The JSON value in a text, repaired where it is malformed; checked when a schema is given. `repaired` says whether it was.
---@param text string
---@param opts? ParseJsonOptions
---@async
---@return { value: any, repaired: boolean }
function output.parse_json(text, opts) end

---Every JSON value in a text, or those that match a schema.
---@param text string
---@param schema? Schema|string|table<string, any>
---@async
---@return any[]
function output.extract_json(text, schema) end

---What a schema asks for, found in JSON, YAML, tables or sentences, with the types of the schema.
---@param text string
---@param schema Schema|string|table<string, any>
---@async
---@return any
function output.extract_structured(text, schema) end

---The fenced code in a text, of one language if it is named.
---@param text string
---@param lang? string
---@return { lang?: string, code: string }[]
function output.extract_code_blocks(text, lang) end

---The blocks of a page of Markdown: headings, paragraphs, lists, tables, code.
---@param text string
---@async
---@return { blocks: table<string, any>[] }
function output.extract_markdown(text) end

---The tables in a text.
---@param text string
---@return { headers: string[], rows: string[][] }[]
function output.extract_tables(text) end

---The lists in a text.
---@param text string
---@async
---@return string[][]
function output.extract_lists(text) end

---The lines of a text like "key: value".
---@param text string
---@return table<string, any>
function output.extract_key_value(text) end

---Reads YAML, also out of a fence.
---@param text string
---@async
---@return any
function output.parse_yaml(text) end

---Reads XML, also out of a fence; no entity of it is looked up anywhere.
---@param text string
---@async
---@return any
function output.parse_xml(text) end

---Reads CSV, also out of a fence, as a list of rows by the names of the first line.
---@param text string
---@async
---@return table<string, any>[]
function output.parse_csv(text) end

---The likeliest format of a text, from 0 to 1.
---@param text string
---@async
---@return { format: string, confidence: number }
function output.detect_format(text) end

---Whether text is in a format, or data matches a schema.
---@param data any
---@param format_or_schema string|Schema|string|table<string, any>
---@async
---@return { valid: boolean, errors: string[] }
function output.validate(data, format_or_schema) end

---The JSON in a text, mended; unchanged when it is valid. The strategy "none" or "strict" mends nothing.
---@param text string
---@param strategy? "none"|"basic"|"aggressive"|"strict"|"lenient"|"best_effort"
---@async
---@return string
function output.repair(text, strategy) end

---An answer without what is around it: thinking, phrases before and after, one fence.
---@param text string
---@return string
function output.clean(text) end

---A template with data in it, in the language Liquid.
---@param data table<string, any>
---@param tmpl string
---@async
---@return string
function output.template(data, tmpl) end

---The parts of a text between a delimiter.
---@param text string
---@param delimiter string
---@return string[]
function output.split(text, delimiter) end

---Several outputs as one: texts are joined by `opts.separator`, lists follow each other, tables add their fields.
---@param outputs any[]
---@param opts? MergeOptions
---@return any
function output.merge(outputs, opts) end

---Data as text in a format.
---@param data any
---@param target "json"|"yaml"|"xml"|"csv"|"markdown"
---@async
---@return string
function output.format(data, target) end

---The JSON Schema of what reading a format gives.
---@param format string
---@return table<string, any>
function output.get_schema(format) end

---A parser of the spell: `can_parse(text)` says how likely it is, 0 to 1 or a boolean, `parse(text)` reads it.
---@param name string
---@param parser { can_parse: function, parse: function }
function output.register_parser(name, parser) end

---The names of the formats that `parse` knows.
---@return string[]
function output.list_parsers() end

---Promises, tasks, channels and waiting.
---@class llmspell.promise
promise = {}

---A promise that the executor's resolve or reject settles, once.
---@param executor function
---@return Promise
function promise.new(executor) end

---A fulfilled promise; a promise given to it is returned.
---@param value? any
---@return Promise
function promise.resolve(value) end

---A rejected promise.
---@param error any
---@return Promise
function promise.reject(error) end

---Fulfilled with every result, in order; rejected with the first rejection.
---@param promises any[]
---@return Promise
function promise.all(promises) end

---Fulfilled, when every promise has settled, with {status, value?, error?} of each, in order.
---@param promises any[]
---@return Promise
function promise.all_settled(promises) end

---Fulfilled as the first that is fulfilled; rejected with AGGREGATE when none is.
---@param promises any[]
---@return Promise
function promise.any(promises) end

---Settles as the first of the promises does.
---@param promises any[]
---@return Promise
function promise.race(promises) end

---Calls back with the result, or the error, after the current turn.
---@param promise any
---@param on_ok? function
---@param on_err? function
---@return Promise
function promise.and_then(promise, on_ok, on_err) end

---Calls back with the error of a rejection.
---@param promise any
---@param on_err function
---@return Promise
function promise.catch(promise, on_err) end

---Calls back on both outcomes and passes the outcome on.
---@param promise any
---@param fn function
---@return Promise
function promise.finally(promise, fn) end

---Rejects with CANCELLED and ends what is behind the promise: the host operation, or the task in the wait it is in.
---@param promise any
---@param reason? string
---@return boolean
function promise.cancel(promise, reason) end

---"pending", "fulfilled", "rejected" or "cancelled".
---@param promise any
---@return string
function promise.status(promise) end

---Wraps a function: calling the wrapper starts a task and returns its promise. As a statement, starts the function at once.
---@param fn function
---@return any
function promise.async(fn) end

---Waits for a promise, an async function or a function; other values are returned as they are.
---@param promise any
---@param options? number|string|{ timeout?: number|string, cancel?: any }
---@async
---@return any
function promise.await(promise, options) end

---Starts a task with the given arguments.
---@param fn function
---@return Promise
function promise.spawn(fn) end

---Gives other tasks a turn.
---@param value? any
---@async
---@return any
function promise.yield(value) end

---Waits without keeping other tasks from running.
---@param duration number|string
---@async
function promise.sleep(duration) end

---A channel between tasks that holds `capacity` values; with 0 each send waits for its receive.
---@param capacity? integer
---@return Channel
function promise.channel(capacity) end

---Sends a value; waits while the channel is full.
---@param channel any
---@param value any
---@param options? number|string|{ timeout?: number|string, cancel?: any }
---@async
---@return boolean
function promise.channel_send(channel, value, options) end

---Receives the oldest value and true; waits while there is none. After the close and the last value: nil and false.
---@param channel any
---@param options? number|string|{ timeout?: number|string, cancel?: any }
---@async
---@return any, boolean
function promise.channel_receive(channel, options) end

---Ends a channel: receivers get what is left, senders an error; INVALID_STATE when it has been closed.
---@param channel any
function promise.channel_close(channel) end

---Waits for the first of several sends and receives that is ready; TIMEOUT when none is in time.
---@param cases { channel: any, send?: any }[]
---@param options? number|string|{ timeout?: number|string, cancel?: any }
---@async
---@return any, any, any
function promise.select(cases, options) end

---A token for the option `cancel` of everything that waits, and the function that cancels it; linked to other tokens, it is cancelled with them.
---@param parents? any
---@return any, any
function promise.cancel_token(parents) end

---The model providers of this run. What a spell configures stays in its run; it never sees a key, and it may send one of the environment elsewhere only when it was granted `env` for it and `network` for the address.
---@class llmspell.provider
provider = {}

---Adds a provider of a type (see list_templates; `mock` has `responses`, `custom` a function `generate`), or of a table that has everything. Needs `provider` (the provider). May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
---@param type string|NewProvider
---@param name? string
---@param config? NewProvider
---@return ProviderInfo
function provider.create(type, name, config) end

---Adds a provider whose key is in the environment, where the host reads it. Needs `provider` (the provider). May need `env` (the variable of a key that goes to another place than its own).
---@param type string
---@param name? string
---@return ProviderInfo
function provider.create_from_environment(type, name) end

---Adds a provider for tests, which says what it is told: a list of answers, one for each call, or a function that makes every answer from {prompt, messages}. Needs `provider` (the provider).
---@param name string
---@param responses function|(string|function|MockResponse)[]
---@return ProviderInfo
function provider.create_mock(name, responses) end

---Several providers as one: the fastest answer, the primary one and the others when it fails, or what most of them say. Needs `provider` (its name). May need `model` (each model in it).
---@param name string
---@param providers (string|PoolMember)[]
---@param strategy? "fastest"|"primary"|"consensus"
---@param config? PoolOptions
---@return ProviderInfo
function provider.create_multi(name, providers, strategy, config) end

---Changes the configuration of a provider, or with `providers` that of several as one. What is not given is as in a new one; a key can be written and not read. Needs `provider` (the provider). May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url).
---@param name string
---@param config ProviderChange
---@return ProviderInfo
function provider.configure(name, config) end

---Removes a provider from this run; the offline stand-in stays. Needs `provider` (the provider).
---@param name string
---@return boolean
function provider.remove(name) end

---One provider.
---@param name string
---@return ProviderInfo
function provider.get(name) end

---Every known provider; `filter` chooses by type, capability and whether it is configured.
---@param filter? ProviderFilter
---@return ProviderInfo[]
function provider.list(filter) end

---The providers whose models can do something: streaming, tools, structured-output, vision, embeddings …
---@param capability string
---@return ProviderInfo[]
function provider.list_by_capability(capability) end

---The provider that answers when none is named.
---@return string
function provider.get_default() end

---What the models of a provider can do.
---@param name string
---@return string[]
function provider.get_capabilities(name) end

---What a provider is, and what set_metadata has given it.
---@param name string
---@return table<string, any>
function provider.get_metadata(name) end

---Keeps data beside a provider, for this run. Needs `provider` (the provider).
---@param name string
---@param metadata table<string, any>
function provider.set_metadata(name, metadata) end

---The models of a provider: its own list where it has one, else those of the catalog. Needs `provider` (the provider).
---@param name string
---@async
---@return ModelInfo[]
function provider.get_models(name) end

---Requests and tokens of this program so far, of one provider or of all; `cost` is what this run has asked for, in USD, where all prices are known.
---@param name? string
---@return { requests: integer, failed: integer, tokens_in: integer, tokens_out: integer, cost?: number }
function provider.get_usage(name) end

---The quotas that a provider told with its last answer: `limit`, `remaining` and `resets_at` (milliseconds since 1970) of requests and tokens; nil when it told none.
---@param name string
---@return table<string, any>|nil
function provider.get_rate_limits(name) end

---Whether a provider takes its key, or another one; asks it for its models, which costs nothing. Needs `provider` (the provider).
---@param name string
---@param key? string
---@async
---@return boolean
function provider.validate_api_key(name, key) end

---Whether a provider can be reached and takes the key. Needs `provider` (the provider).
---@param name string
---@async
---@return { ok: boolean, latency_ms: number, error?: SpellError }
function provider.test_connection(name) end

---One completion by a provider, whatever the default is. Needs `model` (the model, as provider:model).
---@param name string
---@param prompt string|Message[]|GenerateRequest
---@param opts? GenerateOptions
---@async
---@return Response
function provider.generate_with(name, prompt, opts) end

---The types of providers that can be created, and the fields that each is configured with.
---@return ProviderTemplate[]
function provider.list_templates() end

---What a provider of a type is configured with; `env` are the variables of the environment that may have its key.
---@param type string
---@return ProviderTemplate
function provider.get_template(type) end

---Whether a provider could be created with such a configuration, and what is wrong with it.
---@param type string
---@param config table<string, any>
---@return { valid: boolean, errors: string[] }
function provider.validate_config(type, config) end

---The providers and pools as data, as in llmspell.config.json. In the place of each secret is the name of an environment variable. Needs `provider` (each that is told).
---@return table<string, any>
function provider.export_config() end

---Adds or replaces every provider and pool of an exported configuration, or none of them. May need `env` (the variable of a key that goes to another place than its own), `network` (the host of base_url), `provider` (each that is imported), `model` (each model of a pool).
---@param config { default?: string, providers?: table<string, any>, pools?: table<string, any>, catalog?: table<string, any>[] }
---@return ProviderInfo[]
function provider.import_config(config) end

---Rules for what people and models say, limits, circuit breakers.
---@class llmspell.safety
safety = {}

---Checks a text by the registered rules and by those given; a rule may be a function that waits. A rule that fails blocks.
---@param content string
---@param rules? ContentRule[]
---@async
---@return { allowed: boolean, violations: { rule: string, action: "block"|"warn"|"redact", message: string }[], redacted?: string }
function safety.check_content(content, rules) end

---Registers a rule for `check_content`; with a scope it also guards what agents of the run are told (`input`), what they answer (`output`), or `both`.
---@param rule ContentRule
---@return string
function safety.register_rule(rule) end

---Switches a rule on again.
---@param id string
function safety.enable_rule(id) end

---Switches a rule off.
---@param id string
function safety.disable_rule(id) end

---Counts a call, if the limit of calls in the last `window` of time allows it. Calls are counted by key, limit and window.
---@param key string
---@param limit integer
---@param window number|string
---@return { allowed: boolean, remaining: integer, reset_ms: number, retry_after_ms: number }
function safety.rate_limit(key, limit, window) end

---The circuit breaker of a name, the same as of `errors.circuit_breaker`; the first use configures it.
---@param name string
---@param config? BreakerConfig
---@return Breaker
function safety.circuit_breaker(name, config) end

---JSON Schemas: checking, making, changing and keeping them.
---@class llmspell.schema
schema = {}

---Checks data against a schema; says every mistake with its path.
---@param data any
---@param schema Schema|string|table<string, any>
---@async
---@return { valid: boolean, errors: { path: string, keyword: string, message: string }[] }
function schema.validate(data, schema) end

---As `validate`, for data that is still being filled in: nothing is required.
---@param data any
---@param schema Schema|string|table<string, any>
---@async
---@return { valid: boolean, errors: { path: string, keyword: string, message: string }[] }
function schema.validate_partial(data, schema) end

---The mistakes of a result, or of the latest validation, as texts.
---@param result? { valid: boolean, errors: table<string, any>[] }
---@return string[]
function schema.get_errors(result) end

---A validator by name, for the keyword `x-validator`: a function of value and path that returns what is wrong, or false.
---@param name string
---@param fn function
function schema.add_custom(name, fn) end

---Asks one validator of the spell.
---@param name string
---@param value any
---@async
---@return { valid: boolean, errors: string[] }
function schema.custom_execute(name, value) end

---The names of the spell's validators.
---@return string[]
function schema.custom_list() end

---Data with the types that a schema wants, e.g. 42 for "42"; an error where that cannot be.
---@param data any
---@param schema Schema|string|table<string, any>
---@async
---@return any
function schema.coerce(data, schema) end

---A copy of the data with the defaults of a schema where it has nothing.
---@param data any
---@param schema Schema|string|table<string, any>
---@async
---@return any
function schema.apply_defaults(data, schema) end

---A copy of the data without properties that a schema does not know.
---@param data any
---@param schema Schema|string|table<string, any>
---@async
---@return any
function schema.strip(data, schema) end

---A schema as an object, checked and compiled once.
---@param definition table<string, any>
---@async
---@return Schema
function schema.create(definition) end

---The same for a schema in any form.
---@param schema Schema|string|table<string, any>
---@async
---@return Schema
function schema.compile(schema) end

---Forgets a schema; its handle can no longer be used.
---@param schema Schema|string
---@return boolean
function schema.destroy(schema) end

---A schema as a table.
---@param schema Schema|string|table<string, any>
---@return table<string, any>
function schema.get_info(schema) end

---A schema that data matches; of a list of samples with `opts.samples`.
---@param data any
---@param opts? InferOptions
---@return table<string, any>
function schema.infer(data, opts) end

---The schema of a type by its name: a JSON type, or one of `get_builtin_schemas`.
---@param type string
---@return table<string, any>
function schema.from_type(type) end

---The names that `from_type` knows.
---@return string[]
function schema.get_builtin_schemas() end

---A schema of short descriptions of its fields, such as `{ age = "int, min=0, required" }`.
---@param tags table<string, any>
---@return table<string, any>
function schema.from_tags(tags) end

---A JSON Schema from its text or table, checked.
---@param schema string|table<string, any>
---@async
---@return table<string, any>
function schema.from_json_schema(schema) end

---One schema that wants what all of them want: merge(a, b) or merge({ a, b, … }).
---@param schemas (Schema|string|table<string, any>)[]|Schema|string|table<string, any>
---@param other? Schema|string|table<string, any>
---@return table<string, any>
function schema.merge(schemas, other) end

---A schema with more properties, and more of them required.
---@param schema Schema|string|table<string, any>
---@param properties table<string, any>
---@param required? string[]
---@return table<string, any>
function schema.extend(schema, properties, required) end

---What is different in the second schema, and whether it breaks what the first accepted.
---@param a Schema|string|table<string, any>
---@param b Schema|string|table<string, any>
---@return { path: string, keyword: string, change: string, breaking: boolean, before?: any, after?: any }[]
function schema.diff(a, b) end

---A schema rewritten from the inside out: `fn` gets each schema in it and returns another.
---@param schema Schema|string|table<string, any>
---@param fn function
---@return table<string, any>
function schema.transform(schema, fn) end

---Data of an old schema in the form of a new one, by rules: { rename, remove, set }.
---@param data any
---@param old_schema Schema|string|table<string, any>
---@param new_schema Schema|string|table<string, any>
---@param rules? MigrationRules
---@async
---@return any
function schema.migrate(data, old_schema, new_schema, rules) end

---A schema as JSON text.
---@param schema Schema|string|table<string, any>
---@async
---@return string
function schema.to_json(schema) end

---A schema as YAML text.
---@param schema Schema|string|table<string, any>
---@async
---@return string
function schema.to_yaml(schema) end

---A schema from JSON text.
---@param text string
---@async
---@return Schema
function schema.from_json(text) end

---A schema from YAML text.
---@param text string
---@async
---@return Schema
function schema.from_yaml(text) end

---Keeps a schema as the next version of its name, beyond the run. Needs `storage` (schemas).
---@param name string
---@param schema Schema|string|table<string, any>
---@async
---@return integer
function schema.save(name, schema) end

---A kept schema, the newest version unless another is named. Needs `storage` (schemas).
---@param name string
---@param version? integer
---@async
---@return Schema
function schema.load(name, version) end

---The names of kept schemas with their versions. Needs `storage` (schemas).
---@async
---@return { name: string, versions: integer[] }[]
function schema.list() end

---Removes a kept schema, or one version of it; whether there was one. Needs `storage` (schemas).
---@param name string
---@param version? integer
---@async
---@return boolean
function schema.delete(name, version) end

---The spell that runs: its parameters and result, its parts, other spells, its surroundings.
---@class llmspell.spell
spell = {}

---Says once what the spell is. Parameters it was given are checked, converted and completed; `params` holds them then. `timeout` is how long it may run from here.
---@param config SpellConfig
---@async
---@return { name: string, version: string|nil, description: string|nil, params: table<string, any> }
function spell.init(config) end

---A parameter of the run, checked and converted when a type is given; without a name, all of them.
---@param name? string
---@param default? any
---@param type? "string"|"number"|"integer"|"boolean"|"list"|"table"
---@return any
function spell.params(name, default, type) end

---Sets the result of the run, in place of what the spell returns: the data as it is, or as text in the format "json", "yaml" or "text".
---@param data any
---@param format? "auto"|"json"|"yaml"|"text"
function spell.output(data, format) end

---What is known about the run. `parent` is the run that composed it, if one did.
---@return { spell: string, file: string, run_id: string, engine: string, args: table<string, any>, started_at: number, parent: string|nil }
function spell.context() end

---How the run was set up: the settings of its host, `limits` and `capabilities`. A key such as "limits.time" gives one value. Secrets are masked.
---@param key? string
---@param default? any
---@return any
function spell.config(key, default) end

---Runs a file of the spell's folder in this spell, once, and gives what it returns. Paths that begin with ./ or ../ are relative to the file that asks. Needs `module` (the path of the file).
---@param path string
---@async
---@return any
function spell.include(path) end

---Makes functions a module that the spell's files can require or import by its name; without functions, gives the module of that name.
---@param name string
---@param functions? table<string, any>
---@return table<string, any>
function spell.library(name, functions) end

---Runs spells of the spell's folder one after the other, each in a guest of its own with no more power than this one has and at its expense. A parameter `$name.field` is what an earlier one gave. Needs `spell` (the path of each spell).
---@param spells (string|SpellPart)[]
---@async
---@return { results: table<string, any>, final: any }
function spell.compose(spells) end

---Keeps data in this run under a key, for `ttl` milliseconds or for ever; without a value, gives what is kept. Of more than 1000 values or 8 MB what was used longest ago goes.
---@param key string
---@param value? any
---@param ttl? number|string
---@return any
function spell.cache(key, value, ttl) end

---Texts. In Lua these are functions of the library `string`, and methods of texts.
---@class llmspell.string
string = {}

---A text with values in the place of `${name}` and `{{name}}`, by paths; `$$` is a dollar sign.
---@param tmpl string
---@param vars table<string, any>
---@param opts? TemplateOptions
---@return string
function string.template(tmpl, vars, opts) end

---A text as a part of an address: `creme-brulee`.
---@param text string
---@return string
function string.slugify(text) end

---A text of at most so many characters, the suffix included; what is seen as one character is not cut.
---@param text string
---@param length integer
---@param suffix? string
---@return string
function string.truncate(text, length, suffix) end

---Tables of the spell itself. In Lua these are functions of the library `table`.
---@class llmspell.table
table = {}

---A new table with the entries of all of them; those of later ones count.
---@param t1 table<string, any>
---@param t2 table<string, any>
---@return any
function table.merge(t1, t2) end

---A copy of a table and all that is in it; what holds itself does so in the copy, functions stay the same.
---@param t table<string, any>
---@return any
function table.deep_copy(t) end

---The keys of a table, in order where all are texts.
---@param t table<string, any>
---@return any
function table.keys(t) end

---The values of a table, in the order of their keys.
---@param t table<string, any>
---@return any
function table.values(t) end

---The time of day, as milliseconds since 1970.
---@class llmspell.time
time = {}

---Milliseconds since 1970.
---@return number
function time.now() end

---A time as text: "iso", or a pattern of strftime; in UTC and English unless `opts` says `tz` or `locale`.
---@param ts number
---@param format? string
---@param opts? TimeFormatOptions
---@return string
function time.format(ts, format, opts) end

---The time between two moments, in each unit and in words.
---@param start number
---@param end_ number
---@return { ms: number, seconds: number, minutes: number, hours: number, days: number, text: string }
function time.duration(start, end_) end

---Values with a version: shared, watched, merged, saved beyond the run, and the context of the run.
---@class llmspell.state
---@field MERGE_LAST string
---@field MERGE_FIRST string
---@field MERGE_DEEP string
---@field MERGE_CONCAT string
state = {}

---A state with these values, which are JSON; opts.name is its id.
---@param initial? table<string, any>
---@param opts? StateOptions
---@return State
function state.create(initial, opts) end

---A state with the same values that refuses every write after which they would not match the schema.
---@param state State|string
---@param schema table<string, any>
---@async
---@return State
function state.with_schema(state, schema) end

---The value at a path such as user.names[0], or the default.
---@param state State|string
---@param key string
---@param default? any
---@return any
function state.get(state, key, default) end

---Writes a value at a path, and tells who watches; the new version.
---@param state State|string
---@param key string
---@param value any
---@return integer
function state.set(state, key, value) end

---Whether there is a value at a path.
---@param state State|string
---@param key string
---@return boolean
function state.has(state, key) end

---Removes what is at a path; whether there was anything.
---@param state State|string
---@param key string
---@return boolean
function state.delete_key(state, key) end

---The keys, in order.
---@param state State|string
---@return string[]
function state.keys(state) end

---Writes several values by their paths, all or none; the new version.
---@param state State|string
---@param updates table<string, any>
---@return integer
function state.update(state, updates) end

---Calls fn(new, old, key) after each change of a place, or of the keys that match a pattern such as user-*; the id.
---@param state State|string
---@param key string
---@param fn function
---@return string
function state.watch(state, key, fn) end

---Ends a watch; whether it was there.
---@param watch_id string
---@return boolean
function state.unwatch(watch_id) end

---A new state with the values of both. Where both have one: the last (default), the first, deep (into tables), concat (deep, with lists one after the other), or what fn(key, first, second) returns.
---@param s1 State|string
---@param s2 State|string
---@param strategy? "last"|"first"|"deep"|"concat"|function
---@return State
function state.merge(s1, s2, strategy) end

---All values at this moment: s.version, s.values, s.checksum (SHA-256), s.taken_at.
---@param state State|string
---@return Snapshot
function state.snapshot(state) end

---Makes a state, a new one by default, what a snapshot says, as one new version.
---@param snapshot Snapshot|string
---@param state? State|string
---@return State
function state.restore(snapshot, state) end

---A new state of what fn(values), or the transform of this name, makes of the values.
---@param state State|string
---@param transformer string|function
---@return State
function state.transform(state, transformer) end

---A new state with the values for which fn(key, value) is true.
---@param state State|string
---@param predicate function
---@return State
function state.filter(state, predicate) end

---Checks the values against a JSON Schema.
---@param state State|string
---@param schema table<string, any>
---@async
---@return { valid: boolean, errors: { path: string, message: string }[] }
function state.validate(state, schema) end

---The values as JSON, with sorted keys.
---@param state State|string
---@return string
function state.to_json(state) end

---Keeps the values of a state beyond the run, as a new version of the key; the latest 100 are kept. Needs `storage` (the key).
---@param state State|string
---@param key string
---@async
---@return { key: string, version: integer }
function state.save(state, key) end

---A state with what was saved, the newest version by default; the default when there is none or its time is over. Needs `storage` (the key).
---@param key string
---@param default? any
---@param opts? LoadOptions
---@async
---@return State|any
function state.load(key, default, opts) end

---Whether something is saved at a key. Needs `storage` (the key).
---@param key string
---@async
---@return boolean
function state.exists(key) end

---Removes what is saved at a key, or one version of it; whether there was any. Needs `storage` (the key).
---@param key string
---@param version? integer
---@async
---@return boolean
function state.delete(key, version) end

---The saved versions of a key, the newest first. Needs `storage` (the key).
---@param key string
---@async
---@return { version: integer, saved_at: number, size: integer }[]
function state.list_versions(key) end

---Lets what is saved at a key end after a time; when, in milliseconds since 1970. Saving anew ends that. Needs `storage` (the key).
---@param key string
---@param duration number|string
---@async
---@return number
function state.expire(key, duration) end

---Gives fn(values, opts), which returns new values, a name.
---@param name string
---@param fn function
function state.transforms_register(name, fn) end

---A new state of what the transform makes of the values.
---@param name string
---@param state State|string
---@param opts? table<string, any>
---@return State
function state.transforms_apply(name, state, opts) end

---A new state of what several transforms make, each of what the one before has made.
---@param names string[]
---@param state State|string
---@return State
function state.transforms_chain(names, state) end

---Whether there is a transform of this name.
---@param name string
---@return { valid: boolean, errors: string[] }
function state.transforms_validate(name) end

---The names of all transforms: filter ({keys, prefix}), flatten ({separator}), sanitize, and your own.
---@return string[]
function state.transforms_get_available() end

---The value of a key in a context, that of the run by default, or in those around it.
---@param key string
---@param ctx? Context|string
---@return any
function state.context_get(key, ctx) end

---Sets a key in a context; those around it do not see it.
---@param key string
---@param value any
---@param ctx? Context|string
function state.context_set(key, value, ctx) end

---Sets several keys in a context.
---@param data table<string, any>
---@param ctx? Context|string
function state.context_merge(data, ctx) end

---Forgets what was set in a context itself.
---@param ctx? Context|string
function state.context_clear(ctx) end

---A context inside another, that of the run by default, whose values it sees.
---@param parent? Context|string
---@return Context
function state.context_create_shared(parent) end

---A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans.
---@param ctx Context|string
---@param opts boolean|ContextInheritance
---@param artifacts? boolean
---@param metadata? boolean
---@return Context
function state.context_with_inheritance(ctx, opts, artifacts, metadata) end

---Tests of spells: groups and cases, assertions, doubles, measurements. `llmspell test` runs what is registered.
---@class llmspell.test
test = {}

---A group of test cases: those that the function adds. Groups nest; the function must not wait.
---@param name string
---@param fn function
function test.describe(name, fn) end

---A test case, which has failed when the function does, or takes longer than `timeout` (5s); it may wait. With `only` on some cases, the others do not run.
---@param name string
---@param fn function
---@param options? CaseOptions
function test.it(name, fn, options) end

---Called before the first case of the group; when it fails, all cases of the group have.
---@param fn function
function test.before_all(fn) end

---Called after the last case of the group, whatever happened.
---@param fn function
function test.after_all(fn) end

---Called before each case of the group and of those in it.
---@param fn function
function test.before_each(fn) end

---Called after each case of the group and of those in it, whatever happened.
---@param fn function
function test.after_each(fn) end

---Called when the case that runs is over, the latest first; false outside of a case, when it is not.
---@param fn function
---@return boolean
function test.cleanup(fn) end

---Runs the cases that were added, or those whose full name (groups and case, with spaces between) has the filter in it. A failure is a result, not an error. `reporter` adds a report.
---@param suite? string|TestOptions
---@param options? TestOptions
---@async
---@return TestResults
function test.run(suite, options) end

---How the tests ended when they last ran.
---@return TestResults
function test.get_results() end

---A report on the tests when they last ran: text, JSON, TAP 14, or XML as of JUnit.
---@param format "text"|"json"|"tap"|"junit"
---@return string
function test.generate_report(format) end

---Ends the test case as skipped.
---@param reason? string
function test.skip(reason) end

---Which lines of the script have run so far, when the run counts them: `llmspell test --coverage`. Counting ends with it.
---@return { lines: integer, covered: integer, percent: number, by_file: { file: string, lines: integer, covered: integer, percent: number, missed: integer[] }[] }
function test.get_coverage() end

---Fails when the value is false or nothing.
---@param value any
---@param message? string
function test.assert(value, message) end

---Fails unless the value is true.
---@param value any
---@param message? string
function test.assert_true(value, message) end

---Fails unless the value is false.
---@param value any
---@param message? string
function test.assert_false(value, message) end

---Fails unless the value is nothing.
---@param value any
---@param message? string
function test.assert_nil(value, message) end

---Fails when the value is nothing.
---@param value any
---@param message? string
function test.assert_not_nil(value, message) end

---Fails unless both values are the same in all that they hold; says what is different.
---@param actual any
---@param expected any
---@param message? string
function test.assert_equals(actual, expected, message) end

---Fails when both values are the same in all that they hold.
---@param actual any
---@param expected any
---@param message? string
function test.assert_not_equals(actual, expected, message) end

---Fails unless a text has the part, a list the item, or a table the key.
---@param haystack any
---@param needle any
---@param message? string
function test.assert_contains(haystack, needle, message) end

---Fails unless the function does, with an error of this code or with this part in its message; returns the error.
---@param fn function
---@param expected? string
---@async
---@return SpellError
function test.assert_error(fn, expected) end

---Fails when the function does; returns its result.
---@param fn function
---@param message? string
---@async
---@return any
function test.assert_no_error(fn, message) end

---Fails.
---@param message? string
function test.fail(message) end

---Puts a function in the place of a method, until `restore()` or the end of the test case; has `original` and all that a spy has.
---@param object table<string, any>
---@param method string
---@param replacement function
---@return any
function test.mock(object, method, replacement) end

---A function that always returns a value, in the place of another one; has all that a spy has.
---@param fn? function
---@param return_value? any
---@return any
function test.stub(fn, return_value) end

---A function that calls another one and remembers: `calls` (lists of arguments), `call_count`, `called_with(...)`. In Lua a table that can be called; its `fn` is the function itself.
---@param fn? function
---@return any
function test.spy(fn) end

---Times a function that is called `iterations` times (100), one after the other, after one call that warms up. Milliseconds; `ops` is calls a second.
---@param fn function
---@param iterations? integer
---@async
---@return { iterations: integer, mean_ms: number, p50: number, p95: number, min_ms: number, max_ms: number, ops: number }
function test.benchmark(fn, iterations) end

---Calls a function from `concurrency` sides at once (4) for a `duration` (1s), at most `rps` times a second. The calls go on beside each other where the function waits.
---@param fn function
---@param config? LoadConfig
---@async
---@return { total: integer, errors: integer, rps: number, p50: number, p95: number }
function test.load_test(fn, config) end

---Whether a function that is called `iterations` times (10) leaves more than `max_growth` bytes (64 KiB) in use, as the engine counts it; garbage is collected before and after.
---@param fn function
---@param options? MemoryTestOptions
---@async
---@return { before: integer, after: integer, growth: integer, leak: boolean }
function test.memory_test(fn, options) end

---A run of an agent with a scripted model, as data: `given` (agent, tools, the answers of the model), `when` (what is said), `then` (what should come of it; matchers such as `{["$contains"] = "rain"}`).
---@param definition { name?: string, given: table<string, any>, when: any, then?: table<string, any> }
---@async
---@return Scenario
function test.create_scenario(definition) end

---Runs a scenario, without any real model; what is not as expected is a result, not an error.
---@param scenario Scenario|string
---@async
---@return { name: string, passed: boolean, mismatches: { path: string, expected: string, actual: string }[], report: string, turns: table<string, any>[] }
function test.run_scenario(scenario) end

---Data for a test: a copy of the table given, or the file of this name (JSON, YAML or text) in the folder `fixtures` (capability `file.read`), read anew each time. May need `file.read` (fixtures/NAME).
---@param fixture string|any
---@async
---@return any
function test.setup_fixture(fixture) end

---Tools: defining, finding and running them.
---@class llmspell.tools
tools = {}

---Makes a tool of a function: define(name, description, schema, fn) or define{name=, description=, parameters=, execute=}.
---@param name string|ToolDefinition
---@param description? string
---@param schema? table<string, any>
---@param fn? function
---@return Tool
function tools.define(name, description, schema, fn) end

---Makes a tool step by step: builder(name):description(…):parameter(name, type, description?, required?):execute(fn):build().
---@param name string
---@return ToolBuilder
function tools.builder(name) end

---Registers many tools, by name or as a list; those that cannot be are told, and keep no other from it. opts.prefix comes before each name.
---@param library any[]|table<string, any>
---@param opts? LibraryOptions
---@return { registered: string[], failed: { name: string, error: SpellError }[] }
function tools.register_library(library, opts) end

---Registers an agent as a tool with the parameter `task`; its result is the answer, as an object with opts.output. Needs `model` (the model, as provider:model).
---@param agent Agent|string
---@param opts? WrapToolOptions
---@return Tool
function tools.wrap_agent(agent, opts) end

---Registers a workflow as a tool with the parameter `input`; its result is the output. opts.input is the schema of the input.
---@param workflow Workflow|string
---@param opts? WrapWorkflowOptions
---@return Tool
function tools.wrap_workflow(workflow, opts) end

---Registers a tool that runs others one after the other, each with the result before; what is no table is given as {input=…}.
---@param tools (string|Tool|string)[]
---@param opts? ComposeOptions
---@return Tool
function tools.compose(tools, opts) end

---Removes a tool; true when there was one.
---@param name string
---@return boolean
function tools.unregister(name) end

---Removes every tool that the spell has made, and no other; how many.
---@return integer
function tools.clear_registry() end

---Checks the parameters against the tool's schema, asks for the powers it needs and runs it. May need what the tool asks for.
---@param tool string|Tool|string
---@param params? table<string, any>
---@param opts? { timeout?: number|string }
---@async
---@return any
function tools.execute(tool, params, opts) end

---As execute, but a failure is a result: {success, result?, error?, duration_ms}. May need what the tool asks for.
---@param tool string|Tool|string
---@param params? table<string, any>
---@param opts? { timeout?: number|string }
---@async
---@return { success: boolean, result?: any, error?: SpellError, duration_ms: number }
function tools.execute_safe(tool, params, opts) end

---Runs tools one after the other now, each with the result before; what is no table is given as {input=…}. A failed step ends it, and is raised unless opts.stop_on_error is false. May need what the tool asks for.
---@param tools (string|Tool|string)[]
---@param data any
---@param opts? PipelineOptions
---@async
---@return { output: any, steps: { tool: string, ok: boolean, value?: any, error?: SpellError }[] }
function tools.pipeline(tools, data, opts) end

---Runs tools at the same time, at most opts.concurrency (4): all with the same parameters, or each with its own in a list; results in order. May need what the tool asks for.
---@param tools (string|Tool|string)[]
---@param params table<string, any>[]|table<string, any>
---@param opts? ParallelToolsOptions
---@async
---@return { ok: boolean, value?: any, error?: SpellError }[]
function tools.parallel_execute(tools, params, opts) end

---Checks parameters against a tool's schema.
---@param tool string|Tool|string
---@param params table<string, any>
---@async
---@return { valid: boolean, errors: { path: string, message: string }[] }
function tools.validate_params(tool, params) end

---Looks closely at the definition of a tool without registering it: what is wrong with it, and what could be better.
---@param def table<string, any>
---@async
---@return { valid: boolean, errors: string[], warnings: string[] }
function tools.validate_definition(def) end

---Runs a tool once for each case: {params=, expect=} for a result, {params=, error=} for an error with this code or these words. May need what the tool asks for.
---@param tool string|Tool|string
---@param cases ToolCase[]
---@async
---@return { passed: integer, failed: integer, results: { passed: boolean, result?: any, error?: SpellError }[] }
function tools.test_tool(tool, cases) end

---Measures calls of a tool: opts.iterations (100) after opts.warmup (5), in milliseconds, and calls per second. May need what the tool asks for.
---@param tool string|Tool|string
---@param params? table<string, any>
---@param opts? ToolBenchmarkOptions
---@async
---@return { iterations: integer, mean_ms: number, p50: number, p95: number, p99: number, ops: number }
function tools.benchmark_tool(tool, params, opts) end

---Registers a tool outside of the process. kind `process`: a program (command, args) that gets a line {tool, args} as JSON and answers with a line {result} or {error}; `http`: a url that gets the arguments as JSON; `script`: a spell (file) of the spell's folder, with the arguments as its params; `mcp`: all tools of a server (command, args or url), as a list. Nothing of it can do more than the run may: a process needs its command, a URL its host, and so do redirects. May need `process` (the command), `network` (the host of the url), `spell` (the path of the script).
---@param spec ExternalTool
---@async
---@return Tool|Tool[]
function tools.register_external(spec) end

---Registers the tools that files NAME.tool.json describe, in the folder `dir` below the working directory and in the folders that the variable `env` lists (LLMSPELL_TOOLS without either), those of a `category` only. What is malformed, or what the run may not use, is told in the log and keeps no other from being found. May need `file.read` (the folder), `env` (the variable), what the tool asks for.
---@param source? ToolSource
---@async
---@return ToolInfo[]
function tools.discover(source) end

---Writes the tools outside of the process, but those of MCP servers and of folders that a variable listed, and the statistics of all tools to a file below the working directory (tools.json); opts.encoding `binary` makes it small. A function of a spell cannot be saved. Needs `file.write` (the file).
---@param path? string
---@param opts? SaveToolsOptions
---@async
function tools.save(path, opts) end

---Registers the tools of such a file, as far as the run may use them, and goes on with its statistics. A file that is not there holds none. Needs `file.read` (the file). May need what the tool asks for.
---@param path? string
---@async
---@return { loaded: integer }
function tools.load(path) end

---Every tool of this run, or those that fit a filter: builtin, category, tags, search, and with enabled = false those that are disabled.
---@param filter? ToolFilter
---@return ToolInfo[]
function tools.list(filter) end

---Tools by words in name, description or tags, or by a pattern of names such as file_*.
---@param query string
---@return ToolInfo[]
function tools.search(query) end

---A tool by name, or nil.
---@param name string
---@return Tool|nil
function tools.get(name) end

---Whether there is a tool of this name.
---@param name string
---@return boolean
function tools.exists(name) end

---All of a tool but its function: name, description, parameters, version, category, tags and so on.
---@param tool string|Tool|string
---@return ToolInfo
function tools.get_info(tool) end

---The JSON Schema of a tool's parameters.
---@param tool string|Tool|string
---@return table<string, any>
function tools.get_schema(tool) end

---A page on a tool, in Markdown.
---@param tool string|Tool|string
---@return string
function tools.get_documentation(tool) end

---The categories of all tools, in order.
---@return string[]
function tools.get_categories() end

---The tools of a category.
---@param category string
---@return ToolInfo[]
function tools.list_by_category(category) end

---The tools that have all of these tags.
---@param tags string[]
---@return ToolInfo[]
function tools.list_by_tags(tags) end

---The tools that declare that they need a power.
---@param permission string
---@return ToolInfo[]
function tools.list_by_permission(permission) end

---The tools whose calls in this run took so much: at least min_calls, at most max_avg_ms on average, at most max_error_rate (0 to 1) failed.
---@param criteria ToolUsageCriteria
---@return ToolInfo[]
function tools.list_by_resource_usage(criteria) end

---Makes a disabled tool visible again.
---@param name string
function tools.enable(name) end

---Hides a tool from the spell, and from agents that are made from now on.
---@param name string
function tools.disable(name) end

---The calls of a tool in this run, by the spell and by agents; of every tool that was called, by name, without one.
---@param name? string
---@return { calls: integer, errors: integer, failures: table<string, any>, avg_ms: number, max_ms: number }
function tools.get_metrics(name) end

---How many tools there are, and of which kinds; how often tools were called in this run.
---@return { total: integer, enabled: integer, disabled: integer, builtin: integer, by_category: table<string, any>, calls: integer, errors: integer }
function tools.get_registry_stats() end

---A tool, or each, as servers of the Model Context Protocol describe it: {name, description, inputSchema, outputSchema?}.
---@param tool? string|Tool|string
---@return table<string, any>|table<string, any>[]
function tools.export_mcp(tool) end

---Spans in the sense of OpenTelemetry: what happened, inside what, for how long.
---@class llmspell.trace
trace = {}

---Calls a function inside a span, which ends with it: with the status `error` when it fails. Spans that it starts are children, also after it has waited.
---@param name string
---@param fn function
---@param attributes? table<string, any>
---@async
---@return any
function trace.span(name, fn, attributes) end

---Starts a span that `end_span` ends, by default a child of the one around.
---@param name string
---@param options? SpanOptions
---@return Span
function trace.start_span(name, options) end

---Ends a span.
---@param span Span|string
---@param status? "unset"|"ok"|"error"
function trace.end_span(span, status) end

---Adds an event to the span around, or to the one given.
---@param name string
---@param attributes? table<string, any>
---@param span? Span|string
function trace.add_event(name, attributes, span) end

---Sets an attribute of the span around, or of the one given, which may also come first.
---@param first Span|string|nil
---@param key string
---@param value any
---@param span? Span|string
function trace.set_attribute(first, key, value, span) end

---The spans of a trace that have ended, by default of the latest.
---@param trace_id? string
---@return { trace_id: string, spans: { name: string, trace_id: string, span_id: string, parent_id?: string, kind: string, start: number, end: number, status: "unset"|"ok"|"error", message?: string, attributes: table<string, any>, events: { name: string, time: number, attributes: table<string, any> }[] }[] }
function trace.get_trace(trace_id) end

---The headers of W3C Trace Context with which another program continues the trace.
---@return { traceparent: string, tracestate: string }
function trace.context() end

---Steps in order, at the same time, in loops and on conditions; runs that can be paused, undone and continued.
---@class llmspell.workflow
workflow = {}

---A workflow: create(steps, opts?), create(name, steps), or create({ steps, pattern, name, … }).
---@param name string|nil
---@param definition (function|Agent|string|Workflow|string|table<string, any>)[]|table<string, any>
---@param opts? WorkflowOptions
---@return Workflow
function workflow.create(name, definition, opts) end

---A workflow whose steps run in order; each gets what the one before returned.
---@param steps (function|Agent|string|Workflow|string|table<string, any>)[]
---@param opts? WorkflowOptions
---@return Workflow
function workflow.sequential(steps, opts) end

---A workflow whose steps run at the same time with the same input; outputs by step id.
---@param steps (function|Agent|string|Workflow|string|table<string, any>)[]
---@param opts? WorkflowOptions
---@return Workflow
function workflow.parallel(steps, opts) end

---A workflow that goes one of two ways: by a function, an expression (CEL), or `{ path = JSONPath }`.
---@param condition string|function|table<string, any>
---@param then_step (function|Agent|string|Workflow|string|table<string, any>)[]|function|Agent|string|Workflow|string|table<string, any>
---@param else_step? (function|Agent|string|Workflow|string|table<string, any>)[]|function|Agent|string|Workflow|string|table<string, any>
---@param opts? WorkflowOptions
---@return Workflow
function workflow.conditional(condition, then_step, else_step, opts) end

---A workflow that repeats its body: `{ times = n }`, `{ while = condition }` or `{ each = list }`. Its output is the list of what each round gave.
---@param spec table<string, any>
---@param body (function|Agent|string|Workflow|string|table<string, any>)[]|function|Agent|string|Workflow|string|table<string, any>
---@param opts? WorkflowOptions
---@return Workflow
function workflow.loop(spec, body, opts) end

---A step that runs a function, or source in a guest of its own, where it sees `input` and `vars`.
---@param fn_or_source function|string
---@param opts? ScriptStepOptions
---@return table<string, any>
function workflow.script_step(fn_or_source, opts) end

---A workflow of workflows, "sequential" or "parallel"; each may be a table with `workflow` and the rules `input` and `output`.
---@param workflows (Workflow|string|table<string, any>)[]
---@param composition? "sequential"|"parallel"
---@param opts? WorkflowOptions
---@return Workflow
function workflow.compose(workflows, composition, opts) end

---Adds a step at the end, or behind the step `opts.after`; gives its id.
---@param workflow Workflow|string
---@param step function|Agent|string|Workflow|string|table<string, any>
---@param opts? AddStepOptions
---@return string
function workflow.add_step(workflow, step, opts) end

---Removes a step; an error when a rule of another one names it.
---@param workflow Workflow|string
---@param step_id string
---@return boolean
function workflow.remove_step(workflow, step_id) end

---The steps of a workflow as tables.
---@param workflow Workflow|string
---@return table<string, any>[]
function workflow.get_steps(workflow) end

---What a workflow is.
---@param workflow Workflow|string
---@return WorkflowInfo
function workflow.get_info(workflow) end

---Every workflow of this run.
---@return WorkflowInfo[]
function workflow.list() end

---Forgets a workflow; its handle can no longer be used.
---@param workflow Workflow|string
---@return boolean
function workflow.destroy(workflow) end

---All problems of a workflow or a definition: wrong fields, expressions that do not compile, unknown names, cycles.
---@param workflow Workflow|string|table<string, any>
---@async
---@return { valid: boolean, errors: { at: string, message: string }[], warnings: string[] }
function workflow.validate(workflow) end

---A workflow as a flowchart in Mermaid, or its steps as data.
---@param workflow Workflow|string
---@param format? "mermaid"|"json"
---@return any
function workflow.visualize(workflow, format) end

---What happens when steps fail: retry, circuit_breaker, fallback, compensate, only for the errors of `filter`. For one step, or for all that do not say it themselves.
---@param workflow Workflow|string
---@param policy ErrorPolicy
---@param step_id? string
function workflow.on_error(workflow, policy, step_id) end

---Runs a workflow to its end. A failed step is in the result, not an error. `opts.on_step` is told of each step; with `opts.durable` a new process can go on with the run (needs `storage=workflows`). May need what the tool asks for, `storage` (workflows, to keep checkpoints), `model` (the model of a step that is an agent).
---@param workflow Workflow|string
---@param input? any
---@param opts? WorkflowRunOptions
---@async
---@return { status: string, output: any, steps: WorkflowStepResult[], error: SpellError|nil, compensated: string[], run_id: string, duration_ms: number }
function workflow.run(workflow, input, opts) end

---Does the next step only, then pauses; nothing when there was none. The first one starts the workflow with `input`.
---@param workflow Workflow|string
---@param input? any
---@async
---@return WorkflowStepResult|nil
function workflow.step(workflow, input) end

---Starts no more steps; waits for those under way.
---@param workflow Workflow|string
---@async
function workflow.pause(workflow) end

---Goes on with a paused workflow to its end.
---@param workflow Workflow|string
---@async
---@return { status: string, output: any, steps: WorkflowStepResult[], error: SpellError|nil, compensated: string[], run_id: string, duration_ms: number }
function workflow.resume(workflow) end

---Aborts the steps under way, undoes what is finished, and waits for the end.
---@param workflow Workflow|string
---@param reason? string
---@async
function workflow.cancel(workflow, reason) end

---How far a workflow is: "created", "running", "paused", "completed", "failed" or "cancelled".
---@param workflow Workflow|string
---@return { state: string, current_steps: string[], progress: number, errors: { path: string, error: SpellError }[] }
function workflow.get_status(workflow) end

---What the steps gave so far, by their path.
---@param workflow Workflow|string
---@return table<string, any>
function workflow.get_results(workflow) end

---A workflow as text; one with functions has no such form.
---@param workflow Workflow|string
---@param format? "json"|"yaml"
---@async
---@return string
function workflow.serialize(workflow, format) end

---The workflow that a text describes.
---@param text string
---@param format? "json"|"yaml"
---@async
---@return Workflow
function workflow.deserialize(text, format) end

---Keeps a workflow by name beyond the run. Needs `storage` (workflows).
---@param workflow Workflow|string
---@param name string
---@async
function workflow.repository_save(workflow, name) end

---A workflow that was kept. Needs `storage` (workflows).
---@param name string
---@async
---@return Workflow
function workflow.repository_load(name) end

---The names of workflows that were kept. Needs `storage` (workflows).
---@async
---@return string[]
function workflow.repository_list() end

---Pauses a durable run and gives what `restore` takes; its finished steps are kept as they end.
---@param workflow Workflow|string
---@async
---@return string
function workflow.checkpoint(workflow) end

---A durable run of this or another process, paused; `resume` goes on with it without repeating finished steps. Needs `storage` (workflows).
---@param checkpoint_id string
---@async
---@return Workflow
function workflow.restore(checkpoint_id) end

---The durable runs that are kept, the newest first. Needs `storage` (workflows).
---@param workflow? Workflow|string
---@async
---@return { id: string, workflow: string|nil, status: string, created_at: number }[]
function workflow.list_checkpoints(workflow) end

---@class llmspell
---@field agent llmspell.agent Agents: a model with instructions and tools, alone and together.
---@field auth llmspell.auth Who somebody is and what they may do: sessions, tokens, passwords, OAuth, policies, secrets and an audit trail.
---@field crypto llmspell.crypto Identifiers, hashes, random texts and encodings.
---@field data llmspell.data JSON and collections.
---@field debug llmspell.debug Looking into a spell: what is called, what it costs, what a value holds.
---@field errors llmspell.errors Errors as values, and what to do about them: retries, circuit breakers, fallbacks.
---@field events llmspell.events Events of the run: emitting, hearing, filtering, recording, replaying and counting them.
---@field hooks llmspell.hooks Hooks: functions that see, change or stop what agents, models, tools and workflows of the run do. What one throws ends the operation.
---@field llm llmspell.llm Asking language models: completions, conversations, several models at once, texts of the right length.
---@field log llmspell.log Structured logging; lines go to the host's log, or to a file, not to the spell's output.
---@field memory llmspell.memory Memories: of conversations, values to work with, and texts that are found again. A function that is given no memory uses that of the run.
---@field metrics llmspell.metrics Figures of the run: counters, gauges, histograms, timers.
---@field modelinfo llmspell.modelinfo What is known of models: windows, limits, what they can do, list prices; which one is right for what, and how they did here.
---@field output llmspell.output Reading what models write: JSON in prose, tables, lists, code, and whatever a schema asks for.
---@field promise llmspell.promise Promises, tasks, channels and waiting.
---@field provider llmspell.provider The model providers of this run. What a spell configures stays in its run; it never sees a key, and it may send one of the environment elsewhere only when it was granted `env` for it and `network` for the address.
---@field safety llmspell.safety Rules for what people and models say, limits, circuit breakers.
---@field schema llmspell.schema JSON Schemas: checking, making, changing and keeping them.
---@field spell llmspell.spell The spell that runs: its parameters and result, its parts, other spells, its surroundings.
---@field string llmspell.string Texts. In Lua these are functions of the library `string`, and methods of texts.
---@field table llmspell.table Tables of the spell itself. In Lua these are functions of the library `table`.
---@field time llmspell.time The time of day, as milliseconds since 1970.
---@field state llmspell.state Values with a version: shared, watched, merged, saved beyond the run, and the context of the run.
---@field test llmspell.test Tests of spells: groups and cases, assertions, doubles, measurements. `llmspell test` runs what is registered.
---@field tools llmspell.tools Tools: defining, finding and running them.
---@field trace llmspell.trace Spans in the sense of OpenTelemetry: what happened, inside what, for how long.
---@field workflow llmspell.workflow Steps in order, at the same time, in loops and on conditions; runs that can be paused, undone and continued.
llmspell = {}

---What runs the spell.
---@return { name: string, version: string, api_version: string, engine: string, engine_version: string }
function llmspell.info() end

---What the engine can do.
---@return { async: boolean, coroutines: boolean, debugging: boolean, profiling: boolean, sandboxing: boolean, hot_reload: boolean, native_json: boolean, native_regex: boolean, snapshots: boolean, forks: boolean, bytecode: boolean, jit: boolean, workers: boolean }
function llmspell.features() end

---The names of the modules, in order.
---@return string[]
function llmspell.modules() end

---The documentation of a module or a function such as "agent.run"; without a name, of what there is.
---@param name? string
---@return string
function llmspell.help(name) end

---Calls several functions at one crossing of the door, at most `concurrency` (16) at a time; each by its name and as if called by itself. Results in the order of the calls, errors among them.
---@param calls BatchCall[]
---@param opts? CallBatchOptions
---@async
---@return { ok: boolean, value?: any, error?: SpellError }[]
function llmspell.batch(calls, opts) end

---Keeps the results of a function without effects, at most `max` (1000) for `ttl` milliseconds. What depends on the run is forgotten whenever something may have changed. Gives whether it was not kept before.
---@param fn_name string
---@param opts? MemoizeOptions
---@return boolean
function llmspell.memoize(fn_name, opts) end

Promise = promise

async = promise.async

await = promise.await

sleep = promise.sleep

delay = promise.sleep

spawn = promise.spawn

yield = promise.yield

all = promise.all

race = promise.race
