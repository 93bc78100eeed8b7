import { SpellError, toSpellError } from "@llmspell/errors";
import type * as Otel from "@opentelemetry/api";
import { serviceKey } from "../context.js";
import { defined } from "../json.js";
import type { ModelAnswer } from "../models/answer.js";
import type { ModelRequest } from "../models/call-model.js";
import type { Hook, OperationFrame } from "./hook.js";
import { middleware, subjectOf, type AnyContext } from "./middleware.js";
import type { Operation } from "./points.js";

/** The version of the OpenTelemetry semantic conventions that the `gen_ai.*` names come from. */
export const SEMANTIC_CONVENTIONS = "1.45.0";

/** The `traceparent` header (W3C Trace Context) that a context's runs continue, e.g. of an incoming request. */
export const TRACEPARENT = serviceKey<string>("traceparent");

// https://github.com/open-telemetry/semantic-conventions, registry gen_ai. Still in development there, hence pinned.
const ATTR = {
  operation: "gen_ai.operation.name",
  provider: "gen_ai.provider.name",
  agentId: "gen_ai.agent.id",
  agentName: "gen_ai.agent.name",
  requestModel: "gen_ai.request.model",
  temperature: "gen_ai.request.temperature",
  topP: "gen_ai.request.top_p",
  maxTokens: "gen_ai.request.max_tokens",
  stop: "gen_ai.request.stop_sequences",
  finishReasons: "gen_ai.response.finish_reasons",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  toolName: "gen_ai.tool.name",
  toolCallId: "gen_ai.tool.call.id",
  toolType: "gen_ai.tool.type",
  workflowName: "gen_ai.workflow.name",
  errorType: "error.type",
} as const;

const NAMES: Readonly<Record<Operation, string>> = {
  agent: "invoke_agent",
  model: "chat",
  tool: "execute_tool",
  workflow: "invoke_workflow",
  "workflow.step": "workflow_step",
  "memory.save": "save_memory",
  "memory.load": "load_memory",
  custom: "custom",
};

// What the conventions call providers whose names differ from ours.
const PROVIDERS: Readonly<Record<string, string>> = { google: "gcp.gemini" };

// Spans of the operations around, in the values of their frames.
const SPAN = Symbol("span");

/**
 * A span for every operation, children of those around them, with the attributes of the
 * semantic conventions for generative AI; no contents. Model calls carry `traceparent`,
 * so that the provider's side can continue the trace. Without an SDK registered, or
 * the given `tracer`, spans are not recorded and cost next to nothing.
 *
 * @throws SpellError `UNSUPPORTED` when `@opentelemetry/api`, an optional dependency, is not installed.
 */
export async function traceHooks({ tracer: given }: { tracer?: Otel.Tracer } = {}): Promise<Hook[]> {
  const api = await import("@opentelemetry/api").catch((error: unknown) => {
    throw new SpellError("UNSUPPORTED", "traces need the package @opentelemetry/api", { cause: error });
  });
  const tracer = given ?? api.trace.getTracer("llmspell");
  const run = async (context: AnyContext, next: (input?: unknown) => Promise<unknown>): Promise<unknown> => {
    const { operation, data, values } = context;
    const parent = parentContext(api, context);
    const span = tracer.startSpan(
      `${NAMES[operation]} ${subjectOf(context)}`,
      { kind: operation === "model" ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL, attributes: attributesOf(context) },
      parent,
    );
    values.set(SPAN, span);
    const carried = operation === "model" ? withHeaders(data as ModelRequest, span.spanContext()) : data;
    try {
      const output = await api.context.with(api.trace.setSpan(parent, span), () => next(carried));
      if (operation === "model") span.setAttributes(answerAttributes(output as ModelAnswer));
      return output;
    } catch (error) {
      const { code, message } = toSpellError(error);
      span.setAttribute(ATTR.errorType, code);
      span.recordException({ name: code, message });
      span.setStatus({ code: api.SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  };
  return middleware("trace", run, { priority: -1000 });
}

/** The span around, then the trace that came from outside, then whatever the application has active. */
function parentContext(api: typeof Otel, { parent, run }: AnyContext): Otel.Context {
  const active = api.context.active();
  for (let frame: OperationFrame | undefined = parent; frame !== undefined; frame = frame.parent) {
    const span = frame.values.get(SPAN) as Otel.Span | undefined;
    if (span !== undefined) return api.trace.setSpan(active, span);
  }
  const remote = parseTraceparent(run.find(TRACEPARENT) ?? "");
  return remote === undefined ? active : api.trace.setSpanContext(active, remote);
}

// https://www.w3.org/TR/trace-context/#traceparent-header; ids of zeros are invalid, as is version ff.
function parseTraceparent(header: string): Otel.SpanContext | undefined {
  const parts = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:$|-)/.exec(header);
  if (parts === null) return undefined;
  const [, traceId = "", spanId = "", flags = ""] = parts;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function withHeaders(
  request: ModelRequest,
  { traceId, spanId, traceFlags, traceState }: Otel.SpanContext,
): ModelRequest {
  // Without an SDK there is no trace to continue.
  if (/^0*$/.test(traceId)) return request;
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  const tracestate = traceState?.serialize();
  return { ...request, headers: { ...request.headers, traceparent, ...(tracestate ? { tracestate } : {}) } };
}

function attributesOf({ operation, about, data }: AnyContext): Otel.Attributes {
  const fields = about as { name?: string; agentId?: string; provider?: string; model?: string; id?: string };
  const { name, agentId, provider = "", model, id } = fields;
  const own = ((): Record<string, Otel.AttributeValue | undefined> => {
    switch (operation) {
      case "agent":
        return { [ATTR.agentId]: agentId, [ATTR.agentName]: name };
      case "model": {
        const { temperature, topP, maxOutputTokens, stop } = data as ModelRequest;
        return {
          [ATTR.provider]: PROVIDERS[provider] ?? provider,
          [ATTR.requestModel]: model,
          [ATTR.temperature]: temperature,
          [ATTR.topP]: topP,
          [ATTR.maxTokens]: maxOutputTokens,
          [ATTR.stop]: stop,
        };
      }
      case "tool":
        return { [ATTR.toolName]: name, [ATTR.toolCallId]: id, [ATTR.toolType]: "function" };
      case "workflow":
        return { [ATTR.workflowName]: name };
      default:
        return {};
    }
  })();
  return defined({ [ATTR.operation]: NAMES[operation], ...own });
}

function answerAttributes({ usage, finishReason }: ModelAnswer): Otel.Attributes {
  return {
    [ATTR.finishReasons]: [finishReason],
    [ATTR.inputTokens]: usage.inputTokens,
    [ATTR.outputTokens]: usage.outputTokens,
  };
}
