import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3FunctionTool,
  LanguageModelV3Prompt,
} from "@ai-sdk/provider";
import { bounded } from "../json.js";
import { minimalInstance } from "./offline-json.js";
import { OFFLINE_NOTE } from "./offline-note.js";
import { chooseTools } from "./offline-tools.js";
import { fixedResult, streamOf, type FixedAnswer } from "./fixed-answer.js";

/** Characters of a question that the rules look at: their patterns take quadratic time. */
const READ_CHARACTERS = 4_000;
/** Characters of a question or a tool result that an answer repeats at most. */
const ECHO_CHARACTERS = 2000;

/**
 * The model that is there when no provider is configured. It needs no key and no
 * network, gives the same answer to the same question, streams word by word, and
 * says in every text that it is only a stand-in. Its rules, in this order:
 *
 * 1. The last message is the user's and tools are offered: tools of which the
 *    words fit are called (see `chooseTools`), each once per user message.
 * 2. A JSON answer is wanted: the smallest value that matches the schema.
 * 3. The last messages are tool results: they are repeated in a sentence.
 * 4. Else it repeats the question and says how to configure a real model.
 *
 * Token counts are an estimate: four characters are one token.
 */
export function createOfflineModel(modelId: string): LanguageModelV3 {
  return {
    specificationVersion: "v3",
    provider: "offline",
    modelId,
    supportedUrls: {},
    doGenerate: async (options) => fixedResult(answer(options)),
    doStream: async (options) => ({ stream: streamOf(answer(options), { signal: options.abortSignal }) }),
  };
}

function answer(options: LanguageModelV3CallOptions): FixedAnswer {
  const content = respond(options);
  const output = content
    .map((part) => (part.type === "text" ? part.text : part.type === "tool-call" ? part.input : ""))
    .join("");
  const finish = content.some((part) => part.type === "tool-call") ? ("tool-calls" as const) : ("stop" as const);
  return { content, finish, inputTokens: tokens(promptText(options.prompt)), outputTokens: tokens(output) };
}

function respond({
  prompt,
  tools = [],
  toolChoice,
  responseFormat,
}: LanguageModelV3CallOptions): LanguageModelV3Content[] {
  const last = prompt.at(-1);
  const question = lastUserText(prompt);
  if (last?.role === "user" && toolChoice?.type !== "none") {
    const offered = tools.filter((tool): tool is LanguageModelV3FunctionTool => tool.type === "function");
    const turn = prompt.length;
    const calls = chooseTools(question.slice(0, READ_CHARACTERS), offered);
    if (calls.length > 0) {
      return calls.map(({ name, args }, index) => ({
        type: "tool-call",
        toolCallId: `offline-${turn}-${index + 1}`,
        toolName: name,
        input: JSON.stringify(args),
      }));
    }
  }
  if (responseFormat?.type === "json") {
    const value =
      responseFormat.schema === undefined ? { note: OFFLINE_NOTE } : minimalInstance({ ...responseFormat.schema });
    return [{ type: "text", text: JSON.stringify(value) }];
  }
  const results = last?.role === "tool" ? toolResults(last.content) : [];
  return [{ type: "text", text: results.length > 0 ? retell(results) : introduce(question) }];
}

function retell(results: readonly { name: string; text: string }[]): string {
  const told = results.map(({ name, text }) => `The tool ${name} says: ${bounded(text, ECHO_CHARACTERS)}`);
  return `${told.join("\n")}\n(This answer comes from ${OFFLINE_NOTE}.)`;
}

function introduce(question: string): string {
  return (
    `I am ${OFFLINE_NOTE}. You asked: "${bounded(question, ECHO_CHARACTERS)}". ` +
    "For real answers set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or OLLAMA_BASE_URL for a local model, " +
    "or name a provider in llmspell.config.json."
  );
}

function toolResults(
  content: Extract<LanguageModelV3Prompt[number], { role: "tool" }>["content"],
): { name: string; text: string }[] {
  return content.flatMap((part) => {
    if (part.type !== "tool-result") return [];
    const { output } = part;
    const text =
      output.type === "text" || output.type === "error-text"
        ? output.value
        : JSON.stringify("value" in output ? output.value : (output.reason ?? "denied"));
    return [{ name: part.toolName, text }];
  });
}

function lastUserText(prompt: LanguageModelV3Prompt): string {
  const message = prompt.findLast(({ role }) => role === "user");
  if (message?.role !== "user") return "";
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join(" ");
}

function promptText(prompt: LanguageModelV3Prompt): string {
  return prompt
    .map(({ content }) =>
      typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : "")).join(""),
    )
    .join("");
}

function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}
