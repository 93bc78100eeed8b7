import { SpellError } from "@llmspell/errors";
import { generate } from "../generate.js";
import { defined } from "../json.js";
import type { Message } from "../messages.js";
import type { Models } from "../models/models.js";
import type { Agent, AgentRunOptions } from "./agent.js";
import type { AgentResponse } from "./response.js";

/** Who answers: an agent, or a bare model. */
export type ConversationPartner = Agent | { models: Models; model?: string; provider?: string };

export interface ConversationOptions {
  systemPrompt?: string;
  /** Messages that are kept, the system prompt not counted; the oldest turns go first. No limit by default. */
  maxMessages?: number;
}

/** A conversation that remembers. */
export interface Conversation {
  /**
   * Says something and waits for the answer. When that fails the history stays as it was.
   *
   * @throws SpellError `INVALID_STATE` while another `send` is under way.
   */
  send(text: string, options?: Omit<AgentRunOptions, "messages">): Promise<AgentResponse>;
  /** A copy of what was said, the system prompt first. */
  history(): Message[];
  add(message: Message): void;
  /** Forgets everything but the system prompt. */
  clear(): void;
}

export function createConversation(
  partner: ConversationPartner,
  { systemPrompt, maxMessages }: ConversationOptions = {},
): Conversation {
  const start: Message[] = systemPrompt === undefined ? [] : [{ role: "system", content: systemPrompt }];
  let messages = [...start];
  let busy = false;
  const keep = (all: readonly Message[]): void => {
    messages = maxMessages === undefined ? [...all] : trimmed(all, maxMessages);
  };
  const idle = (): void => {
    if (busy) throw new SpellError("INVALID_STATE", "the conversation is still waiting for an answer");
  };
  return {
    async send(text, options = {}) {
      idle();
      busy = true;
      try {
        const response = await answer(partner, text, { ...options, messages });
        keep(response.messages);
        return response;
      } finally {
        busy = false;
      }
    },
    history: () => structuredClone(messages),
    add(message) {
      idle();
      keep([...messages, structuredClone(message)]);
    },
    clear() {
      idle();
      messages = [...start];
    },
  };
}

async function answer(partner: ConversationPartner, text: string, options: AgentRunOptions): Promise<AgentResponse> {
  if ("run" in partner) return await partner.run(text, options);
  const { messages, schema, signal, retry, timeoutMs, onEvent, context } = options;
  const { models, ...which } = partner;
  const request = { prompt: text, ...which, ...defined({ messages, schema }) };
  return await generate(models, request, defined({ signal, retry, timeoutMs, onEvent, context }));
}

// Whole turns go, so that no tool result loses its call: what is kept begins with the user.
function trimmed(all: readonly Message[], max: number): Message[] {
  const system = all.filter(({ role }) => role === "system");
  const rest = all.filter(({ role }) => role !== "system");
  if (rest.length <= max) return [...all];
  const kept = rest.slice(-max);
  const begin = kept.findIndex(({ role }) => role === "user");
  return [
    ...system,
    ...(begin < 0 ? rest.slice(rest.findLastIndex(({ role }) => role === "user")) : kept.slice(begin)),
  ];
}
