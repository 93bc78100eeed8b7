import { SpellError } from "@llmspell/errors";
import { defined } from "../json.js";
import { createMemory, type MemoryOptions, type MemorySnapshot } from "../memory/memory.js";
import { addUsage, NO_USAGE, type Usage } from "../models/model-ref.js";
import type { State } from "../state/state.js";
import type { AgentResponse } from "./response.js";
import { createConversation, type Conversation, type ConversationPartner } from "./conversation.js";

export interface StoredConversationOptions extends MemoryOptions {
  state: State;
  id: string;
  /** Of a new conversation; a stored one has its own. */
  systemPrompt?: string;
}

interface Stored {
  turns: number;
  usage: Usage;
  memory: MemorySnapshot;
}

/**
 * A conversation that is stored after each answer, and goes on where it was if the state has one of
 * this id: with a state in a file, in any process. A process that ends while the model
 * answers leaves the conversation as it was before.
 *
 * @example
 * using state = await openState({ file: "chats.db" });
 * const talk = openConversation(agent, { state, id: "ada" });
 * @throws SpellError `VALIDATION_FAILED` when what is stored is malformed. `send` throws `INVALID_STATE` when the
 *   conversation went on elsewhere in the meantime: open it again.
 */
export function openConversation(
  partner: ConversationPartner,
  { state, id, systemPrompt, ...options }: StoredConversationOptions,
): Conversation {
  const key = `conversation:${id}`;
  const memory = createMemory(options);
  const stored = state.get<Stored>(key);
  if (stored !== undefined) memory.restore(stored.memory);
  const conversation = createConversation(partner, { id, memory, ...defined({ systemPrompt }) });
  const before = { turns: stored?.turns ?? 0, usage: stored?.usage ?? NO_USAGE };
  const info: Conversation["info"] = () => {
    const { turns, usage } = conversation.info();
    return { id, turns: before.turns + turns, usage: addUsage(before.usage, usage) };
  };
  const storeAfter = async (answer: () => Promise<AgentResponse>): Promise<AgentResponse> => {
    const snapshot = memory.snapshot();
    const { turns: known } = info();
    const response = await answer();
    if (response.status === "suspended") return response;
    try {
      await state.update<Stored>(key, (latest) => {
        if ((latest?.turns ?? 0) !== known)
          throw new SpellError("INVALID_STATE", `the conversation '${id}' went on elsewhere`, { details: { id } });
        const { turns, usage } = info();
        return { turns, usage, memory: memory.snapshot() };
      });
    } catch (error) {
      memory.restore(snapshot);
      throw error;
    }
    return response;
  };
  return {
    ...conversation,
    info,
    send: (text, given) => storeAfter(() => conversation.send(text, given)),
    resume: (suspension, decisions, given) => storeAfter(() => conversation.resume(suspension, decisions, given)),
  };
}
