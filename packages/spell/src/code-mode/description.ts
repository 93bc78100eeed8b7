import type { CodeLanguage } from "./names.js";
import type { ToolCatalog } from "./tool-catalog.js";

/** How a description tells of the tools. */
export interface DescriptionLimits {
  /** As many tools are declared in full; of more there are only lines, and `search` and `describe`. */
  readonly declared: number;
  /** The most characters for all of it. */
  readonly characters: number;
}

const HOW: Readonly<Record<CodeLanguage, readonly string[]>> = {
  javascript: [
    "Runs a script in JavaScript (or TypeScript) that calls tools as functions. Prefer one script to many single calls: loop, filter and combine in it; only what it returns and prints comes back.",
    '- Each tool is an async function that takes one object: `const a = await tools.name({ field: "x" })`. Several at the same time: `await Promise.all([tools.a({}), tools.b({})])`. Await every call.',
    "- End with `return value`: JSON data. `console.log` prints.",
    "- A call that fails throws an Error with `code` and `message`; `try` and `catch` go on after it.",
  ],
  lua: [
    "Runs a script in Lua 5.4 that calls tools as functions. Prefer one script to many single calls: loop, filter and combine in it; only what it returns and prints comes back.",
    '- Each tool is a function that takes one table and gives its result: `local a = tools.name{ field = "x" }`. Several at the same time: `await(promise.all{ tools.a_async{}, tools.b_async{} })` gives the list of results.',
    "- End with `return value`: one value of data (tables, text, numbers). `print` prints text.",
    "- A call that fails raises an error with `code` and `message`; `local ok, result = pcall(tools.name, { field = 1 })` goes on after it.",
  ],
};

const SHARED = [
  "- There are no files, network, timers, clock or modules: only the language and the tools. Nothing is kept from one script to the next.",
  "- A call that needs a person's approval waits for it by itself.",
];

const FIND: Readonly<Record<CodeLanguage, string>> = {
  javascript:
    '`search("words")` gives a list of {name, description} of tools; `describe("name")` gives the declaration of one. Neither is awaited. Look up what you do not know, in a script of its own, before you call it.',
  lua: '`search("words")` gives a list of {name, description} of tools; `describe("name")` gives the declaration of one. Look up what you do not know, in a script of its own, before you call it.',
};

/** What the model is told of `run_spell`. */
export function describeCodeMode(
  catalog: ToolCatalog,
  language: CodeLanguage,
  { declared, characters }: DescriptionLimits,
): string {
  const head = [...HOW[language], ...SHARED].join("\n");
  const lines = catalog.lines();
  const whole = lines.length <= declared ? catalog.declarations() : undefined;
  if (whole !== undefined && whole.length <= characters) return `${head}\n\n${whole}`;
  const room = characters - FIND[language].length;
  let used = 0;
  const shown = lines.filter((line) => (used += line.length + 1) <= room);
  const left = lines.length - shown.length;
  const more = left === 0 ? "" : `\n… and ${left} more: search for them.`;
  return `${head}\n\n${FIND[language]}\nThere are ${lines.length} tools, called as tools.NAME:\n${shown.join("\n")}${more}`;
}
