/** A result that has a name. */
interface RecordDeclaration {
  readonly doc: string;
  /** Its fields, in the notation of results. */
  readonly fields: string;
}

/** What the names in the results of functions stand for, beside the kinds of handles. */
export const RECORDS: Readonly<Record<string, RecordDeclaration>> = {
  AgentInfo: {
    doc: "What an agent is and what it has used so far.",
    fields:
      "{id: string, name: string, description: string or nil, type: string, model: string, provider: string, status: string, usage: Usage, runs: integer, tool_calls: integer}",
  },
  Event: {
    doc: "Something that happened. `category` is the first word of the type; events of one run share the correlation id; one of a replay has `replay`.",
    fields:
      "{id: string, type: string, category: string, severity: string, source: string, timestamp: number, correlation_id?: string, data: any, replay?: boolean}",
  },
  HookInfo: {
    doc: "A hook in its place.",
    fields:
      "{id: string, name: string, type: string, points: list<string>, priority: number, enabled: boolean, metadata: table, calls: integer, errors: integer}",
  },
  MemoryInfo: {
    doc: "What is in a memory; tokens are estimated.",
    fields: "{id: string, messages: integer, tokens: integer, characters: integer, by_role: table}",
  },
  Message: {
    doc: "One message of a conversation.",
    fields:
      '{role: "system" or "user" or "assistant" or "tool", content: string, name?: string, tool_call_id?: string, tool_calls?: list<ToolCall>}',
  },
  ModelInfo: {
    doc: "What is known of a model; what is left out is not known. Prices are in USD per million tokens.",
    fields:
      '{id: string, provider: string, model: string, name: string, kind: "chat" or "embedding" or "unknown", context_window?: integer, max_output?: integer, modalities: list<string>, capabilities: list<string>, pricing?: {input: number, output: number, cached_input?: number, cache_write?: number, long_context?: table}, dimension?: integer, knowledge?: string, released?: string, aliases?: list<string>}',
  },
  PoolInfo: {
    doc: "Several models as one.",
    fields: "{name: string, strategy: string, providers: list<string>}",
  },
  ProviderInfo: {
    doc: "A provider of models, or with the type `pool` several of them as one.",
    fields:
      "{name: string, type: string, configured: boolean, default_model: string or nil, capabilities: list<string>}",
  },
  ModelPerformance: {
    doc: "How a model did in this run. Times are in milliseconds, costs in USD, left out when a price is not known.",
    fields:
      "{model: string, calls: integer, errors: integer, error_rate: number, error_codes: table, latency_p50?: number, latency_p95?: number, tokens_in: integer, tokens_out: integer, cost?: number}",
  },
  ProviderTemplate: {
    doc: "What a provider of a type is configured with.",
    fields:
      "{type: string, description: string, fields: list<{name: string, required: boolean, secret: boolean, description: string, default?: string}>, defaults: table, env: list<string>, capabilities: list<string>}",
  },
  Response: {
    doc: "The answer of a model or an agent; used as text, it is its content.",
    fields:
      "{content: string, role: string, model: string, provider: string, usage: Usage, tool_calls: list<ToolCall>, finish_reason: string, status: string, suspension?: table, data: any, metadata: {steps: integer}}",
  },
  Session: {
    doc: "Somebody who is logged in.",
    fields: "{id: string, user: table, token: string, refresh_token: string, expires_at: number}",
  },
  TestResults: {
    doc: "How tests ended.",
    fields:
      '{total: integer, passed: integer, failed: integer, skipped: integer, duration_ms: number, cases: list<{groups: list<string>, name: string, status: "passed" or "failed" or "skipped", duration_ms: number, error?: error, reason?: string}>, report?: string}',
  },
  ToolCall: {
    doc: "A tool that a model has called.",
    fields: "{id: string, name: string, args: any, result?: any, error?: {code: string, message: string}}",
  },
  ToolInfo: {
    doc: "What a tool says of itself.",
    fields:
      "{name: string, description: string, parameters: table, version?: string, category?: string, tags?: list<string>, features?: list<string>, output?: table, examples?: list<{description?: string, args: table, result?: any}>, timeoutMs?: number, permissions?: list<string>}",
  },
  Usage: {
    doc: "Tokens.",
    fields: "{prompt_tokens: integer, completion_tokens: integer, total_tokens: integer}",
  },
  WorkflowInfo: {
    doc: "What a workflow is.",
    fields: "{name: string or nil, description: string or nil, pattern: string, steps: integer, status: string}",
  },
  WorkflowStepResult: {
    doc: "How a step of a workflow ended.",
    fields: "{id: string, path: string, status: string, output: any, error: error or nil, duration_ms: number}",
  },
};
