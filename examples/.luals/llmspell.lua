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

---One message of a conversation.
---@class Message
---@field role "system"|"user"|"assistant"|"tool"
---@field content string
---@field name? string
---@field tool_call_id? string
---@field tool_calls? ToolCall[]

---A provider of models.
---@class ProviderInfo
---@field name string
---@field type string
---@field configured boolean
---@field default_model string|nil
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
---@field data any
---@field metadata { steps: integer }

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

---@class ToolDefinition
---@field name string
---@field description string
---@field parameters? table<string, any>
---@field schema? table<string, any>
---@field execute? function
---@field func? function
---@field category? string
---@field tags? string[]

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
---@field max_steps? integer
---@field token_budget? integer
---@field timeout? number|string
---@field schema? table<string, any>

---@class AgentRunOptions
---@field timeout? number|string
---@field on_chunk? function
---@field schema? table<string, any>

---@class ConvertOptions
---@field schema? table<string, any>
---@field indent? integer

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

---@class ParseJsonOptions
---@field schema? Schema|string|table<string, any>
---@field repair? boolean

---@class MergeOptions
---@field separator? string

---@class InferOptions
---@field samples? boolean
---@field closed? boolean

---@class MigrationRules
---@field rename? table<string, any>
---@field remove? string[]
---@field set? table<string, any>

---@class WorkflowStep
---@field id? string
---@field fn? function
---@field agent? Agent
---@field tool? string|Tool|string

---@class WorkflowOptions
---@field name? string
---@field max_concurrency? integer
---@field fail_fast? boolean

---@class Agent
local Agent = {}

---A new agent with the same configuration, changed by `modifications`; nothing else is shared.
---@param modifications? AgentConfig
---@return Agent
function Agent:clone(modifications) end

---Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer.
---@param input string|Message[]|{ messages: Message[] }
---@param opts? AgentRunOptions
---@async
---@return Response
function Agent:run(input, opts) end

---A conversation with the agent that remembers: c:send(text), c:history(), …
---@param system_prompt? string
---@return Conversation
function Agent:conversation(system_prompt) end

---Forgets an agent; its handle can no longer be used.
---@return boolean
function Agent:remove() end

---What an agent is and what it has used so far.
---@return AgentInfo
function Agent:get_info() end

---Gives an agent one more tool.
---@param tool string|ToolDefinition|Tool|string
function Agent:register_tool(tool) end

---Takes a tool from an agent; true when it had it.
---@param tool_name string
---@return boolean
function Agent:unregister_tool(tool_name) end

---The tools of an agent.
---@return ToolInfo[]
function Agent:list_tools() end

---@class Conversation
local Conversation = {}

---Says something and waits for the answer.
---@param text string
---@async
---@return Response
function Conversation:send(text) end

---As send, with the pieces of the answer passed to the callback.
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

---@class Tool
local Tool = {}

---Checks the parameters against the tool's schema, asks for the powers it needs and runs it.
---@param params? table<string, any>
---@param opts? { timeout?: number|string }
---@async
---@return any
function Tool:execute(params, opts) end

---As execute, but a failure is a result: {success, result?, error?, duration_ms}.
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

---All of a tool but its function: name, description, parameters, version, category, tags and so on.
---@return ToolInfo
function Tool:get_info() end

---The JSON Schema of a tool's parameters.
---@return table<string, any>
function Tool:get_schema() end

---@class Workflow
local Workflow = {}

---Runs a workflow to its end. A failed step is in the result, not an error.
---@param input? any
---@async
---@return { status: string, output: any, steps: { id: string, status: string, output: any, error: SpellError|nil, duration_ms: number }[], duration_ms: number }
function Workflow:run(input) end

---Agents: a model with instructions and tools.
---@class llmspell.agent
agent = {}

---Makes an agent: create(config) or create(name, config).
---@param name string|nil
---@param config AgentConfig
---@return Agent
function agent.create(name, config) end

