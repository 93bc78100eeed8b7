import type { FunctionDeclaration, Module } from "../door/module.js";
import type { Type } from "../door/types.js";
import { RECORDS } from "../modules/records.js";
import { javaScriptCall, signature } from "./signature.js";
import { kindsOf, throughDoor, type Functions } from "./walk.js";
import { needsOf } from "./needs.js";

const NOTE = "<!-- Made by `npm run reference` from the declarations of the modules; a change belongs there. -->";

/** The API reference: Markdown by the name of its file. */
export function referencePages(modules: readonly Module[]): Record<string, string> {
  const pages = modules.map((module): [string, string] => [`${module.name}.md`, modulePage(module)]);
  return { "README.md": overview(modules), ...Object.fromEntries(pages) };
}

function overview(modules: readonly Module[]): string {
  const rows = modules.map(
    ({ name, doc, functions }) => `| [\`${name}\`](${name}.md) | ${Object.keys(functions).length} | ${cell(doc)} |`,
  );
  const records = Object.entries(RECORDS).map(
    ([name, { doc, fields }]) => `| \`${name}\` | ${cell(doc)} | \`${cell(fields)}\` |`,
  );
  return [
    NOTE,
    "# The script API",
    "",
    "Every module is a global in Lua and JavaScript, a field of `llmspell`, and can be loaded: Lua requires `llmspell.agent`, JavaScript imports `llmspell/agent`. Lua spells names `snake_case` and JavaScript `camelCase`; both are found in both. What waits is called in direct style in Lua and gives a promise in JavaScript; with `_async` behind its name (`agent.run_async`) it gives a promise in Lua as well. Fields of data have one name in every language.",
    "",
    "| module | functions | |",
    "|---|---|---|",
    ...rows,
    "",
    "## Results with a name",
    "",
    "| name | | fields |",
    "|---|---|---|",
    ...records,
    "",
  ].join("\n");
}

function modulePage(module: Module): string {
  const { name, doc, aliases, functions, constants } = module;
  return [
    NOTE,
    `# \`${name}\``,
    "",
    doc,
    "",
    ...(aliases.length === 0 ? [] : [`Also found as ${codes(aliases)}.`, ""]),
    ...Object.entries(constants).map(([key, value]) => `- \`${name}.${key}\` is \`${JSON.stringify(value)}\`.`),
    ...sections(functions, name),
    ...kindsOf(module).flatMap(({ kind, methods, own, properties }) =>
      kindSection(kind, name, methods, own, properties),
    ),
  ].join("\n");
}

function kindSection(
  kind: string,
  module: string,
  methods: Functions,
  own: Functions,
  properties: Functions,
): string[] {
  const shared = Object.keys(methods).filter((name) => !Object.hasOwn(own, name));
  const fields = Object.entries(properties).map(([name, { doc, result }]) => `- \`${name}\` (\`${result}\`): ${doc}`);
  return [
    `## The handle ${kind}`,
    "",
    ...(shared.length === 0
      ? []
      : [
          `Functions of \`${module}\` that take one first are its methods: ${codes(shared.map((name) => `:${name}()`))}.`,
          "",
        ]),
    ...(fields.length === 0 ? [] : [...fields, ""]),
    ...sections(own, kind),
  ];
}

function sections(functions: Functions, owner: string): string[] {
  return Object.entries(functions).flatMap(([name, declaration]) => section(owner, name, declaration));
}

function section(owner: string, name: string, declaration: FunctionDeclaration): string[] {
  const { doc, params, result, without, awaitable, aliases, example } = declaration;
  const inJavaScript = Object.keys(throughDoor({ [name]: declaration })).length > 0;
  return [
    `## ${owner}.${name}`,
    "",
    doc,
    "",
    `| Lua | \`${cell(signature(owner, name, { ...declaration, result: "nil" }))}\` |`,
    "|---|---|",
    inJavaScript
      ? `| JavaScript | \`${cell(javaScriptCall(owner, name, declaration))}\` |`
      : "| JavaScript | the language's own promises |",
    ...Object.entries(params).map(
      ([param, type]) =>
        `| \`${param}\` | \`${cell(notationOf(type))}\`${type.optional === true ? ", optional" : ""} |`,
    ),
    `| gives | ${result === "nil" ? "nothing" : `\`${cell(result)}\``}${without === undefined ? "" : `; without \`${without.param}\` \`${without.result}\``} |`,
    ...(awaitable ? ["| waits | yes |"] : []),
    ...needsOf(declaration).map((needs) => `| capabilities | ${cell(needs)} |`),
    ...(aliases.length === 0 ? [] : [`| older names | ${codes(aliases)} |`]),
    "",
    ...(example === undefined ? [] : ["```lua", example, "```", ""]),
  ];
}

/** The notation, or the name of a table that has one, with its fields. */
function notationOf(type: Type<unknown>): string {
  const { shape, notation } = type;
  return shape?.of === "object" && shape.name !== undefined ? `${shape.name} ${notation}` : notation;
}

const codes = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");

// A bar would end the cell of a table.
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
