import { SpellError } from "@llmspell/errors";

const LONGEST = 200;

/**
 * Compiles a pattern of event types: `*` stands for one word, `**` for any number of
 * them, none included. `agent.*` matches `agent.started`; `agent.**` also `agent.step.started`.
 *
 * @throws SpellError `INVALID_ARGUMENT` for an empty or overlong pattern, or a `*` inside a word.
 */
export function compilePattern(pattern: string): (type: string) => boolean {
  const words = typeof pattern === "string" && pattern.length <= LONGEST ? pattern.split(".") : [];
  if (words.length === 0 || !words.every((word) => /^(\*{1,2}|[\w-]+)$/.test(word))) {
    const shown = String(pattern).slice(0, LONGEST);
    throw new SpellError(
      "INVALID_ARGUMENT",
      `'${shown}' is no pattern of events: it takes words, '*' and '**' with dots between them`,
    );
  }
  if (pattern === "**") return () => true;
  if (!pattern.includes("*")) return (type) => type === pattern;
  return (type) => matches(words, type.split("."));
}

// Goes back to the latest `**` only: earlier ones cannot do better. At most words × segments steps.
function matches(words: readonly string[], segments: readonly string[]): boolean {
  let [word, segment, star, from] = [0, 0, -1, 0];
  while (segment < segments.length) {
    const wanted = words[word];
    if (wanted === "**") {
      [star, from] = [word++, segment];
    } else if (wanted === "*" || (wanted !== undefined && wanted === segments[segment])) {
      word++;
      segment++;
    } else if (star >= 0) {
      word = star + 1;
      segment = ++from;
    } else {
      return false;
    }
  }
  return words.slice(word).every((rest) => rest === "**");
}