---Makes an agent for a model: create_llm(model, config?).
---@param model string
---@param config? AgentConfig
---@return Agent
function agent.create_llm(model, config) end

---A new agent with the same configuration, changed by `modifications`; nothing else is shared.
---@param agent Agent|string
---@param modifications? AgentConfig
---@return Agent
function agent.clone(agent, modifications) end

---Lets the agent answer, calling its tools as it needs. `on_chunk` gets the pieces of the answer.
---@param agent Agent|string
---@param input string|Message[]|{ messages: Message[] }
---@param opts? AgentRunOptions
---@async
---@return Response
function agent.run(agent, input, opts) end

---A conversation with the agent that remembers: c:send(text), c:history(), …
---@param agent Agent|string
---@param system_prompt? string
---@return Conversation
function agent.conversation(agent, system_prompt) end

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

---Forgets an agent; its handle can no longer be used.
---@param agent Agent|string
---@return boolean
function agent.remove(agent) end

---What an agent is and what it has used so far.
---@param agent Agent|string
---@return AgentInfo
function agent.get_info(agent) end

---Gives an agent one more tool.
---@param agent Agent|string
---@param tool string|ToolDefinition|Tool|string
function agent.register_tool(agent, tool) end

---Takes a tool from an agent; true when it had it.
---@param agent Agent|string
---@param tool_name string
---@return boolean
function agent.unregister_tool(agent, tool_name) end

---The tools of an agent.
---@param agent Agent|string
---@return ToolInfo[]
function agent.list_tools(agent) end

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

---Asking language models.
---@class llmspell.llm
llm = {}

---One completion by the configured model, or by opts.provider and opts.model.
---@param prompt string|Message[]|GenerateRequest
---@param opts? GenerateOptions
---@async
---@return Response
function llm.generate(prompt, opts) end

---The text of one completion.
---@param prompt string
---@param opts? GenerateOptions
---@async
---@return string
function llm.quick_prompt(prompt, opts) end

---A completion of a conversation: a list of messages, or a table with messages and options.
---@param messages string|Message[]|GenerateRequest
---@param opts? GenerateOptions
---@async
---@return Response
function llm.chat(messages, opts) end

---A completion whose pieces are passed to the callback as they arrive; the callback ends it by returning false.
---@param prompt string|Message[]|GenerateRequest
---@param callback function
---@param opts? GenerateOptions
---@async
---@return Response
function llm.stream(prompt, callback, opts) end

---A conversation that remembers: s:send(text), s:stream(text, callback), s:history(), s:add(message), s:clear().
---@param system_prompt? string|GenerateOptions
---@param opts? GenerateOptions
---@return Conversation
function llm.chat_session(system_prompt, opts) end

---Asks several prompts, at most `concurrency` (4) at a time; results in order, a failure as {ok=false, error=}.
---@param prompts (string|Message[]|GenerateRequest)[]
---@param opts? BatchOptions
---@async
---@return { ok: boolean, value?: Response, error?: SpellError }[]
function llm.batch_process(prompts, opts) end

---Structured logging; lines go to the host's log, not to the spell's output.
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

---The model providers of this run.
---@class llmspell.provider
provider = {}

---The provider that answers when none is named.
---@return string
function provider.get_default() end

---Every known provider.
---@return ProviderInfo[]
function provider.list() end

---One provider.
---@param name string
---@return ProviderInfo
function provider.get(name) end

---Requests and tokens of this program so far, of one provider or of all.
---@param name? string
---@return { requests: integer, tokens_in: integer, tokens_out: integer }
function provider.get_usage(name) end

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

---Keeps a schema as the next version of its name, beyond the run. Needs `storage=schemas`.
---@param name string
---@param schema Schema|string|table<string, any>
---@async
---@return integer
function schema.save(name, schema) end

