import { SpellError } from "@llmspell/errors";
import { generate } from "../generate.js";
import { defined } from "../json.js";
import type { Message } from "../messages.js";
import { createMemory, type Memory, type MemorySnapshot } from "../memory/memory.js";
import { addUsage, NO_USAGE, type Usage } from "../models/model-ref.js";
import type { Models } from "../models/models.js";
import type { Agent, AgentRunOptions, Runner } from "./agent.js";
import type { ApprovalDecision } from "./approval.js";
import { newsBegin, remember } from "./remember.js";
import type { AgentResponse } from "./response.js";
import type { Suspension } from "./run-state.js";

/** Who answers: an agent, or a bare model. */
export type ConversationPartner = Agent | Runner | { models: Models; model?: string; provider?: string };

export interface ConversationOptions {
  /** Names it; made up by default. */
  id?: string;
  systemPrompt?: string;
  /** Messages that are kept, the system prompt not counted; the oldest turns go first. No limit by default. */
  maxMessages?: number;
  /** What it remembers with, e.g. one that is bounded by tokens or has messages already; one of its own by default. */
  memory?: Memory;
}

/** How far a conversation is. */
export interface ConversationInfo {
  id: string;
  /** Answers so far. */
  turns: number;
  /** Tokens of all answers. */
  usage: Usage;
}

/** A conversation that remembers. */
export interface Conversation {
  readonly id: string;
  readonly memory: Memory;
  /**
   * Says something and waits for the answer. When that fails, or is suspended, the history stays as it was.
   *
   * @throws SpellError `INVALID_STATE` while another `send` is under way.
   */
  send(text: string, options?: Omit<AgentRunOptions, "messages">): Promise<AgentResponse>;
  /** Goes on with an answer that was suspended, as `agent.resume` does. */
  resume(
    suspension: Suspension,
    decisions: Readonly<Record<string, ApprovalDecision>>,
    options?: Omit<AgentRunOptions, "messages">,
  ): Promise<AgentResponse>;
  /** A copy of what was said, the system prompt first. */
  history(): Message[];
  add(message: Message): void;
  /** Forgets everything but the system prompt. */
  clear(): void;
  info(): ConversationInfo;
}

export function createConversation(partner: ConversationPartner, options: ConversationOptions = {}): Conversation {
  const { maxMessages, systemPrompt, id = globalThis.crypto.randomUUID() } = options;
  const { memory = createMemory(defined({ maxMessages })) } = options;
  if (systemPrompt !== undefined && memory.stats().byRole.system === undefined)
    memory.restore([...createdWith(systemPrompt), ...memory.snapshot()]);
  let [turns, usage, busy] = [0, NO_USAGE, false];
  const idle = (): void => {
    if (busy) throw new SpellError("INVALID_STATE", "the conversation is still waiting for an answer");
  };
  const alone = async (work: () => Promise<AgentResponse>): Promise<AgentResponse> => {
    idle();
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
    }
  };
  // What waits for a decision is no part of the conversation yet.
  const took = (response: AgentResponse, begin: number): AgentResponse => {
    if (response.suspension !== undefined) response.suspension.known = begin;
    else {
      remember(memory, response.messages, begin);
      turns++;
      usage = addUsage(usage, response.usage);
    }
    return response;
  };
  return {
    id,
    memory,
    async send(text, given = {}) {
      return await alone(async () => {
        const history = memory.messages();
        const response = await answer(partner, text, { ...given, messages: history });
        return took(response, newsBegin(history, response.messages));
      });
    },
    async resume({ known = 0, ...suspension }, decisions, given = {}) {
      if (!("resume" in partner))
        throw new SpellError("UNSUPPORTED", "a conversation with a bare model is never suspended");
      return await alone(async () => took(await partner.resume(suspension, decisions, given), known));
    },
    history: () => memory.messages(),
    add(message) {
      idle();
      memory.add(message);
    },
    clear() {
      idle();
      memory.clear();
    },
    info: () => ({ id, turns, usage: { ...usage } }),
  };
}

function createdWith(systemPrompt: string): MemorySnapshot {
  const memory = createMemory();
  memory.add({ role: "system", content: systemPrompt });
  return memory.snapshot();
}

async function answer(partner: ConversationPartner, text: string, options: AgentRunOptions): Promise<AgentResponse> {
  if ("run" in partner) return await partner.run(text, options);
  const { messages, schema, signal, retry, timeoutMs, onEvent, ready, enough, context } = options;
  const { models, ...which } = partner;
  const request = { prompt: text, ...which, ...defined({ messages, schema }) };
  return await generate(models, request, defined({ signal, retry, timeoutMs, onEvent, ready, enough, context }));
}
