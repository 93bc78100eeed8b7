import { snakeCase } from "@llmspell/engine";
import { LUA_KEYWORDS } from "../declarations/luals.js";
import { RESERVED } from "../declarations/typescript.js";

/** A language that scripts of models are written in; the name of its engine. */
export type CodeLanguage = "lua" | "javascript";

/** What errors call the script; with the ending of TypeScript, types may stand in it. */
export const SCRIPT_FILES: Readonly<Record<CodeLanguage, string>> = { lua: "script.lua", javascript: "script.ts" };

/** A tool, and what scripts call its function. */
export interface ScriptName {
  readonly tool: string;
  readonly name: string;
}

/** What means something else in JavaScript on any object. */
const OF_OBJECTS = new Set(["__proto__", "constructor", "prototype", "then"]);

const isTaken = (name: string, language: CodeLanguage): boolean =>
  language === "lua" ? LUA_KEYWORDS.has(name) : RESERVED.has(name) || OF_OBJECTS.has(name);

/** `web-search` → `web_search`, `end` → `end_`, `2fa` → `_2fa`, in Lua `getPage` → `get_page` */
function identifier(tool: string, language: CodeLanguage): string {
  const letters = tool.replaceAll(/\W/g, "_").replace(/^(?=\d)/, "_");
  const spelled = language === "lua" ? snakeCase(letters) : letters;
  return isTaken(spelled, language) ? `${spelled}_` : spelled;
}

/** What engines take for the same name: other spellings, and the twin that gives a promise. */
const keyOf = (name: string): string => snakeCase(name).replace(/_async$/, "");

/** What scripts call the functions of tools. A tool whose name can stay keeps it; others of the same get a number. */
export function scriptNames(tools: readonly string[], language: CodeLanguage): ScriptName[] {
  const used = new Map<string, string>();
  for (const tool of tools)
    if (identifier(tool, language) === tool && !used.has(keyOf(tool))) used.set(keyOf(tool), tool);
  return tools.map((tool) => {
    const wanted = identifier(tool, language);
    if (used.get(keyOf(wanted)) === tool) return { tool, name: tool };
    let name = wanted;
    for (let number = 2; used.has(keyOf(name)); number++) name = `${wanted}_${number}`;
    used.set(keyOf(name), name);
    return { tool, name };
  });
}
