import { SpellError } from "@llmspell/errors";
import type {
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3Prompt,
  LanguageModelV3ReasoningPart,
  LanguageModelV3TextPart,
  SharedV3ProviderOptions,
} from "@ai-sdk/provider";
import { isRecord } from "./json.js";

/** `function` is the older name of `tool`: such a message names the tool, and answers its first open call. */
export type Role = "system" | "user" | "assistant" | "tool" | "function";

/**
 * What a provider wants back unchanged in the next turn (thought signatures and
 * the like), by provider name. Opaque, JSON-safe.
 */
export type ProviderData = SharedV3ProviderOptions;

/**
 * A piece of a message. `data` of a file is base64 or an `http(s):` URL. A file with a `path`
 * stays one until a model is asked: it is read then, by the run's {@link READ_FILE}.
 */
export type ContentPart =
  | { type: "text"; text: string; providerData?: ProviderData }
  | { type: "reasoning"; text: string; providerData?: ProviderData }
  | { type: "file"; mediaType: string; data: string; filename?: string }
  | { type: "file"; mediaType?: string; path: string; filename?: string };

/** A tool call in an assistant message. */
export interface MessageToolCall {
  id: string;
  name: string;
  args: unknown;
  providerData?: ProviderData;
}

/**
 * One message of a conversation; plain JSON, so that it can be stored and cross
 * the door. `toolCalls` belongs to the assistant; `toolCallId`, `name` (of the
 * tool) and `isError` belong to a tool message, whose content is the result.
 */
export interface Message {
  role: Role;
  content: string | ContentPart[];
  toolCalls?: MessageToolCall[];
  toolCallId?: string;
  name?: string;
  isError?: boolean;
}

/** The text of a message, without reasoning and files. */
export function messageText(message: Message): string {
  if (typeof message.content === "string") return message.content;
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/**
 * Turns messages into the form that models take. Only the model boundary calls this.
 *
 * @throws SpellError `INVALID_ARGUMENT` naming the message that is malformed.
 */
export function toPrompt(messages: readonly Message[]): LanguageModelV3Prompt {
  const toolNames = new Map<string, string>();
  // Calls without a result so far, for results that name only the tool.
  const open = new Map<string, string>();
  const prompt = messages.map((message, index) => convert(message, index, toolNames, open));
  return prompt.some(({ role }) => role === "tool") ? withToolsTogether(prompt) : prompt;
}

/** Providers want the results of one step in one message. */
function withToolsTogether(messages: LanguageModelV3Prompt): LanguageModelV3Prompt {
  const prompt: LanguageModelV3Prompt = [];
  for (const message of messages) {
    const last = prompt.at(-1);
    if (message.role === "tool" && last?.role === "tool") for (const part of message.content) last.content.push(part);
    else prompt.push(message);
  }
  return prompt;
}

function convert(
  message: Message,
  index: number,
  toolNames: Map<string, string>,
  open: Map<string, string>,
): LanguageModelV3Message {
  const parts = contentParts(message, index);
  switch (message.role) {
    case "system":
      return { role: "system", content: messageText(message) };
    case "user":
      return { role: "user", content: parts.every(isSaid) ? parts : parts.filter(isSaid) };
    case "assistant": {
      const asked = message.toolCalls ?? [];
      if (!Array.isArray(asked)) throw malformed(index, "'toolCalls' must be a list");
      const calls = asked.map(({ id, name, args, providerData }) => {
        if (typeof id !== "string" || typeof name !== "string")
          throw malformed(index, "a tool call needs 'id' and 'name'");
        toolNames.set(id, name);
        open.set(id, name);
        // What a model sent as arguments may be no object, but no provider takes that back.
        const input = isRecord(args) ? args : {};
        return { type: "tool-call" as const, toolCallId: id, toolName: name, input, ...optionsOf(providerData) };
      });
      return { role: "assistant", content: [...parts, ...calls] };
    }
    case "tool":
    case "function": {
      const byName = [...open].find(([, name]) => name === message.name)?.[0];
      const toolCallId = message.toolCallId ?? (message.role === "function" ? byName : undefined);
      if (message.role === "function" && toolCallId === undefined)
        throw malformed(index, `no earlier message calls a function '${message.name}' that has no result yet`);
      if (typeof toolCallId !== "string") throw malformed(index, "a tool message needs 'toolCallId'");
      const toolName = message.name ?? toolNames.get(toolCallId);
      open.delete(toolCallId);
      if (toolName === undefined) throw malformed(index, `no earlier message calls a tool with the id '${toolCallId}'`);
      const type = message.isError === true ? ("error-text" as const) : ("text" as const);
      return {
        role: "tool",
        content: [{ type: "tool-result", toolCallId, toolName, output: { type, value: messageText(message) } }],
      };
    }
    default:
      throw malformed(index, "'role' must be system, user, assistant, tool or function");
  }
}

type PromptPart = LanguageModelV3TextPart | LanguageModelV3ReasoningPart | LanguageModelV3FilePart;

const isSaid = (part: PromptPart): part is Exclude<PromptPart, LanguageModelV3ReasoningPart> =>
  part.type !== "reasoning";

function contentParts(message: Message, index: number): PromptPart[] {
  if (!isRecord(message)) throw malformed(index, "it is not an object");
  const { content } = message;
  // An empty text part is refused by some providers; an assistant that only called tools has none.
  if (typeof content === "string")
    return content === "" && message.role === "assistant" ? [] : [{ type: "text", text: content }];
  if (!Array.isArray(content)) throw malformed(index, "'content' must be a text or a list of parts");
  return content.map((part: ContentPart): PromptPart => {
    if (!isRecord(part)) throw malformed(index, "a part must be an object");
    if (part.type === "file" && "path" in part) throw malformed(index, `the file '${part.path}' has not been read`);
    if (part.type === "file" && typeof part.data === "string" && typeof part.mediaType === "string") {
      const { mediaType, data, filename } = part;
      const source = /^https?:/.test(data) && URL.canParse(data) ? new URL(data) : data;
      return { type: "file", mediaType, data: source, ...(filename === undefined ? {} : { filename }) };
    }
    if (part.type === "text" && typeof part.text === "string")
      return { type: "text", text: part.text, ...optionsOf(part.providerData) };
    if (part.type === "reasoning" && typeof part.text === "string")
      return { type: "reasoning", text: part.text, ...optionsOf(part.providerData) };
    throw malformed(index, "a part must be a text, a reasoning or a file");
  });
}

function optionsOf(data: ProviderData | undefined): { providerOptions?: SharedV3ProviderOptions } {
  return data === undefined ? {} : { providerOptions: data };
}

function malformed(index: number, reason: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", `message ${index} is malformed: ${reason}`, { details: { index } });
}
