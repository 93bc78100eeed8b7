import type { Module } from "../door/module.js";
import { RECORDS } from "../modules/records.js";
import { javaScriptCall, signature } from "./signature.js";
import { kindsOf, throughDoor } from "./walk.js";
import { needsOf } from "./needs.js";

const HEAD = `# llmspell: the script API

> Spells are short scripts in Lua, JavaScript or TypeScript that drive LLM agents, tools and workflows in a sandbox. This page is for models that write them. It is made by \`npm run reference\` from the declarations of the modules.

Rules:
- Every module is a global: \`agent.create{...}\` in Lua, \`agent.create({...})\` in JavaScript. No import is needed.
- Lua: what waits is called in direct style and returns its result. JavaScript: it returns a promise, use \`await\`. Several at once: Lua \`await(all({ f_async(...), g_async(...) }))\`, JavaScript \`await Promise.all([...])\`.
- Errors are raised: Lua \`pcall\`, JavaScript \`try\`; they have \`code\`, \`message\`, \`details\`.
- Durations are milliseconds or texts such as "500ms", "5s", "2m".
- A spell starts with no powers but asking the configured model; what needs a capability says so.
- The result of a spell is what it returns (JavaScript module: \`export default\`), or what it gives \`spell.output\`.
`;

/** The script API on one page, for models that write spells ([llms.txt](https://llmstxt.org)). */
export function llmsText(modules: readonly Module[]): string {
  const parts = modules.map((module) => {
    const { name, doc, functions } = module;
    const lines = Object.entries(functions).map(([fn, declaration]) => {
      const { doc: says, awaitable } = declaration;
      const needs = needsOf(declaration, (capability) => capability)
        .map((each) => ` ${each}`)
        .join("");
      const inJavaScript = Object.keys(throughDoor({ [fn]: declaration })).length > 0;
      const other = inJavaScript ? ` JS: \`${javaScriptCall(name, fn, declaration)}\`` : "";
      return `- \`${signature(name, fn, declaration)}\`${awaitable ? " (waits)" : ""}: ${says}${needs}${other}`;
    });
    const methods = kindsOf(module).flatMap(({ kind, own, properties }) => [
      ...Object.entries(own).map(
        ([fn, declaration]) => `- \`${signature(kind, fn, declaration).replace(".", ":")}\`: ${declaration.doc}`,
      ),
      ...Object.entries(properties).map(
        ([field, { doc: says, result }]) => `- \`${kind}.${field}\` (${result}): ${says}`,
      ),
    ]);
    return [`## ${name}`, "", doc, "", ...lines, ...methods, ""].join("\n");
  });
  const records = Object.entries(RECORDS).map(([name, { doc, fields }]) => `- ${name} \`${fields}\`: ${doc}`);
  return [HEAD, ...parts, ["## Results with a name", "", ...records, ""].join("\n")].join("\n");
}
