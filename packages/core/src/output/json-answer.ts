import { plainCopy } from "../formats/plain.js";
import { syntaxError } from "../formats/format.js";
import { timedParse } from "../formats/timed-parse.js";
import { tryParseJson } from "../json.js";
import { cleanAnswer } from "./clean.js";
import { fencesOf } from "./fences.js";
import { attemptsAt } from "./json-repair.js";

/** A JSON value found in a text. */
export interface FoundJson {
  value: unknown;
  /** Whether the text had to be repaired to be JSON. */
  repaired: boolean;
}

/** How {@link findJson} reads. */
export interface FindJsonOptions {
  /** Also reads what is only nearly JSON; true by default. */
  repair?: boolean;
}

// A model answers with a few values at most; more starts than these are prose.
const MAX_CANDIDATES = 64;
const MAX_DEPTH = 100;

/**
 * All JSON values in a model's answer, the likeliest first: the whole text, fenced blocks, then
 * objects and lists in prose, the longest first. Strict JSON comes before what needs repair:
 * unquoted keys, single or typographic quotes, missing or trailing commas, comments, Python's
 * constants, wrong escapes, structures that are not closed.
 *
 * @throws SpellError `VALIDATION_FAILED` when it takes longer than two seconds.
 */
export async function findJson(text: string, { repair = true }: FindJsonOptions = {}): Promise<FoundJson[]> {
  const { jsonrepair } = await import("jsonrepair");
  return timedParse("json", () => {
    const whole = text.trim().replace(/^\uFEFF/, "");
    const strict = tryParseJson(whole);
    if (strict !== undefined) return [unwrapped(checked(strict.value), false)];
    const candidates = candidatesIn(cleanAnswer(text));
    const found = candidates.map(
      (candidate) => readStrictly(candidate) ?? (repair ? repairWith(jsonrepair, candidate) : undefined),
    );
    const values = found.filter((value) => value !== undefined);
    return [...values.filter(({ repaired }) => !repaired), ...values.filter(({ repaired }) => repaired)];
  });
}

/**
 * The likeliest of {@link findJson}.
 *
 * @throws SpellError `SYNTAX_ERROR` when there is none.
 */
export async function readJson(text: string, options?: FindJsonOptions): Promise<FoundJson> {
  const [first] = await findJson(text, options);
  if (first === undefined) throw syntaxError("json", "there is no JSON in the text", text);
  return first;
}

/** Models quote JSON inside JSON: a text that is all of it. */
function unwrapped(value: unknown, repaired: boolean): FoundJson {
  if (typeof value === "string" && /^\s*[[{]/.test(value)) {
    const inner = tryParseJson(value);
    if (inner !== undefined) return { value: checked(inner.value), repaired: true };
  }
  return { value, repaired };
}

const checked = (value: unknown): unknown => plainCopy("json", value, { maxDepth: MAX_DEPTH });

function readStrictly(candidate: string): FoundJson | undefined {
  const parsed = tryParseJson(candidate);
  return parsed === undefined ? undefined : unwrapped(checked(parsed.value), false);
}

function repairWith(jsonrepair: (text: string) => string, candidate: string): FoundJson | undefined {
  // Its recursion has to be bounded before it starts.
  if (!looksLikeJson(candidate) || nestingOf(candidate) > MAX_DEPTH) return undefined;
  for (const attempt of attemptsAt(candidate)) {
    try {
      return { value: checked(JSON.parse(jsonrepair(attempt))), repaired: true };
    } catch {
      // The next may do.
    }
  }
  return undefined;
}

const OBJECT = /^\{\s*(?:\\|["'“”‘’`}/#,]|[\p{L}_$][\p{L}\p{N}_$ -]*["']?\s*(?::|=)|\d+\s*:|\.\.\.)/u;
const LIST =
  /^\[\s*(?:[[{"'“”‘’`\],/#+]|-?\.?\d|(?:true|false|null|None|True|False|undefined|NaN)\b|[\p{L}_$][\p{L}\p{N}_$]*\s*,)/u;

const looksLikeJson = (text: string): boolean => OBJECT.test(text) || LIST.test(text);

function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === "[" || char === "{") deepest = Math.max(deepest, ++depth);
    else if ((char === "]" || char === "}") && depth > 0) depth--;
  }
  return deepest;
}

function candidatesIn(text: string): string[] {
  const fenced = fencesOf(text)
    .filter(
      ({ language = "", code }) =>
        /^(?:json\w*|js\w*|javascript|ts|python|text|)$/i.test(language) && code.trim() !== "",
    )
    .slice(0, MAX_CANDIDATES);
  const inFences = fenced.flatMap(({ code }) => {
    if (/^\s*[[{]/.test(code)) return [code.trim()];
    return /^\s*"[^"\n]+"\s*:/.test(code) ? [`{${code.trim()}}`] : spansIn(code);
  });
  // What stands in a fence is not looked for again in the prose around it.
  const prose = fenced.reduce((rest, { raw }) => rest.replace(raw, () => "\n"), text);
  const spans = spansIn(prose).toSorted((a, b) => b.length - a.length);
  return [...new Set([...inFences, ...spans])].slice(0, MAX_CANDIDATES);
}

/** The outermost objects and lists in `text`; one that is not closed reaches to the end. */
function spansIn(text: string): string[] {
  const spans: string[] = [];
  const start = /[[{]/g;
  while (spans.length < MAX_CANDIDATES) {
    const found = start.exec(text);
    if (found === null) break;
    const rest = text.slice(found.index);
    const isTask = /[-*+]\s$/.test(text.slice(Math.max(0, found.index - 2), found.index)) && /^\[[ xX]\] /.test(rest);
    if (isTask || !looksLikeJson(rest)) continue;
    const end = endOfSpan(rest);
    const closed = end === undefined ? rest.lastIndexOf(rest.startsWith("{") ? "}" : "]") + 1 : end;
    if (end === undefined && closed > 0) spans.push(rest.slice(0, closed));
    spans.push((end === undefined ? rest : rest.slice(0, end)).trim());
    if (end === undefined) break;
    start.lastIndex = found.index + end;
  }
  return joined(spans, text);
}

/** Objects one after the other, with nothing but commas and spaces between, are a list. */
function joined(spans: readonly string[], text: string): string[] {
  const objects = spans.filter((span) => span.startsWith("{"));
  if (objects.length < 2) return [...spans];
  const between = text.slice(text.indexOf(objects[0] ?? ""));
  const together = objects.join(",");
  const plain = (part: string): string => part.replaceAll(/[\s,;]+/g, "");
  return plain(between).startsWith(plain(together)) ? [`[${together}]`] : [...spans];
}

/** Where the structure at the start of `text` is closed. */
function endOfSpan(text: string): number | undefined {
  const open: string[] = [];
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"' || (char === "'" && /[[{,:\s]$/.test(text.slice(Math.max(0, i - 1), i)))) {
      const end = endOfQuoted(text, i, char);
      if (end === undefined) return undefined;
      i = end;
    } else if (char === "[" || char === "{") open.push(char === "[" ? "]" : "}");
    else if (char === open.at(-1)) {
      open.pop();
      if (open.length === 0) return i + 1;
    }
  }
  return undefined;
}

function endOfQuoted(text: string, start: number, quote: string): number | undefined {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote && (quote === '"' || /^\s*[,:\]}]/.test(text.slice(i + 1, i + 20)))) return i;
  }
  return undefined;
}
