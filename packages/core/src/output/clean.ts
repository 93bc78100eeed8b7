const INVISIBLE = /[\u200b\u200e\u200f\u2060\ufeff\u00ad]/g;

/**
 * `text` in Unicode normal form C with `\n` line ends, without invisible characters, with
 * ordinary spaces, no spaces at the ends of lines and at most one empty line in a row.
 */
export function normalizeText(text: string): string {
  return text
    .normalize("NFC")
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(INVISIBLE, "")
    .replaceAll(/[\u00a0\u2007\u202f\u3000]/g, " ")
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

const OPENING =
  /^(?:sure|certainly|of course|okay|ok|absolutely|great|here(?:'s| is| are| you go| you are)|below is|the following)\b[^\n]*[:!.]\s*$/i;
const CLOSING = /^(?:let me know|i hope|hope this|feel free|please let me know|if you (?:need|have|want))\b[^\n]*$/i;

/**
 * What a model's answer says without what is around it: its thinking in tags, the phrases
 * before and after (in English), and one fence around the whole.
 */
export function cleanAnswer(text: string): string {
  const lines = withoutThinking(text)
    .replace(/^\uFEFF/, "")
    .replaceAll(/\r\n?/g, "\n")

    .trim()
    .split("\n");
  while (lines.length > 1 && (OPENING.test(lines[0] ?? "") || lines[0]?.trim() === "")) lines.shift();
  while (lines.length > 1 && (CLOSING.test(lines.at(-1) ?? "") || lines.at(-1)?.trim() === "")) lines.pop();
  return lines.join("\n").trim();
}

/** In one pass: many tags that are never closed must not take long. */
function withoutThinking(text: string): string {
  const opening = /<(think|thinking|reasoning|scratchpad)>/gi;
  let kept = "";
  let end = 0;
  for (let found = opening.exec(text); found !== null; found = opening.exec(text)) {
    const closing = `</${found[1] ?? ""}>`;
    const close = text.indexOf(closing, found.index);
    if (close < 0) break;
    kept += text.slice(end, found.index);
    end = close + closing.length;
    opening.lastIndex = end;
  }
  return kept + text.slice(end);
}

/** The ways of {@link normalizeKeys}. */
export type KeyStyle = "camel" | "kebab" | "snake";

/**
 * A copy of `value` with all keys in one style: `first_name`, `firstName`, `first-name` and
 * `First name` become the same. Where two keys of an object do, the last one counts.
 */
export function normalizeKeys(value: unknown, style: KeyStyle): unknown {
  if (Array.isArray(value)) return value.map((item) => normalizeKeys(item, style));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [styled(key, style), normalizeKeys(item, style)]),
  );
}

function styled(key: string, style: KeyStyle): string {
  const words = wordsOf(key);
  if (words.length === 0) return key;
  if (style !== "camel") return words.join(style === "snake" ? "_" : "-");
  return words.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join("");
}

/** The words of a name in lower case: `firstName`, `first_name` and `First name` have the same. */
export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2")
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}
