export {
  createAgent,
  type Agent,
  type AgentInfo,
  type AgentRunOptions,
  type AgentServices,
  type AgentStatus,
} from "./agent/agent.js";
export type { AgentConfig } from "./agent/agent-config.js";
export { runLoop, type Budgets, type LoopRequest, type LoopResult } from "./agent/agent-loop.js";
export {
  createConversation,
  type Conversation,
  type ConversationInfo,
  type ConversationOptions,
  type ConversationPartner,
} from "./agent/conversation.js";
export { openConversation, type StoredConversationOptions } from "./agent/stored-conversation.js";
export type { AgentResponse, Input } from "./agent/response.js";
export type { ToolCallRecord } from "./agent/run-tool.js";
export type { ToolFailure } from "./agent/errors-in-words.js";
export { systemClock, type Clock } from "./clock.js";
export { aggregateEvents, type Aggregate, type AggregateOptions, type AggregateValues } from "./events/aggregate.js";
export { createEmitter, type Emitter, type Listener, type ListenOptions, type Subscription } from "./events/emitter.js";
export { readEvents } from "./events/event-file.js";
export {
  createEvent,
  eventFromJson,
  eventToJson,
  type EventInput,
  type Severity,
  type SpellEvent,
} from "./events/event.js";
export { compileFilter, type Comparison, type ComparisonOperator, type EventFilter } from "./events/filter.js";
export { recordEvents, type EventQuery, type Recorder, type RecorderOptions } from "./events/recorder.js";
export { replayEvents, type Replay, type ReplayOptions, type ReplayResult } from "./events/replay.js";
export type { SystemEvent, SystemEvents, SystemEventType } from "./events/system-events.js";
export { generate, type GenerateOptions, type GenerateRequest } from "./generate.js";
export type {
  Hook,
  HookAt,
  HookChange,
  HookContext,
  HookDecision,
  HookFailure,
  Next,
  OperationFrame,
} from "./hooks/hook.js";
export { createModelCache, type CacheOptions, type ModelCache } from "./hooks/cache.js";
export { aboutIs, allOf, anyOf, atRate, duringTime, noneOf, type HookFilter } from "./hooks/filters.js";
export { createHooks, type Hooks, type HookStats, type RegisteredHook } from "./hooks/hooks.js";
export { logHooks, type LogHookOptions } from "./hooks/log-hooks.js";
export { createLogger, LOGGER, type LogFields, type Logger, type LoggerOptions } from "./hooks/logger.js";
export { metricHooks, processMetrics } from "./hooks/metric-hooks.js";
export { createMetrics, type Counter, type Gauge, type Histogram, type Labels, type Metrics } from "./hooks/metrics.js";
export { middleware, type AnyContext } from "./hooks/middleware.js";
export { rateLimitHooks } from "./hooks/rate-limit.js";
export { slidingWindow, tokenBucket, type RateDecision, type RateLimiter } from "./hooks/rate-limiter.js";
export { SEMANTIC_CONVENTIONS, traceHooks, TRACEPARENT } from "./hooks/trace-hooks.js";
export { validationHooks, type ValidationOptions, type Validator } from "./hooks/validation.js";
export { openLineFile, type LineFile, type LineFileOptions } from "./line-file.js";
export { HOOK_POINTS, OPERATIONS, type HookPoint, type Operation, type Operations } from "./hooks/points.js";
export { isRecord, type JsonSchema } from "./json.js";
export {
  openLongTermMemory,
  type Embed,
  type Found,
  type LongTermMemory,
  type LongTermOptions,
  type Metadata,
  type Recollection,
  type SearchOptions,
} from "./memory/long-term.js";
export {
  createMemory,
  type Memory,
  type MemoryEntry,
  type MemoryFormat,
  type MemoryLimits,
  type MemoryOptions,
  type MemorySnapshot,
  type MemoryStats,
} from "./memory/memory.js";
export { loadMemory, saveMemory } from "./memory/stored-memory.js";
export { summarizeMemory, type SummarizeOptions } from "./memory/summarize.js";
export { loadTokenCounter, type TokenCounter } from "./memory/tokens.js";
export { workingMemory, type WorkingMemory } from "./memory/working-memory.js";
export {
  messageText,
  toPrompt,
  type ContentPart,
  type Message,
  type MessageToolCall,
  type ProviderData,
  type Role,
} from "./messages.js";
export type { FinishReason, ModelAnswer, ModelPart, ModelToolCall } from "./models/answer.js";
export { callModel, type CallOptions, type ModelRequest, type ModelSettings } from "./models/call-model.js";
export type { CustomProvider, Env, ModelsConfig, ProviderConfig } from "./models/config.js";
export type { UsageCounters } from "./models/counted-model.js";
export type { ModelRef, Usage } from "./models/model-ref.js";
export { createModels, type Models, type ProviderInfo } from "./models/models.js";
export { createOfflineModel } from "./models/offline.js";
export type { ProviderType } from "./models/providers.js";
export type { RetryOptions } from "./models/retry.js";
export { createScriptedModel, type ScriptedAnswer, type ScriptedModel, type ScriptedStep } from "./models/scripted.js";
export { createContext, serviceKey, type ContextOptions, type Context, type ServiceKey } from "./context.js";
export { describeErrors, validateJson, type SchemaError, type SchemaResult } from "./schema.js";
export {
  createState,
  linkStates,
  openState,
  type State,
  type StateChange,
  type StateOptions,
  type StateSnapshot,
} from "./state/state.js";
export { executeTool, type ExecuteOptions } from "./tools/execute.js";
export { confine, fileError, readConfined, relativeTo, resolveReal } from "./tools/confined-path.js";
export { createFileTool, type FileToolOptions } from "./tools/file-operations.js";
export { createToolRegistry, type ToolRegistry } from "./tools/registry.js";
export { defineTool, type Authorize, type CapabilityRequest, type Tool, type ToolContext } from "./tools/tool.js";
export {
  createWorkflow,
  runWorkflow,
  type Step,
  type StepResult,
  type Workflow,
  type WorkflowResult,
  type WorkflowRunOptions,
} from "./workflow.js";
