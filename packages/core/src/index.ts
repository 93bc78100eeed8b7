export { isSpellError, SpellError, type ErrorCode } from "@llmspell/errors";
export {
  createAgent,
  type Agent,
  type AgentInfo,
  type AgentRunOptions,
  type AgentServices,
  type ResumeOptions,
  type Runner,
} from "./agent/agent.js";
export type { AgentConfig } from "./agent/agent-config.js";
export {
  createAgentTemplates,
  type AgentOverrides,
  type AgentTemplate,
  type AgentTemplates,
} from "./agent/templates.js";
export {
  collaborate,
  type CollaborateOptions,
  type Collaboration,
  type CollaborationMode,
} from "./agent/collaborate.js";
export type { Contribution } from "./agent/turns.js";
export { delegate, type DelegatedResponse, type DelegateOptions } from "./agent/delegate.js";
export type { TeamOptions } from "./agent/team.js";
export { runLoop, type Budgets, type LoopRequest, type LoopResult } from "./agent/agent-loop.js";
export type { AgentSnapshot } from "./agent/agent-snapshot.js";
export {
  questionsOf,
  type ApprovalDecision,
  type ApprovalPolicy,
  type ApprovalRequest,
  type Approve,
  type WaitingCall,
} from "./agent/approval.js";
export type { FitOptions } from "./agent/fit-context.js";
export {
  checkContent,
  compileRule,
  ruleGuardrail,
  type CompiledRule,
  type ContentRule,
  type ContentTest,
  type ContentVerdict,
  type RuleAction,
  type Violation,
} from "./agent/content-rules.js";
export type { Guardrail, GuardrailVerdict } from "./agent/guardrails.js";
export type { AgentMetrics, AgentStatus } from "./agent/lifecycle.js";
export { nestedCalls } from "./agent/nested-calls.js";
export type { Suspension } from "./agent/run-state.js";
export { profileRuns, type ProfileEntry, type RunProfiler, type RunProfile } from "./agent/profile.js";
export { compositeAgent, toolAgent, workflowAgent, type RunWorkflow } from "./agent/kinds.js";
export { createRunner, type RunnerOptions, type RunnerWork } from "./agent/runner.js";
export { createAgents, type Agents } from "./agent/agents.js";
export { hasToolCall, stepCountIs, textMatches, type Progress, type StopCondition } from "./agent/stop-conditions.js";
export type { AgentStream } from "./agent/stream.js";
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
export { overdue, withGrace } from "./abort.js";
export { decode, encode, ENCODINGS, hash, HASHES, randomString, uuid, type TextEncoding } from "./crypto.js";
export { readField } from "./events/read-field.js";
export { createAuth, type Auth, type AuthOptions } from "./auth/auth.js";
export { createAuditTrail, type AuditEntry, type AuditTrail } from "./auth/audit-log.js";
export { deriveKey, type KeyUse } from "./auth/keys.js";
export {
  apiKeyScheme,
  basicScheme,
  bearerScheme,
  createLogin,
  type Authenticate,
  type Credentials,
  type LoginOptions,
  type LoginServices,
} from "./auth/login.js";
export { checkOAuthProvider, oauthProvider, type OAuthProviderConfig } from "./auth/oauth-config.js";
export {
  createOAuthLogins,
  oauthScheme,
  type OAuthLogins,
  type OAuthLoginsOptions,
  type OAuthProvider,
} from "./auth/oauth-login.js";
export { startOAuth, type OAuthFlow, type OAuthOptions, type OAuthTokens } from "./auth/oauth.js";
export { hashPassword, verifyPassword } from "./auth/password.js";
export {
  createPolicies,
  type Policies,
  type Policy,
  type PolicyDecision,
  type PolicyRule,
  type Subject,
} from "./auth/policies.js";
export { sealing } from "./auth/seal.js";
export {
  createSessions,
  type Session,
  type SessionOptions,
  type Sessions,
  type SessionState,
  type User,
} from "./auth/sessions.js";
export {
  decodeToken,
  signToken,
  verifyToken,
  type SignOptions,
  type Token,
  type TokenAlgorithm,
  type VerifyOptions,
} from "./auth/token.js";
export { isLoopback } from "./http/loopback.js";
export { matchesGlob } from "./glob.js";
export { forEachParallel } from "./parallel.js";
export { createBoundedCache, type BoundedCache, type BoundedCacheOptions } from "./bounded-cache.js";
export { formats } from "./formats/formats.js";
export type { CsvOptions, Format, FormatLimits, FormatName, ParseOptions, StringifyOptions } from "./formats/format.js";
export { parseJson, stringifyJson } from "./formats/json.js";
export { parseMarkdown, type MarkdownBlock, type MarkdownItem, type MarkdownPage } from "./formats/markdown.js";
export { endedResponse, generate, type GenerateOptions, type GenerateRequest } from "./generate.js";
export {
  createHttpClient,
  type HttpAuth,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
} from "./http/client.js";
export type { OriginStats, PoolOptions } from "./http/pools.js";
export type { UrlPolicy } from "./http/url-guard.js";
export {
  checkHealth,
  memoryCheck,
  type HealthAnswer,
  type HealthCheck,
  type HealthReport,
  type HealthStatus,
} from "./health.js";
export { systemClock, type Clock } from "./clock.js";
export { dump, sameData } from "./dump.js";
export {
  aggregateEvents,
  type Aggregate,
  type AggregateBucket,
  type AggregateOptions,
  type AggregateValues,
} from "./events/aggregate.js";
export {
  createEmitter,
  type Emitter,
  type Listener,
  type ListenerStats,
  type ListenOptions,
  type Subscription,
} from "./events/emitter.js";
export { readEvents } from "./events/event-file.js";
export {
  createEvent,
  eventFromJson,
  eventToJson,
  type EventInput,
  type Severity,
  type SpellEvent,
} from "./events/event.js";
export {
  compileFilter,
  compilePlainFilter,
  type Comparison,
  type ComparisonOperator,
  type EventFilter,
} from "./events/filter.js";
export {
  keepEvents,
  recordEvents,
  type EventHistory,
  type EventQuery,
  type Recorder,
  type RecorderOptions,
} from "./events/recorder.js";
export { replayEvents, type Replay, type ReplayOptions, type ReplayResult } from "./events/replay.js";
export {
  SYSTEM_EVENT_TYPES,
  type SystemEvent,
  type SystemEvents,
  type SystemEventType,
} from "./events/system-events.js";
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
export { buildHook, type HookBuilder } from "./hooks/build-hook.js";
export { emitterHooks, moduleHooks } from "./hooks/foreign-hooks.js";
export { guardrailHooks } from "./hooks/guardrail-hooks.js";
export { createHookKinds, type HookFactory, type HookKinds } from "./hooks/hook-kinds.js";
export { createModelCache, type ModelCache, type ModelCacheOptions } from "./hooks/cache.js";
export { aboutIs, allOf, anyOf, atRate, duringTime, noneOf, type HookFilter } from "./hooks/filters.js";
export { composeHooks, interceptHook, type Composition } from "./hooks/compose.js";
export { createHooks, globalHooks, type Hooks, type HookStats, type RegisteredHook } from "./hooks/hooks.js";
export { createHookNesting, type HookNesting } from "./hooks/nesting.js";
export { tryHooks, type HookTrial } from "./hooks/run-hooked.js";
export { logHooks, type LogHookOptions } from "./hooks/log-hooks.js";
export { createLogger, LOGGER, type LogFields, type Logger, type LoggerOptions } from "./hooks/logger.js";
export { metricHooks, processMetrics } from "./hooks/metric-hooks.js";
export {
  createMetrics,
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type MetricReading,
  type Metrics,
  type Summary,
} from "./hooks/metrics.js";
export { middleware, type AnyContext } from "./hooks/middleware.js";
export { rateLimitHooks } from "./hooks/rate-limit.js";
export {
  rateLimitHeaders,
  slidingWindow,
  tokenBucket,
  type RateDecision,
  type RateLimiter,
  type RateStats,
} from "./hooks/rate-limiter.js";
export { rpcHook, type RpcHookOptions, type RpcTransport } from "./hooks/rpc-hook.js";
export { SEMANTIC_CONVENTIONS, traceHooks, TRACEPARENT } from "./hooks/trace-hooks.js";
export {
  createTracer,
  type Span,
  type SpanAttributes,
  type SpanData,
  type SpanKind,
  type SpanOptions,
  type SpanStatus,
  type Tracer,
} from "./hooks/tracer.js";
export { validationHooks, type ValidationOptions, type ValidationRule } from "./hooks/validation.js";
export { openLineFile, type LineFile, type LineFileOptions } from "./line-file.js";
export { HOOK_POINTS, OPERATIONS, type HookPoint, type Operation, type Operations } from "./hooks/points.js";
export { bounded, defined, isRecord, type JsonSchema } from "./json.js";
export { scoreTexts } from "./memory/word-search.js";
export { didYouMean } from "./suggest.js";
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
export { splitText } from "./memory/split-text.js";
export { countTokens, estimateTokens, loadTokenCounter, type TokenCounter } from "./memory/tokens.js";
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
export {
  callModel,
  type CallOptions,
  type ModelRequest,
  type ModelSettings,
  type ToolChoice,
} from "./models/call-model.js";
export { createModelAnalytics, type ModelAnalytics, type ModelPerformance } from "./models/analytics.js";
export type { AnsweredBy } from "./models/answered-by.js";
export { createCatalog, type Catalog, type ModelEntry, type ModelFilter } from "./models/catalog/catalog.js";
export { costOf, type Cost, type TokenUsage } from "./models/catalog/cost.js";
export { exportModels, MODEL_SCHEMA, type CatalogFormat } from "./models/catalog/export-catalog.js";
export {
  MODEL_CAPABILITIES,
  type Modality,
  type ModelCapability,
  type ModelData,
  type ModelInfo,
  type ModelPrice,
} from "./models/catalog/model-info.js";
export {
  needsOfTask,
  rankModels,
  recommendModels,
  type ModelNeeds,
  type RankCriterion,
  type RankedModel,
  type Recommendation,
} from "./models/catalog/recommend.js";
export { compareModels, type Compared, type CompareOptions } from "./models/compare.js";
export type { CustomProvider, Env, ModelsConfig, NewProvider, ProviderConfig, Secret } from "./models/config.js";
export { embed, embedder, embedMany, type Embeddings, type EmbedOptions } from "./models/embeddings/embed.js";
export { filesBelow, READ_FILE, type ReadFile } from "./models/file-parts.js";
export type { ModelRef, Usage } from "./models/model-ref.js";
export { createModels, type EmbeddingModels, type Models, type ProviderInfo } from "./models/models.js";
export { createOfflineModel } from "./models/offline.js";
export type { MemberHealth, MemberMetrics } from "./models/pool/member.js";
export type { ModelPool, PoolConfig, PoolHealth, PoolMetrics, PoolStrategy } from "./models/pool/pool.js";
export type { Pools } from "./models/pool/pools.js";
export type { AnswerLimits, UsageCounters } from "./models/provider-model.js";
export type { RateLimit, RateLimits } from "./models/rate-limits.js";
export type { ExportedConfig } from "./models/portable-config.js";
export type {
  ProviderTemplate,
  ProviderTypeDefinition,
  ProviderTypes,
  TemplateField,
} from "./models/provider-types.js";
export type { EmbeddingFactory, ModelFactory, ProviderSettings, ProviderType } from "./models/providers.js";
export { recordModels, replayModels, type ModelRecording } from "./models/recorded.js";
export { createScriptedModel, type ScriptedAnswer, type ScriptedModel, type ScriptedStep } from "./models/scripted.js";
export { cleanAnswer, normalizeKeys, normalizeText, type KeyStyle } from "./output/clean.js";
export { convertFormat, type ConvertOptions } from "./output/convert.js";
export { extractStructured, type Extracted } from "./output/extract.js";
export { extractCodeBlocks, type CodeBlock } from "./output/fences.js";
export { findJson, readJson, type FindJsonOptions, type FoundJson } from "./output/json-answer.js";
export {
  createOutputParsers,
  type DetectedFormat,
  type OutputParser,
  type OutputParsers,
  type ParsedOutput,
} from "./output/parsers.js";
export {
  extractKeyValues,
  extractLists,
  extractTables,
  parseCsvAnswer,
  parseXmlAnswer,
  parseYamlAnswer,
  type FoundTable,
} from "./output/text-parsers.js";
export {
  buildPrompt,
  promptVariables,
  renderPrompt,
  type FilePart,
  type Prompt,
  type PromptBuilder,
  type PromptMessage,
} from "./prompts/prompt.js";
export {
  createFilePrompts,
  createMemoryPrompts,
  type PromptDiff,
  type PromptRepository,
  type StoredPrompt,
} from "./prompts/repository.js";
export { renderTemplate, templateVariables, type TemplateVariables } from "./prompts/template.js";
export { backoffMs, BACKOFF_STRATEGIES, type BackoffOptions, type BackoffStrategy } from "./resilience/backoff.js";
export { createBreaker, type Breaker, type BreakerOptions, type BreakerState } from "./resilience/breaker.js";
export { aggregate, withFallback, type Alternative, type FallbackResult } from "./resilience/fallback.js";
export { withRetry, type RetryOptions } from "./resilience/retry.js";
export { diffSchemas, type SchemaChange } from "./schema/diff.js";
export { inferSchema, schemaFromTags, type InferOptions, type TagFields } from "./schema/infer.js";
export { extendSchema, mergeSchemas, type SchemaExtension } from "./schema/merge.js";
export { migrateJson, type SchemaMigration } from "./schema/migrate.js";
export {
  createFileSchemas,
  createMemorySchemas,
  createStoredSchemas,
  type SchemaRepository,
  type StoredSchema,
} from "./schema/repository.js";
export {
  applyDefaults,
  coerceJson,
  reshape,
  stripUnknown,
  type Reshaped,
  type ReshapeOptions,
} from "./schema/reshape.js";
export { transformSchema } from "./schema/subschemas.js";
export { exportSchema, importSchema } from "./schema/text.js";
export { partialSchema } from "./schema/partial.js";
export {
  checkLoader,
  createValidator,
  describeErrors,
  loadCheck,
  validateJson,
  validatePartial,
  type Check,
  type SchemaError,
  type SchemaResult,
  type Validator,
  type ValidatorOptions,
} from "./schema/validate.js";
export { benchmark, loadTest, type LoadOptions, type LoadResult, type Timings } from "./testing/measure.js";
export {
  createSuite,
  skipped,
  type CaseOptions,
  type CaseResult,
  type RunSuiteOptions,
  type Suite,
  type TestBody,
  type TestHook,
  type TestResults,
  type TestStatus,
} from "./testing/suite.js";
export { testReport, type FileResults, type ReportFormat } from "./testing/test-report.js";
export { buildTool, type ToolBuilder } from "./tools/build-tool.js";
export { cachedTool, type ToolCacheOptions } from "./tools/cached-tool.js";
export { configureTool, type ToolSettings } from "./tools/configure-tool.js";
export { checkTool, type CheckToolOptions, type ToolProblem } from "./tools/check-tool.js";
export {
  pipelineTool,
  runTools,
  type PipelineStage,
  type RunToolsOptions,
  type ToolCall,
  type ToolOutcome,
} from "./tools/compose.js";
export { createContext, serviceKey, type ContextOptions, type Context, type ServiceKey } from "./context.js";
export type { RunScope } from "./scope.js";
export { frozenJson } from "./state/frozen.js";
export { getPath, setPath, type ValueAtPath } from "./data-path.js";
export { MERGE_STRATEGIES, mergeValues, type MergeStrategy } from "./state/merge.js";
export { batchAt, deleteAt, getAt, watchAt } from "./state/paths.js";
export { savedVersions, type SavedVersion, type SavedVersions } from "./state/saved-versions.js";
export { sealedSnapshot, type SealedSnapshot } from "./state/sealed-snapshot.js";
export { createScopedValues, type ScopedValues } from "./state/scoped-values.js";
export { createStateTransforms, type StateTransform, type StateTransforms } from "./state/transforms.js";
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
export { SuspendedCall, type NestedCall, type NestedCalls, type NestedOutcome } from "./tools/suspended-call.js";
export { createDataTool, type DataToolOptions } from "./tools/data/data-tool.js";
export { discoverTools, type DiscoverOptions, type DiscoveryProblem } from "./tools/external/discover.js";
export { externalTool, type ExternalServices } from "./tools/external/external-tool.js";
export { checkedName } from "./kept-name.js";
export { MANIFEST_FORMAT, type ExternalRun, type ToolManifest } from "./tools/external/manifest.js";
export {
  createToolStore,
  type StoredTool,
  type ToolStore,
  type ToolStoreOptions,
} from "./tools/external/tool-store.js";
export { createFeedTool, type FeedToolOptions } from "./tools/feed/feed-tool.js";
export type { Feed, FeedFilter, FeedFormat, FeedItem } from "./tools/feed/feed.js";
export { createFileTool, type FileToolOptions } from "./tools/files/file-tool.js";
export { openConfinedLines } from "./tools/files/log-file.js";
export { readConfined } from "./tools/files/spot.js";
export { createHttpTool, type HttpToolOptions } from "./tools/http-tool.js";
export { createMathTool } from "./tools/math/math-tool.js";
export { parseMcpConfig, type McpServerConfig } from "./tools/mcp/config.js";
export {
  connectAllMcp,
  connectMcp,
  type McpConnection,
  type McpConnections,
  type McpOptions,
} from "./tools/mcp/connect.js";
export { createProcessTool, type ProcessToolOptions } from "./tools/process/process-tool.js";
export { createToolRegistry, type ToolFilter, type ToolRegistry } from "./tools/registry.js";
export { startTool, type ToolRun } from "./tools/start-tool.js";
export { mcpDefinition, toolMarkdown, type McpToolDefinition } from "./tools/tool-text.js";
export { benchmarkTool, testTool, type ToolCase, type ToolCaseResult, type ToolTimes } from "./tools/try-tool.js";
export { createToolStats, type ToolCounters, type ToolStats } from "./tools/stats.js";
export { createSystemTool, type SystemToolOptions } from "./tools/system/system-tool.js";
export {
  defineTool,
  toolInfo,
  type Authorize,
  type CapabilityRequest,
  type Tool,
  type ToolContext,
  type ToolExample,
  type ToolInfo,
  type ToolProgress,
} from "./tools/tool.js";
export { agentTool, workflowTool, type WrapOptions } from "./tools/wrapped.js";
export type { WorkflowProblem } from "./workflow/check.js";
export type {
  Condition,
  FunctionStep,
  Mapping,
  Rule,
  Step,
  StepContext,
  StepKind,
  StepResult,
  Workflow,
  WorkflowResult,
} from "./workflow/definition.js";
export { toMermaid } from "./workflow/mermaid.js";
export { createFileWorkflows, createMemoryWorkflows, type WorkflowRepository } from "./workflow/repository.js";
export {
  createMemoryRuns,
  type RunStatus,
  type RunStore,
  type StepRecord,
  type StoredRun,
} from "./workflow/run-store.js";
export {
  resumeWorkflow,
  runWorkflow,
  startWorkflow,
  type RunState,
  type WorkflowRun,
  type WorkflowRunOptions,
} from "./workflow/run.js";
export type { WorkflowScope } from "./workflow/scope.js";
export type { ScriptOutcome, ScriptRequest, WorkflowServices } from "./workflow/services.js";
export { openRuns } from "./workflow/sqlite-runs.js";
export { parseWorkflow, serializeWorkflow } from "./workflow/text.js";
export { validateWorkflow } from "./workflow/validate.js";
export { buildWorkflow, type WorkflowBuilder } from "./workflow/build-workflow.js";
export { createWorkflow, type NamedWorkflow } from "./workflow/workflow.js";
export { fillTemplate } from "./text/fill-template.js";
export { slugify } from "./text/slugify.js";
export { truncate } from "./text/truncate.js";
export { formatTime, timeBetween, type TimeFormatOptions, type TimeSpan } from "./time.js";
