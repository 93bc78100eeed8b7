import type { Module } from "../door/module.js";
import { completions } from "./completions.js";
import { parameterSchemas } from "./json-schema.js";
import { llmsText } from "./llms.js";
import { luaAnnotations } from "./luals.js";
import { referencePages } from "./reference.js";
import { typeScriptDeclarations } from "./typescript.js";

/** Files for editors, by name: what they need to know of the script API. */
export function editorFiles(
  modules: readonly Module[],
  roots: readonly string[],
): { "llmspell.d.ts": string; "llmspell.lua": string } {
  return {
    "llmspell.d.ts": typeScriptDeclarations(modules, roots[0] ?? "llmspell"),
    "llmspell.lua": luaAnnotations(modules, roots),
  };
}

/** Everything that is made of the declarations and kept in the repository, by its path there. */
export function generatedFiles(modules: readonly Module[], roots: readonly string[]): Record<string, string> {
  const pages = Object.entries(referencePages(modules)).map(([name, text]) => [`docs/reference/${name}`, text]);
  const files = editorFiles(modules, roots);
  return {
    ...Object.fromEntries(pages),
    "docs/reference/parameters.json": json(parameterSchemas(modules)),
    "docs/reference/completions.json": json(completions(modules)),
    "llms.txt": llmsText(modules),
    "examples/llmspell.d.ts": files["llmspell.d.ts"],
    "examples/.luals/llmspell.lua": files["llmspell.lua"],
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;
