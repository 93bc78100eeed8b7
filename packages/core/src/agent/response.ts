import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import type { Message } from "../messages.js";
import type { ModelRef } from "../models/model-ref.js";
import type { LoopResult } from "./agent-loop.js";

/**
 * The answer of an agent or of one completion. `object` is there when a schema was
 * given; `messages` is the whole transcript, to continue the conversation with.
 */
export interface AgentResponse extends LoopResult {
  role: "assistant";
  model: string;
  provider: string;
}

/** What a caller may hand in: a text is one user message. */
export type Input = string | readonly Message[];

export function toResponse(result: LoopResult, ref: ModelRef): AgentResponse {
  return { role: "assistant", model: ref.model, provider: ref.provider, ...result };
}

/** `input` as messages, after `history`, behind the system prompt unless the conversation has one already. */
export function conversationOf(input: Input, system?: string, history: readonly Message[] = []): Message[] {
  const given: readonly Message[] = typeof input === "string" ? [{ role: "user", content: input }] : input;
  if (!Array.isArray(given) || given.some((message) => !isRecord(message)))
    throw new SpellError("INVALID_ARGUMENT", "the input must be a text or a list of messages");
  const messages = history.concat(given);
  if (messages.every(({ role }) => role === "system"))
    throw new SpellError("INVALID_ARGUMENT", "there is no message to answer");
  const hasSystem = messages.some(({ role }) => role === "system");
  return system === undefined || hasSystem ? messages : [{ role: "system", content: system }, ...messages];
}
