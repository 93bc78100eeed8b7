import { SpellError } from "@llmspell/errors";
import { messageText, type Message } from "../messages.js";

/** How many tokens a text has; of one that has more than `enough` the counting may end there. */
export type TokenCounter = (text: string, enough?: number) => number;

/** An estimate where no tokenizer is at hand: a token has four characters of English, on average. */
export const estimateTokens: TokenCounter = (text) => Math.ceil(text.length / 4);

// The time of the tokenizer grows with the square of a run without breaks, such as 100 000
// times the same letter; texts are counted in pieces of at most this many characters.
const PIECE = 1000;
const MOST_REMEMBERED = 5000;
// Counting lets nothing else happen; of what has many tokens in few characters it takes longest.
const MOST_COUNTED = { characters: 1_000_000, tokens: 250_000 };

/**
 * Loads the tokenizer of OpenAI's models since GPT-4o (o200k_base); its table takes
 * some 40 MB. Other providers do not publish theirs: for them the count is an estimate. In texts
 * without spaces it may be off by one in a thousand characters; what is beyond the first million
 * characters or 250 000 tokens of a text counts as these do.
 */
export async function loadTokenCounter(): Promise<TokenCounter> {
  const count = await loadCounter();
  return (text, enough = Number.POSITIVE_INFINITY) => {
    const { tokens, end } = count(text, Math.min(enough, MOST_COUNTED.tokens), MOST_COUNTED.characters);
    return tokens > enough ? tokens : Math.ceil((tokens * text.length) / (end || 1));
  };
}

/** As {@link loadTokenCounter}, for texts of any length: some microseconds for each character. */
export async function loadExactCounter(): Promise<TokenCounter> {
  const count = await loadCounter();
  return (text, enough = Number.POSITIVE_INFINITY) => count(text, enough, text.length).tokens;
}

/** Counts until there are more than `enough` tokens, or until the first `longest` characters; says how far it went. */
type Count = (text: string, enough: number, longest: number) => { tokens: number; end: number };

async function loadCounter(): Promise<Count> {
  const { countTokens, setMergeCacheSize } = await import("gpt-tokenizer/encoding/o200k_base");
  // It remembers runs that are no token, each of up to a piece, and 100 000 of them by default.
  setMergeCacheSize(MOST_REMEMBERED);
  // What looks like a special token is text like any other.
  const options = { disallowedSpecial: new Set<string>() };
  return (text, enough, longest) => {
    let [tokens, end] = [0, 0];
    while (end < Math.min(text.length, longest) && tokens <= enough) {
      const next = pieceEnd(text, end);
      tokens += countTokens(text.slice(end, next), options);
      end = next;
    }
    return { tokens, end };
  };
}

/** Before a space where there is one, since words carry the space before them; never inside a surrogate pair. */
function pieceEnd(text: string, start: number): number {
  const end = start + PIECE;
  if (end >= text.length) return text.length;
  // Looked for in the piece alone: in a text without spaces each look would go back to its beginning.
  const space = text.slice(start, end + 1).lastIndexOf(" ");
  if (space > PIECE / 2) return start + space;
  return /[\uDC00-\uDFFF]/.test(text[end] ?? "") ? end - 1 : end;
}

// What a provider puts around each message; OpenAI's cookbook counts 3 and 1 for a name.
const MESSAGE_TOKENS = 4;

/** Tokens of a message: its texts, its tool calls and its frame. Files are not counted. */
export function messageTokens(message: Message, count: TokenCounter): number {
  const reasoning =
    typeof message.content === "string" ? [] : message.content.filter(({ type }) => type === "reasoning");
  const texts = [
    messageText(message),
    ...reasoning.map((part) => (part.type === "reasoning" ? part.text : "")),
    ...(message.toolCalls ?? []).map(({ name, args }) => `${name} ${JSON.stringify(args) ?? ""}`),
  ];
  return texts.reduce((sum, text) => sum + (text === "" ? 0 : count(text)), MESSAGE_TOKENS);
}

/**
 * Tokens of a text, or of messages with their frames.
 *
 * @throws SpellError `TOO_LARGE` above {@link MOST_CHARACTERS}.
 */
export async function countTokens(input: string | readonly Message[]): Promise<number> {
  const count = await loadTokenCounter();
  const limited: TokenCounter = (text) => {
    checkLength(text);
    return count(text);
  };
  return typeof input === "string"
    ? limited(input)
    : input.reduce((sum, message) => sum + messageTokens(message, limited), 0);
}

/** Characters of a text whose tokens are counted in one go: counting lets nothing else happen. */
const MOST_CHARACTERS = 4_000_000;

/** @throws SpellError `TOO_LARGE`. */
export function checkLength({ length }: string): void {
  if (length > MOST_CHARACTERS)
    throw new SpellError(
      "TOO_LARGE",
      `a text of ${length} characters is too long to count, at most ${MOST_CHARACTERS}`,
    );
}
