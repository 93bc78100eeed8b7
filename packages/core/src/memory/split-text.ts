import { SpellError } from "@llmspell/errors";
import { breather } from "../breather.js";
import { checkLength, loadExactCounter, type TokenCounter } from "./tokens.js";

// Where a text may be cut, best first. What separates stays with what is before it; only the space
// before a word goes with the word, as it does for tokenizers.
// What follows is looked at first, so that a long run of spaces is walked once.
const BOUNDS = [/(?=\S)(?<=\n\s*\n)/, /(?!\n)(?<=\n)/, /(?=\S)(?<=[.!?…。！？]["')\]”’]?\s+)/, /(?=\s)(?<=\S)/];

/**
 * Splits a text into pieces of at most `maxTokens` tokens, between paragraphs where that is possible,
 * else between lines, sentences or words, and only then inside of a word. Without `overlap` the
 * pieces joined are the text; with it each piece begins with up to so many tokens of the one before.
 *
 * Others have their turn meanwhile; `signal` ends it.
 *
 * @throws SpellError `INVALID_ARGUMENT`, `TOO_LARGE`, `CANCELLED`.
 */
export async function splitText(
  text: string,
  maxTokens: number,
  { overlap = 0, count, signal }: { overlap?: number; count?: TokenCounter; signal?: AbortSignal } = {},
): Promise<string[]> {
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 1)
    throw new SpellError("INVALID_ARGUMENT", "a piece must have at least 1 token");
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap >= maxTokens)
    throw new SpellError("INVALID_ARGUMENT", "the overlap must be from 0 to less than the tokens of a piece");
  checkLength(text);
  const counter = count ?? (await loadExactCounter());
  return merge(await unitsOf(text, maxTokens - overlap, counter, breather(signal)), maxTokens, overlap);
}

interface Unit {
  text: string;
  tokens: number;
}

/** The parts of a text between which it may be cut, each of at most `most` tokens. */
async function unitsOf(
  whole: string,
  most: number,
  count: TokenCounter,
  breathe: () => Promise<void> | undefined,
): Promise<Unit[]> {
  const units: Unit[] = [];
  // The next on top.
  const todo = [{ text: whole, level: 0 }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { text, level } = next;
    if (text === "") continue;
    const turn = breathe();
    if (turn !== undefined) await turn;
    const tokens = count(text, most);
    const bound = BOUNDS[level];
    const parts = tokens <= most ? [] : bound === undefined ? halves(text) : text.split(bound);
    // A single character is not cut, however many tokens it has.
    if (tokens <= most || (bound === undefined && parts.length === 1)) units.push({ text, tokens });
    else
      for (let i = parts.length - 1; i >= 0; i--)
        todo.push({ text: parts[i] ?? "", level: bound === undefined ? level : level + 1 });
  }
  return units;
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
