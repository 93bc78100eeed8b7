import { SpellError } from "@llmspell/errors";
import { runLoop } from "./agent/agent-loop.js";
import { conversationOf, toResponse, type AgentResponse } from "./agent/response.js";
import type { SystemEvent } from "./events/system-events.js";
import { defined, type JsonSchema } from "./json.js";
import type { Message } from "./messages.js";
import type { ModelSettings } from "./models/call-model.js";
import type { Models } from "./models/models.js";
import type { RetryOptions } from "./resilience/retry.js";
import type { Context } from "./context.js";

/** One completion; `prompt`, `messages` or both (the prompt then comes last). */
export interface GenerateRequest extends ModelSettings {
  prompt?: string;
  messages?: readonly Message[];
  model?: string;
  provider?: string;
  system?: string;
  /** Wants JSON that matches this schema, as `object` of the response. */
  schema?: JsonSchema;
}

/** How {@link generate} calls. With `onEvent` the answer is streamed: its pieces come as `model.text`. */
export interface GenerateOptions {
  signal?: AbortSignal;
  onEvent?: (event: SystemEvent) => void;
  /** What the call is part of: services, hooks and the receiver of events. */
  context?: Context;
  retry?: RetryOptions;
  timeoutMs?: number;
}

/**
 * One completion without tools: the agent loop with nothing to call.
 *
 * @example
 * const { content } = await generate(models, { prompt: "Say hello" });
 * @throws SpellError `INVALID_ARGUMENT` without a prompt, and what `runLoop` throws.
 */
export async function generate(
  models: Models,
  request: GenerateRequest,
  options: GenerateOptions = {},
): Promise<AgentResponse> {
  const { prompt, messages = [], system, temperature, maxOutputTokens, topP, stop, schema } = request;
  if (prompt === undefined && messages.length === 0)
    throw new SpellError("INVALID_ARGUMENT", "a completion needs a 'prompt' or 'messages'");
  const { onEvent, context, signal, retry, timeoutMs } = options;
  const conversation = conversationOf(prompt ?? [], system, messages);
  const ref = models.resolve(request.model, request.provider);
  const result = await runLoop({
    model: await models.load(ref),
    messages: conversation,
    ...defined({ temperature, maxOutputTokens, topP, stop, schema, signal, retry, timeoutMs, onEvent, context }),
  });
  return toResponse(result, ref);
}