---A kept schema, the newest version unless another is named. Needs `storage=schemas`.
---@param name string
---@param version? integer
---@async
---@return Schema
function schema.load(name, version) end

---The names of kept schemas with their versions. Needs `storage=schemas`.
---@async
---@return { name: string, versions: integer[] }[]
function schema.list() end

---Removes a kept schema, or one version of it; whether there was one. Needs `storage=schemas`.
---@param name string
---@param version? integer
---@async
---@return boolean
function schema.delete(name, version) end

---The spell that runs: its parameters, its result, its surroundings.
---@class llmspell.spell
spell = {}

---A parameter of the run, checked and converted when a type is given; without a name, all of them.
---@param name? string
---@param default? any
---@param type? "string"|"number"|"integer"|"boolean"|"list"|"table"
---@return any
function spell.params(name, default, type) end

---Sets the result of the run, in place of what the spell returns.
---@param data any
function spell.output(data) end

---What is known about the run.
---@return { spell: string, file: string, run_id: string, engine: string, args: table<string, any>, started_at: number }
function spell.context() end

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

---Checks the parameters against the tool's schema, asks for the powers it needs and runs it.
---@param tool string|Tool|string
---@param params? table<string, any>
---@param opts? { timeout?: number|string }
---@async
---@return any
function tools.execute(tool, params, opts) end

---As execute, but a failure is a result: {success, result?, error?, duration_ms}.
---@param tool string|Tool|string
---@param params? table<string, any>
---@param opts? { timeout?: number|string }
---@async
---@return { success: boolean, result?: any, error?: SpellError, duration_ms: number }
function tools.execute_safe(tool, params, opts) end

---Checks parameters against a tool's schema.
---@param tool string|Tool|string
---@param params table<string, any>
---@async
---@return { valid: boolean, errors: { path: string, message: string }[] }
function tools.validate_params(tool, params) end

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

---Every tool of this run.
---@return ToolInfo[]
function tools.list() end

---Removes a tool; true when there was one.
---@param name string
---@return boolean
function tools.unregister(name) end

---Steps run one after the other or at the same time.
---@class llmspell.workflow
workflow = {}

---A workflow whose steps run in order; each gets what the one before returned.
---@param steps (function|Agent|string|WorkflowStep)[]
---@param opts? WorkflowOptions
---@return Workflow
function workflow.sequential(steps, opts) end

---A workflow whose steps run at the same time with the same input; outputs by step id.
---@param steps (function|Agent|string|WorkflowStep)[]
---@param opts? WorkflowOptions
---@return Workflow
function workflow.parallel(steps, opts) end

---Runs a workflow to its end. A failed step is in the result, not an error.
---@param workflow Workflow|string
---@param input? any
---@async
---@return { status: string, output: any, steps: { id: string, status: string, output: any, error: SpellError|nil, duration_ms: number }[], duration_ms: number }
function workflow.run(workflow, input) end

---@class llmspell
---@field agent llmspell.agent Agents: a model with instructions and tools.
---@field data llmspell.data JSON and collections.
---@field llm llmspell.llm Asking language models.
---@field log llmspell.log Structured logging; lines go to the host's log, not to the spell's output.
---@field output llmspell.output Reading what models write: JSON in prose, tables, lists, code, and whatever a schema asks for.
---@field promise llmspell.promise Promises, tasks, channels and waiting.
---@field provider llmspell.provider The model providers of this run.
---@field schema llmspell.schema JSON Schemas: checking, making, changing and keeping them.
---@field spell llmspell.spell The spell that runs: its parameters, its result, its surroundings.
---@field tools llmspell.tools Tools: defining, finding and running them.
---@field workflow llmspell.workflow Steps run one after the other or at the same time.
llmspell = {}

Promise = promise

async = promise.async

await = promise.await

sleep = promise.sleep

delay = promise.sleep

spawn = promise.spawn

yield = promise.yield

all = promise.all

race = promise.race
