import type { LanguageModelV3FunctionTool } from "@ai-sdk/provider";
import { isRecord, type JsonSchema } from "../json.js";
import { significantWords } from "./offline-words.js";

/** A tool that the offline model decides to call. */
export interface ChosenCall {
  name: string;
  args: Record<string, unknown>;
}

/**
 * A tool is called from this score on: each significant word of the prompt counts
 * 3 when it is in the tool's name, 1 when it is only in its description or the
 * names and values of its parameters. So one word of the name suffices, or two others.
 */
const TOOL_THRESHOLD = 2;

/**
 * The tools that `prompt` asks for: the best one, and every other of which the
 * prompt uses a word of the name that the better ones do not explain already.
 */
export function chooseTools(prompt: string, tools: readonly LanguageModelV3FunctionTool[]): ChosenCall[] {
  const words = new Set(significantWords(prompt));
  const scored = tools
    .map((tool) => ({ tool, ...score(words, tool) }))
    .filter(({ points }) => points >= TOOL_THRESHOLD)
    .toSorted((a, b) => b.points - a.points);
  const explained = new Set<string>();
  const chosen: ChosenCall[] = [];
  for (const { tool, named, matched } of scored) {
    if (chosen.length > 0 && !named.some((word) => !explained.has(word))) continue;
    for (const word of matched) explained.add(word);
    chosen.push({ name: tool.name, args: fillArguments(prompt, isRecord(tool.inputSchema) ? tool.inputSchema : {}) });
  }
  return chosen;
}

function score(
  words: ReadonlySet<string>,
  tool: LanguageModelV3FunctionTool,
): { points: number; named: string[]; matched: string[] } {
  const nameWords = new Set(significantWords(tool.name));
  const { properties } = tool.inputSchema;
  const parameters = Object.entries(properties ?? {}).map(([name, schema]) => {
    return `${name} ${isRecord(schema) && Array.isArray(schema["enum"]) ? schema["enum"].join(" ") : ""}`;
  });
  const otherWords = new Set(significantWords(`${tool.description ?? ""} ${parameters.join(" ")}`));
  const named = [...words].filter((word) => nameWords.has(word));
  const others = [...words].filter((word) => otherWords.has(word) && !nameWords.has(word));
  return { points: 3 * named.length + others.length, named, matched: [...named, ...others] };
}

/**
 * Arguments for `schema` out of the words of `prompt`, property by property. A text
 * takes, in this order: an enum value that occurs in the prompt, the next quoted
 * text, the words after "in", "for", "of", …, the next capitalised word. Numbers
 * are taken in order. A declared default comes next; what is required and still
 * open gets the whole prompt, 0, false, [] or {}.
 */
export function fillArguments(prompt: string, schema: JsonSchema): Record<string, unknown> {
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const found = findings(prompt);
  const args: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(properties)) {
    if (!isRecord(property)) continue;
    const value =
      fill(name, property, found) ??
      property["default"] ??
      (required.includes(name) ? lastResort(property, prompt) : undefined);
    if (value !== undefined) args[name] = value;
  }
  return args;
}

interface Findings {
  prompt: string;
  numbers: number[];
  quoted: string[];
  after: string[];
  capitalised: string[];
}

function findings(prompt: string): Findings {
  const all = (pattern: RegExp): string[] =>
    [...prompt.matchAll(pattern)].map((match) => (match[2] ?? match[1] ?? match[0]).trim());
  const capitalised = "\\p{Lu}[\\p{L}\\p{N}'-]*(?: \\p{Lu}[\\p{L}\\p{N}'-]*)*";
  return {
    prompt,
    numbers: all(/(?<![\p{L}\p{N}.])-?\d+(?:\.\d+)?/gu).map(Number),
    quoted: [...prompt.matchAll(/"([^"]*)"|'([^']*)'(?!\p{L})|`([^`]*)`/gu)].map(
      (match) => match[1] ?? match[2] ?? match[3] ?? "",
    ),
    after: all(
      new RegExp(`\\b(in|for|of|at|to|about|from)\\s+(${capitalised}|[\\p{L}\\p{N}_./-]*[\\p{L}\\p{N}])`, "gu"),
    ),
    // The first word of a sentence is capitalised anyway.
    capitalised: all(new RegExp(`(?<=[\\p{L}\\p{N},;:]\\s)${capitalised}`, "gu")),
  };
}

function fill(name: string, property: Record<string, unknown>, found: Findings): unknown {
  if (Array.isArray(property["enum"])) {
    const words = new Set(significantWords(found.prompt));
    return property["enum"].find((value) => significantWords(String(value)).some((word) => words.has(word)));
  }
  switch (property["type"]) {
    case "integer":
    case "number": {
      const wanted = property["type"] === "integer" ? found.numbers.findIndex(Number.isInteger) : 0;
      return wanted < 0 ? undefined : found.numbers.splice(wanted, 1)[0];
    }
    case "boolean":
      return significantWords(name).every((word) => significantWords(found.prompt).includes(word)) || undefined;
    case "string":
      return (
        pathLike(name, found.prompt) ??
        arithmetic(name, found.prompt) ??
        found.quoted.shift() ??
        found.after.shift() ??
        found.capitalised.shift()
      );
    case "array":
      return isRecord(property["items"]) && property["items"]["type"] === "number"
        ? found.numbers.splice(0)
        : undefined;
    default:
      return undefined;
  }
}

// A file name is recognized by its dot or slash wherever it stands.
function pathLike(name: string, prompt: string): string | undefined {
  return /path|file/i.test(name) ? /[\w-]*[./][\w./-]*\w/.exec(prompt)?.[0] : undefined;
}

// So is a calculation, for parameters that want one.
function arithmetic(name: string, prompt: string): string | undefined {
  if (!/expr|formula|calculation/i.test(name)) return undefined;
  return /[\d(][\d\s.()]*(?:[-+*/^%]\s*[\d(][\d\s.()]*)+/.exec(prompt)?.[0].trim();
}

function lastResort(property: Record<string, unknown>, prompt: string): unknown {
  if (Array.isArray(property["enum"])) return property["enum"][0];
  const fallback: Record<string, unknown> = { number: 0, integer: 0, boolean: false, array: [], object: {} };
  const type = String(property["type"]);
  return Object.hasOwn(fallback, type) ? fallback[type] : prompt;
}
