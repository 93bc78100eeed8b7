import { SpellError } from "@llmspell/errors";
import type { AgentRunOptions } from "./agent/agent.js";
import { runLoop, type LoopResult } from "./agent/agent-loop.js";
import { conversationOf, toResponse, type AgentResponse } from "./agent/response.js";
import type { SystemEvent } from "./events/system-events.js";
import { defined, type JsonSchema } from "./json.js";
import type { Message } from "./messages.js";
import type { ModelSettings } from "./models/call-model.js";
import { NO_USAGE } from "./models/model-ref.js";
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
export interface GenerateOptions extends Pick<AgentRunOptions, "ready" | "enough"> {
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
  const { temperature, maxOutputTokens, topP, stop, schema } = request;
  const { onEvent, ready, enough, context, signal, retry, timeoutMs } = options;
  const conversation = askedIn(request);
  const ref = models.resolve(request.model, request.provider);
  const result = await runLoop({
    model: await models.load(ref),
    messages: conversation,
    ...defined({ temperature, maxOutputTokens, topP, stop, schema, signal, retry, timeoutMs, context }),
    ...defined({ onEvent, ready, enough }),
  });
  return toResponse(result, ref);
}

function askedIn({ prompt, messages = [], system }: GenerateRequest): Message[] {
  if (prompt === undefined && messages.length === 0)
    throw new SpellError("INVALID_ARGUMENT", "a completion needs a 'prompt' or 'messages'");
  return conversationOf(prompt ?? [], system, messages);
}

/** The response to a request whose answer was ended by who heard it, when `said` was all of it. Its tokens are not known. */
export function endedResponse(models: Models, request: GenerateRequest, said: string): AgentResponse {
  const result: LoopResult = {
    status: "completed",
    content: said,
    finishReason: "other",
    usage: NO_USAGE,
    toolCalls: [],
    steps: 1,
    messages: [...askedIn(request), { role: "assistant", content: said }],
  };
  return toResponse(result, models.resolve(request.model, request.provider));
}
