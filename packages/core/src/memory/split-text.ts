import { SpellError } from "@llmspell/errors";
import { checkLength, loadTokenCounter, type TokenCounter } from "./tokens.js";

// Where a text may be cut, best first. What separates stays with what is before it; only the space
// before a word goes with the word, as it does for tokenizers.
// What follows is looked at first, so that a long run of spaces is walked once.
const BOUNDS = [/(?=\S)(?<=\n\s*\n)/, /(?!\n)(?<=\n)/, /(?=\S)(?<=[.!?…。！？]["')\]”’]?\s+)/, /(?=\s)(?<=\S)/];

/**
 * Splits a text into pieces of at most `maxTokens` tokens, between paragraphs where that is possible,
 * else between lines, sentences or words, and only then inside of a word. Without `overlap` the
 * pieces joined are the text; with it each piece begins with up to so many tokens of the one before.
 *
 * @throws SpellError `INVALID_ARGUMENT`, `TOO_LARGE`.
 */
export async function splitText(
  text: string,
  maxTokens: number,
  { overlap = 0, count }: { overlap?: number; count?: TokenCounter } = {},
): Promise<string[]> {
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 1)
    throw new SpellError("INVALID_ARGUMENT", "a piece must have at least 1 token");
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap >= maxTokens)
    throw new SpellError("INVALID_ARGUMENT", "the overlap must be from 0 to less than the tokens of a piece");
  checkLength(text);
  const counter = count ?? (await loadTokenCounter());
  return merge(unitsOf(text, maxTokens - overlap, counter), maxTokens, overlap);
}

interface Unit {
  text: string;
  tokens: number;
}

/** The parts of a text between which it may be cut, each of at most `most` tokens. */
function unitsOf(text: string, most: number, count: TokenCounter, level = 0): Unit[] {
  if (text === "") return [];
  const tokens = count(text, most);
  if (tokens <= most) return [{ text, tokens }];
  const bound = BOUNDS[level];
  const parts = bound === undefined ? halves(text) : text.split(bound);
  // A single character is not cut, however many tokens it has.
  if (bound === undefined && parts.length === 1) return [{ text, tokens }];
  const next = bound === undefined ? level : level + 1;
  return parts.flatMap((part) => unitsOf(part, most, count, next));
}

/** Never inside a surrogate pair. */
function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2);
  const at = /[\uDC00-\uDFFF]/.test(text[middle] ?? "") ? middle + 1 : middle;
  return at >= text.length ? [text] : [text.slice(0, at), text.slice(at)];
}

// With an overlap of nearly a whole piece a small text would become one of any size.
const MOST_CHARACTERS = 16_000_000;

function merge(units: readonly Unit[], most: number, overlap: number): string[] {
  const pieces: string[] = [];
  let piece: Unit[] = [];
  let tokens = 0;
  let characters = 0;
  for (const unit of units) {
    if (piece.length > 0 && tokens + unit.tokens > most) {
      const text = textOf(piece);
      pieces.push(text);
      if ((characters += text.length) > MOST_CHARACTERS)
        throw new SpellError(
          "TOO_LARGE",
          `the pieces would have more than ${MOST_CHARACTERS} characters together: the overlap is too large`,
          { details: { limit: MOST_CHARACTERS } },
        );
      piece = tail(piece, overlap);
      tokens = piece.reduce((sum, each) => sum + each.tokens, 0);
    }
    piece.push(unit);
    tokens += unit.tokens;
  }
  return piece.length === 0 ? pieces : [...pieces, textOf(piece)];
}

const textOf = (units: readonly Unit[]): string => units.map(({ text }) => text).join("");

/** The last units that have at most so many tokens together. */
function tail(units: readonly Unit[], most: number): Unit[] {
  let tokens = 0;
  let from = units.length;
  while (from > 0 && tokens + (units[from - 1]?.tokens ?? 0) <= most) tokens += units[--from]?.tokens ?? 0;
  return units.slice(from);
}
