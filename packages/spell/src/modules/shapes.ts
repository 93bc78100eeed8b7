import { defined, type AgentResponse, type JsonSchema, type Message, type ModelInfo, type Usage } from "@llmspell/core";
import {
  asText,
  Float,
  FunctionRef,
  Handle,
  HostFunction,
  snakeCase,
  WeakHandle,
  type ScriptObject,
  type ScriptValue,
} from "@llmspell/engine";
import { isSpellError } from "@llmspell/errors";
import { describeValue, t } from "../door/types.js";

const CROSSING = [Uint8Array, FunctionRef, HostFunction, Handle, WeakHandle, Float] as const;

/** Data of the host as a guest may have it: what can cross stays as it is, the rest becomes what it is in JSON. */
export function toScript(value: unknown): ScriptValue {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return null;
  if (typeof value !== "object" || value === null) return value as ScriptValue;
  if (CROSSING.some((type) => value instanceof type) || isSpellError(value)) return value as ScriptValue;
  if (Array.isArray(value)) return value.map(toScript);
  if ("toJSON" in value && typeof value.toJSON === "function") return toScript(value.toJSON());
  const kept = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(kept.map(([name, field]) => [name, toScript(field)]));
}

/** A value of a script in a dump, where it is no data. */
export function nameOfValue(value: object): string | undefined {
  if (isSpellError(value)) return `${value.code}: ${value.message}`;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  return [FunctionRef, HostFunction, Handle, WeakHandle].some((type) => value instanceof type)
    ? describeValue(value as ScriptValue)
    : undefined;
}

/** A response in the script API's spelling; it also behaves as its text. */
export function scriptResponse(response: AgentResponse): ScriptObject {
  const { usage } = response;
  return asText(
    {
      content: response.content,
      role: response.role,
      model: response.model,
      provider: response.provider,
      usage: scriptUsage(usage),
      tool_calls: toScript(response.toolCalls),
      finish_reason: response.finishReason,
      status: response.status,
      ...(response.suspension === undefined ? {} : { suspension: toScript(response.suspension) }),
      data: toScript(response.object),
      metadata: { steps: response.steps },
    },
    "content",
  );
}

export function scriptUsage({ inputTokens, outputTokens, totalTokens }: Usage): ScriptObject {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: totalTokens };
}

/** Data of the framework with the names of its fields in snake_case. */
export function inSnakeCase(value: ScriptValue): ScriptValue {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [snakeCase(name), inSnakeCase(field)]));
}

export function scriptModel({ maxOutputTokens, input, price, ...info }: ModelInfo): ScriptObject {
  const fields = { ...info, maxOutput: maxOutputTokens, modalities: input, pricing: price };
  return inSnakeCase(toScript(fields)) as ScriptObject;
}

/** A message as scripts write it. */
export const messageType = t.object(
  {
    role: t.oneOf("system", "user", "assistant", "tool"),
    content: t.string,
    name: t.optional(t.string),
    tool_call_id: t.optional(t.string),
    tool_calls: t.optional(t.list(t.table)),
  },
  "Message",
);

type ScriptMessage = ReturnType<typeof messageType.check>;

export function coreMessage({ role, content, name, tool_call_id, tool_calls }: ScriptMessage): Message {
  return {
    role,
    content,
    ...defined({ name, toolCallId: tool_call_id }),
    ...(tool_calls === undefined ? {} : { toolCalls: tool_calls as unknown as NonNullable<Message["toolCalls"]> }),
  };
}

export function scriptMessage(message: Message): ScriptObject {
  const { role, content, name, toolCallId, toolCalls } = message;
  return toScript({ role, content, name, tool_call_id: toolCallId, tool_calls: toolCalls }) as ScriptObject;
}

/** Options of one generation. `provider` and `model` default to the configured model. */
export const generateOptions = {
  provider: t.optional(t.string),
  model: t.optional(t.string),
  system: t.optional(t.string),
  system_prompt: t.optional(t.string),
  temperature: t.optional(t.number),
  max_tokens: t.optional(t.integer(1)),
  stop: t.optional(t.list(t.string)),
  schema: t.optional(t.table),
  timeout: t.optional(t.duration),
} as const;

const ARRAY_KEYWORDS = ["required", "enum", "anyOf", "allOf", "oneOf", "prefixItems", "examples"];

/** An empty Lua table does not say whether it is a list; JSON Schema does. */
export function jsonSchema(table: ScriptObject): JsonSchema {
  const fixed = (value: unknown, key: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => fixed(item, ""));
    if (Object.keys(value).length === 0 && ARRAY_KEYWORDS.includes(key)) return [];
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fixed(item, name)]));
  };
  return fixed(table, "") as JsonSchema;
}
