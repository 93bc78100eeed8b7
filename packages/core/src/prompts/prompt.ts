import { SpellError, isSpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { toPrompt, type ContentPart, type Message, type Role } from "../messages.js";
import { didYouMean } from "../suggest.js";
import { renderTemplate, templateVariables, type TemplateVariables } from "./template.js";

/** An image or another file of a message. */
export type FilePart = Extract<ContentPart, { type: "file" }>;

/** A message of a prompt, or the place of messages that a variable holds: a history, examples. */
export type PromptMessage =
  | {
      role: Exclude<Role, "tool">;
      /** A template, see {@link renderTemplate}. */
      text: string;
      /** Files after the text: given, or the names of variables that hold `{mediaType, data}`. */
      files?: readonly (string | FilePart)[];
    }
  | { messages: string };

/** A prompt as data: what {@link renderPrompt} makes messages of. */
export interface Prompt {
  description?: string;
  messages: readonly PromptMessage[];
  /** Values of variables that are not given. */
  defaults?: TemplateVariables;
}

/** Says a prompt message by message; every step gives a new builder. */
export interface PromptBuilder {
  system(text: string): PromptBuilder;
  user(text: string, options?: { files?: readonly (string | FilePart)[] }): PromptBuilder;
  assistant(text: string): PromptBuilder;
  /** What is asked and what a good answer is. */
  example(user: string, assistant: string): PromptBuilder;
  /** Puts the messages that the variable `name` holds here, as they are. */
  messages(name: string): PromptBuilder;
  defaults(values: TemplateVariables): PromptBuilder;
  description(text: string): PromptBuilder;
  /** The prompt as data. */
  build(): Prompt;
  /** The messages. @throws SpellError as {@link renderPrompt}. */
  render(variables?: TemplateVariables): Promise<Message[]>;
}

/**
 * Builds a prompt; the same as a {@link Prompt} as data.
 *
 * @example
 * const prompt = buildPrompt().system("Answer in {{ language }}.").example("2 + 2", "4").user("{{ question | untrusted }}");
 * await agent.run(await prompt.render({ language: "French", question }));
 */
export function buildPrompt(prompt: Prompt = { messages: [] }): PromptBuilder {
  const more = (fields: Partial<Prompt>): PromptBuilder => buildPrompt({ ...prompt, ...fields });
  const say = (...messages: PromptMessage[]): PromptBuilder => more({ messages: [...prompt.messages, ...messages] });
  return {
    system: (text) => say({ role: "system", text }),
    user: (text, { files } = {}) => say({ role: "user", text, ...(files === undefined ? {} : { files }) }),
    assistant: (text) => say({ role: "assistant", text }),
    example: (user, assistant) => say({ role: "user", text: user }, { role: "assistant", text: assistant }),
    messages: (name) => say({ messages: name }),
    defaults: (values) => more({ defaults: { ...prompt.defaults, ...values } }),
    description: (description) => more({ description }),
    build: () => prompt,
    render: async (variables) => await renderPrompt(prompt, variables),
  };
}

/**
 * The messages of a prompt, in its order.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a variable that is missing or holds something else than it should, and
 *   for a malformed prompt; it names the message, and `details.index` counts them from 0.
 */
export async function renderPrompt(prompt: Prompt, variables: TemplateVariables = {}): Promise<Message[]> {
  checkPrompt(prompt);
  const values: TemplateVariables = { ...prompt.defaults, ...variables };
  const messages: Message[] = [];
  for (const [index, message] of prompt.messages.entries()) {
    messages.push(...(await inMessage(message, index, () => renderMessage(message, values))));
  }
  return messages;
}

/**
 * The names of all variables of a prompt, in order; those with a default have it as `default`.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a malformed prompt.
 */
export async function promptVariables(prompt: Prompt): Promise<{ name: string; default?: unknown }[]> {
  checkPrompt(prompt);
  const names = new Set<string>();
  for (const [index, message] of prompt.messages.entries()) {
    if ("messages" in message) names.add(message.messages);
    else {
      for (const name of await inMessage(message, index, () => templateVariables(message.text))) names.add(name);
      for (const file of message.files ?? []) if (typeof file === "string") names.add(file);
    }
  }
  const { defaults = {} } = prompt;
  return [...names].map((name) => (Object.hasOwn(defaults, name) ? { name, default: defaults[name] } : { name }));
}

/** @throws SpellError `INVALID_ARGUMENT` naming what is wrong. */
function checkPrompt(prompt: unknown): asserts prompt is Prompt {
  if (!isRecord(prompt) || !Array.isArray(prompt["messages"]) || prompt["messages"].length === 0)
    throw invalid("a prompt needs a list of 'messages' that is not empty");
  if (prompt["defaults"] !== undefined && !isRecord(prompt["defaults"]))
    throw invalid("'defaults' of a prompt must be an object");
  for (const [index, message] of prompt["messages"].entries()) {
    const problem = problemOf(message);
    if (problem !== undefined) throw invalid(`message ${index} of the prompt ${problem}`, { index });
  }
}

function problemOf(message: unknown): string | undefined {
  if (!isRecord(message)) return "is not an object";
  const { role, text, files = [], messages } = message;
  if (typeof messages === "string") return undefined;
  if (role !== "system" && role !== "user" && role !== "assistant")
    return "needs a 'role' of system, user or assistant, or 'messages'";
  if (typeof text !== "string") return "needs a 'text'";
  const isFile = (file: unknown): boolean => typeof file === "string" || isRecord(file);
  return Array.isArray(files) && files.every(isFile) ? undefined : "has 'files' that are no list of names and files";
}

async function renderMessage(message: PromptMessage, values: TemplateVariables): Promise<Message[]> {
  if ("messages" in message) {
    const given = valueOf(values, message.messages);
    if (!Array.isArray(given)) throw invalid(`the variable '${message.messages}' must be a list of messages`);
    toPrompt(given as Message[]);
    return structuredClone(given as Message[]);
  }
  const { role, text, files = [] } = message;
  const rendered = await renderTemplate(text, values);
  if (files.length === 0) return [{ role, content: rendered }];
  const content: ContentPart[] = rendered === "" ? [] : [{ type: "text", text: rendered }];
  for (const file of files) {
    content.push(typeof file === "string" ? filePart(valueOf(values, file), file) : filePart(file, "a file"));
  }
  return [{ role, content }];
}

function filePart(value: unknown, name: string): FilePart {
  const { mediaType, data, filename } = isRecord(value) ? value : {};
  if (typeof mediaType !== "string" || typeof data !== "string")
    throw invalid(`the variable '${name}' must hold a file: {mediaType, data}, with base64 or a URL as data`);
  return { type: "file", mediaType, data, ...(typeof filename === "string" ? { filename } : {}) };
}

function valueOf(values: TemplateVariables, name: string): unknown {
  if (Object.hasOwn(values, name) && values[name] !== undefined) return values[name];
  throw invalid(`the variable '${name}' is missing${didYouMean(name, Object.keys(values))}`, { name });
}

/** `work`, whose errors name the message. */
async function inMessage<T>(message: PromptMessage, index: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSpellError(error)) throw error;
    const which = "messages" in message ? `message ${index}` : `message ${index} (${message.role})`;
    const details = { ...error.details, index };
    throw new SpellError(error.code, `${which} of the prompt: ${error.message}`, { details });
  }
}

function invalid(message: string, details: Record<string, unknown> = {}): SpellError {
  return new SpellError("INVALID_ARGUMENT", message, { details });
}
