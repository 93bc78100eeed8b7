import type { FunctionDeclaration, Module } from "../door/module.js";
import { RECORDS } from "../modules/records.js";
import { givenObject, notationOf, parseNotation, quoted, type NotedField, type Notation } from "./notation.js";
import { kindsOf, namedTables, rootFunctions, type Functions } from "./walk.js";
import { needsOf } from "./needs.js";

/** What the names of the notation are for the language server; others are classes of their name. */
const NAMES: Readonly<Record<string, string>> = {
  bytes: "string",
  duration: "number|string",
  error: "SpellError",
  list: "any[]",
  table: "table<string, any>",
};

const HEAD = `---@meta llmspell
-- The script API of llmspell, for the Lua language server (https://luals.github.io).
-- Made by \`llmspell types --language lua\`; a change belongs into the declarations it is made of.

---What the host refuses, and what it reports: the value that \`pcall\` gives.
---@class SpellError
---@field code string Stable, e.g. \`PERMISSION_DENIED\`.
---@field category string
---@field message string
---@field details table<string, any>

---The parameters of the run.
---@type table<string, any>
params = {}
`;

/** The script API as annotations for the Lua language server, to lie beside spells. */
export function luaAnnotations(modules: readonly Module[], roots: readonly string[]): string {
  const records = Object.entries(RECORDS).map(([name, { doc, fields }]) =>
    classOf(name, doc, fieldLines(parseNotation(fields))),
  );
  const tables = [...namedTables(modules, RECORDS)].map(([name, fields]) =>
    classOf(name, undefined, fieldLines(givenObject(fields))),
  );
  const [root = "llmspell"] = roots;
  const { own: ofRoot, ofModules } = rootFunctions(modules, root);
  const others = modules.filter(({ name }) => name !== root);
  const fields = others.map(({ name, doc }) => `---@field ${name} ${moduleClass(name)} ${doc}`);
  return [
    HEAD,
    ...records,
    ...tables,
    ...modules.flatMap(annotateKinds),
    ...others.map((module) =>
      annotateModule(module, Object.hasOwn(ofModules, module.name) ? ofModules[module.name] : undefined),
    ),
    `---@class llmspell\n${fields.join("\n")}\n${root} = {}\n`,
    ...annotateFunctions(ofRoot, `${root}.`, false),
    ...modules.flatMap(annotateGlobals),
  ].join("\n");
}

const moduleClass = (name: string): string => `llmspell.${name}`;

/** @param call what calling the module itself does */
function annotateModule({ name, doc, functions, constants }: Module, call: FunctionDeclaration | undefined): string {
  const calls = call === undefined ? [] : [`---@overload fun(): ${resultsOf(call)}`];
  const values = Object.entries(constants).map(([key, value]) => `---@field ${key} ${typeof value}`);
  const head = [`---${doc}`, `---@class ${moduleClass(name)}`, ...values, ...calls, `${name} = {}`].join("\n");
  return [head, "", ...annotateFunctions(functions, `${name}.`, false)].join("\n");
}

function annotateKinds(module: Module): string[] {
  return kindsOf(module).map(({ kind, methods, properties }) => {
    const fields = Object.entries(properties).map(([name, { result }]) =>
      fieldLine(name, false, luaType(parseNotation(result))),
    );
    const head = [`---@class ${kind}`, ...fields, `local ${kind} = {}`].join("\n");
    return [head, "", ...annotateFunctions(methods, `${kind}:`, true)].join("\n");
  });
}

function annotateGlobals({ name, functions, globals }: Module): string[] {
  return Object.entries(globals).flatMap(([global, fn]) => {
    if (fn === "") return global === name ? [] : [`${global} = ${name}\n`];
    return Object.hasOwn(functions, fn) ? [`${global} = ${name}.${fn}\n`] : [];
  });
}

function annotateFunctions(functions: Functions, prefix: string, isMethod: boolean): string[] {
  return Object.entries(functions).flatMap(([name, declaration]) => annotate(name, declaration, prefix, isMethod));
}

/** Words that can follow no dot in Lua, and name no parameter. */
export const LUA_KEYWORDS: ReadonlySet<string> = new Set(
  "and break do else elseif end false for function goto if in local nil not or repeat return then true until while".split(
    " ",
  ),
);

function annotate(name: string, declaration: FunctionDeclaration, prefix: string, isMethod: boolean): string[] {
  if (LUA_KEYWORDS.has(name)) return [];
  const { doc, params, result, awaitable } = declaration;
  const list = Object.entries(params).slice(isMethod && Object.values(params)[0]?.kind !== undefined ? 1 : 0);
  const lastRequired = list.findLastIndex(([, { optional }]) => optional !== true);
  const named = list.map(([param, type], index) => {
    // One that may be left out in front of a required one: the language server knows no such call.
    const mark = type.optional === true ? (index < lastRequired ? "|nil" : "?") : "";
    return { param: LUA_KEYWORDS.has(param) ? `${param}_` : param, type: luaType(notationOf(type)), mark };
  });
  const returned = result === "nil" ? [] : [`---@return ${resultsOf(declaration)}`];
  const lines = [
    `---${[doc, ...needsOf(declaration)].join(" ")}`,
    ...named.map(({ param, type, mark }) =>
      mark === "?" ? `---@param ${param}? ${type}` : `---@param ${param} ${type}${mark}`,
    ),
    ...(awaitable ? ["---@async"] : []),
    ...returned,
    `function ${prefix}${name}(${named.map(({ param }) => param).join(", ")}) end`,
    "",
  ];
  return lines;
}

/** Functions of a guest library may give several values, in words of their own. */
function resultsOf({ result: plain, without, call }: FunctionDeclaration): string {
  const result = without === undefined ? plain : `${plain} or ${without.result}`;
  if (call !== undefined) return luaType(parseNotation(result));
  return result
    .split(", ")
    .map((each) => (/^(boolean|string|number|integer|Promise|Channel|CancelToken|Task)$/.test(each) ? each : "any"))
    .join(", ");
}

const fieldLine = (name: string, optional: boolean, type: string): string =>
  `---@field ${name}${optional ? "?" : ""} ${type}`;

function classOf(name: string, doc: string | undefined, fields: readonly string[]): string {
  return [...(doc === undefined ? [] : [`---${doc}`]), `---@class ${name}`, ...fields, ""].join("\n");
}

const fieldLines = (notation: Notation): string[] =>
  notation.of === "object"
    ? notation.fields.map(({ name, optional, type }) => fieldLine(name, optional, luaType(type)))
    : [];

/** A type of the notation as an annotation. */
export function luaType(notation: Notation): string {
  switch (notation.of) {
    case "name":
      return NAMES[notation.name] ?? notation.name;
    case "text":
      return quoted(notation.text);
    case "handle":
      return `${notation.kind}|string`;
    case "list":
      return `${grouped(luaType(notation.item))}[]`;
    case "union":
      return [...new Set(notation.members.map(luaType))].join("|");
    case "object":
      return notation.name ?? inline(notation.fields);
  }
}

const inline = (fields: readonly NotedField[]): string =>
  `{ ${fields.map(({ name, optional, type }) => luaField(name, optional, luaType(type))).join(", ")} }`;

/** A field of an annotated table. */
export const luaField = (name: string, optional: boolean, type: string): string =>
  `${/^[A-Za-z_]\w*$/.test(name) ? name : `[${quoted(name)}]`}${optional ? "?" : ""}: ${type}`;

const grouped = (type: string): string => (type.includes("|") && !type.startsWith("{") ? `(${type})` : type);
