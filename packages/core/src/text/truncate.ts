import { SpellError } from "@llmspell/errors";

let graphemes: Intl.Segmenter | undefined;

/**
 * A text of at most `length` code points, `suffix` included where something was cut off. What is seen as
 * one character, such as a flag or a letter with its marks, is never cut.
 *
 * @throws SpellError `INVALID_ARGUMENT` when not even the suffix fits.
 */
export function truncate(text: string, length: number, suffix = "…"): string {
  const count = (part: string): number => [...part].length;
  if (text.length <= length || count(text) <= length) return text;
  const room = length - count(suffix);
  if (room < 0) throw new SpellError("INVALID_ARGUMENT", `a text of ${length} characters has no room for the suffix`);
  graphemes ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  let end = 0;
  let used = 0;
  // The part that can be kept is at most twice as long in UTF-16, and marks may follow.
  for (const { segment } of graphemes.segment(text.slice(0, room * 2 + 64))) {
    used += count(segment);
    if (used > room) break;
    end += segment.length;
  }
  return text.slice(0, end) + suffix;
}
