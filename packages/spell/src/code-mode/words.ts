import { bounded, didYouMean } from "@llmspell/core";
import { toSpellError, SpellError } from "@llmspell/errors";
import { SCRIPT_FILES, type CodeLanguage, type ScriptName } from "./names.js";

/** What to do about what ended a script, by the code of its error. */
const ADVICE: Readonly<Record<string, string>> = {
  LIMIT_FUEL: "It may loop for ever. Otherwise do less in one script.",
  LIMIT_MEMORY: "Keep less at a time, or do less in one script.",
  LIMIT_TIME: "Do less in one script; calls that do not need each other can run at the same time.",
  LIMIT_CALLS: "Each call of a tool, search and describe counts. Do the rest in another script.",
  LIMIT_OUTPUT: "Print less, and return what is needed.",
  LIMIT_VALUE: "Pass and return less at a time.",
  LIMIT_DEPTH: "It may call itself for ever.",
  DEADLOCK: "Wait for calls of tools only.",
  SNAPSHOT_INVALID: "It cannot go on where it waited.",
};

/** What is known of a script that failed. */
export interface FailedScript {
  readonly source: string;
  readonly language: CodeLanguage;
  readonly names: readonly ScriptName[];
  /** Calls of tools that have ended well, by the tool. */
  readonly calls: Readonly<Record<string, number>>;
  readonly printed: string;
}

/** The errors that keep their code; every other one is that of the script. */
const OWN_CODE = /^(?:LIMIT_\w+|SYNTAX_ERROR|SNAPSHOT_INVALID|DEADLOCK)$/;

/**
 * The error of a script, in words that a model can act on: what and where, with the line, what
 * is already done, and what it had printed.
 */
export function failureInWords(thrown: unknown, script: FailedScript): SpellError {
  const error = toSpellError(thrown);
  const { code } = error;
  // A tool's error may have a line of something else.
  const line = error.details["file"] === SCRIPT_FILES[script.language] ? Number(error.details["line"]) : Number.NaN;
  const sourceLine = Number.isInteger(line) ? script.source.split("\n")[line - 1] : undefined;
  const where = sourceLine === undefined ? "" : ` in line ${line}`;
  const named = code === "SCRIPT_ERROR" || OWN_CODE.test(code) ? "" : `${code}: `;
  const advice = (Object.hasOwn(ADVICE, code) && ADVICE[code]) || miswritten(error.message, sourceLine ?? "", script);
  const done = callsInWords(script.calls);
  const lines = [
    `the script failed${where}: ${named}${bounded(error.message.replaceAll("the spell", "the script"), 600)}`,
    ...(sourceLine === undefined ? [] : [`  ${line} | ${bounded(sourceLine.trim(), 200)}`]),
    ...(advice === "" ? [] : [advice]),
    ...(done === "" ? [] : [`Already done, and not undone: ${bounded(done, 300)}.`]),
    ...(script.printed === "" ? [] : [`It had printed:\n${bounded(script.printed, 500)}`]),
  ];
  const details = { code, ...(sourceLine === undefined ? {} : { line, sourceLine }) };
  return new SpellError(OWN_CODE.test(code) ? code : "SCRIPT_ERROR", lines.join("\n"), { details, cause: error });
}

function callsInWords(calls: FailedScript["calls"]): string {
  return Object.entries(calls)
    .map(([tool, count]) => `${tool} (${count === 1 ? "1 call" : `${count} calls`})`)
    .join(", ");
}

/** What was probably meant where something is written as nothing is. */
function miswritten(message: string, sourceLine: string, { names, language }: FailedScript): string {
  if (sourceLine.startsWith("```")) return "Give the script itself, without the ``` around it.";
  const known = names.map(({ name }) => name);
  const calledWith = language === "lua" ? "{ … }" : "({ … })";
  const [, method] = /\btools:(\w+)/.exec(sourceLine) ?? [];
  if (language === "lua" && method !== undefined) return `Write tools.${bounded(method, 64)}{ … }, with a dot.`;
  const [, global] = /^(?:undeclared global '(\w+)'|(\w+) is not defined)$/.exec(message)?.filter(Boolean) ?? [];
  if (global !== undefined && known.includes(global)) return `Write tools.${global}${calledWith}.`;
  const [, field] = /^attempt to call a nil value \(field '(\w+)'\)$/.exec(message) ?? [];
  if (field === undefined && !message.endsWith("not a function")) return "";
  const called = [...sourceLine.matchAll(/\btools(?:\.|\[["'])(\w+)/g)].map(([, name = ""]) => name);
  const unknown = called.find((name) => !known.includes(name));
  if (unknown !== undefined) return `There is no tools.${bounded(unknown, 64)}${didYouMean(unknown, known)}`;
  // A part of something else, unless it looks like a tool.
  const near = field === undefined ? "" : didYouMean(field, known);
  return near === "" ? "" : `There is no tools.${field}${near}`;
}
