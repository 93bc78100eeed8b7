import { summaryMessage, summaryRequest } from "../memory/summarize.js";
import { loadTokenCounter, messageTokens, type TokenCounter } from "../memory/tokens.js";
import { selectWindow } from "../memory/window.js";
import { messageText, type Message } from "../messages.js";
import { keepSummary, recallSummary } from "./summaries.js";

/** How the messages are made to fit the model's context window. The transcript itself stays whole. */
export interface FitOptions {
  /** Tokens that the messages of one request may have: the context window less room for tools and the answer. */
  maxTokens: number;
  /** `trim` (default) leaves the oldest turns out; `summarize` lets the model condense them first. */
  by?: "trim" | "summarize";
  /** Turns at the end that a summary leaves as they are; 2 by default. */
  keepTurns?: number;
  /** `loadTokenCounter` by default. */
  countTokens?: TokenCounter;
}

/** A summary that stands for the first `count` messages of the transcript, system messages aside. */
export interface Condensed {
  count: number;
  message: Message;
}

/** What is sent, and when that is not the whole transcript, what was done. */
export interface Fitted {
  messages: readonly Message[];
  /** Of these messages, by count. */
  tokens: number;
  condensed?: Condensed | undefined;
  change?: { tokensBefore: number; tokensAfter: number; left: number; summarized: boolean };
}

/** Asks the model for a text. */
export type Ask = (messages: Message[]) => Promise<string>;

/**
 * The messages as they fit. Summaries come first, if wanted; then whole turns go, the oldest
 * first, never a system message or the latest turn; then, inside the latest turn, results of
 * tools that are not of the latest step. What still is too much is left to the provider to refuse.
 */
export async function fitContext(
  transcript: readonly Message[],
  options: FitOptions,
  ask: Ask,
  known?: Condensed,
): Promise<Fitted> {
  const { maxTokens, by = "trim", keepTurns = 2, countTokens } = options;
  const count = countTokens ?? (await (counter ??= loadTokenCounter()));
  const tokensOf = (message: Message): number => messageTokens(message, count);
  const total = (messages: readonly Message[]): number => messages.reduce((sum, each) => sum + tokensOf(each), 0);

  let condensed = known;
  let summarized = false;
  let messages = withSummary(transcript, condensed);
  const tokensBefore = total(messages);
  if (tokensBefore <= maxTokens) return { messages, tokens: tokensBefore, condensed };

  if (by === "summarize") {
    condensed ??= await recallSummary(options, split(transcript)[1]);
    if (condensed === undefined || total(withSummary(transcript, condensed)) > maxTokens) {
      const before = condensed;
      condensed = await condense(transcript, keepTurns, ask, before);
      summarized = condensed !== before;
      if (summarized && condensed !== undefined) await keepSummary(options, split(transcript)[1], condensed);
    }
    messages = withSummary(transcript, condensed);
  }
  if (total(messages) > maxTokens) {
    const entries = messages.map((message) => ({ message }));
    const kept = selectWindow(entries, [{ max: maxTokens, of: tokensOf }], { keepLatest: true });
    messages = kept.map(({ message }) => message);
  }
  if (total(messages) > maxTokens) messages = withoutOldResults(messages, total(messages) - maxTokens, tokensOf);
  const given = new Set(transcript);
  const left = transcript.length - messages.filter((message) => given.has(message)).length;
  const tokens = total(messages);
  return { messages, tokens, condensed, change: { tokensBefore, tokensAfter: tokens, left, summarized } };
}

let counter: Promise<TokenCounter> | undefined;

function withSummary(transcript: readonly Message[], condensed: Condensed | undefined): readonly Message[] {
  if (condensed === undefined) return transcript;
  const [system, rest] = split(transcript);
  return [...system, condensed.message, ...rest.slice(condensed.count)];
}

async function condense(
  transcript: readonly Message[],
  keepTurns: number,
  ask: Ask,
  known: Condensed | undefined,
): Promise<Condensed | undefined> {
  const [, rest] = split(transcript);
  const turns = rest.flatMap(({ role }, index) => (role === "user" ? [index] : []));
  const end = turns.at(-Math.max(1, keepTurns)) ?? 0;
  const begin = known?.count ?? 0;
  if (end <= begin) return known;
  const before = known === undefined ? [] : [known.message];
  const text = (await ask(summaryRequest([...before, ...rest.slice(begin, end)]))).trim();
  return text === "" ? known : { count: end, message: summaryMessage(text) };
}

function withoutOldResults(
  messages: readonly Message[],
  excess: number,
  tokensOf: (message: Message) => number,
): Message[] {
  const latestStep = messages.findLastIndex(({ role }) => role === "assistant");
  let tooMuch = excess;
  return messages.map((message, index) => {
    if (message.role !== "tool" || index > latestStep || tooMuch <= 0) return message;
    const shorter = { ...message, content: `[this result of ${messageText(message).length} characters is left out]` };
    const saved = tokensOf(message) - tokensOf(shorter);
    if (saved <= 0) return message;
    tooMuch -= saved;
    return shorter;
  });
}

function split(messages: readonly Message[]): [system: Message[], rest: Message[]] {
  const isSystem = ({ role }: Message): boolean => role === "system";
  return [messages.filter(isSystem), messages.filter((message) => !isSystem(message))];
}
