import { camelCase } from "@llmspell/engine";
import type { FunctionDeclaration, Module } from "../door/module.js";
import { RECORDS } from "../modules/records.js";
import { givenObject, notationOf, parseNotation, quoted, type Notation, type NotedObject } from "./notation.js";
import { kindsOf, namedTables, rootFunctions, throughDoor, type Functions } from "./walk.js";
import { needsOf } from "./needs.js";

/** What the names of the notation are in TypeScript; others are interfaces of their name. */
const NAMES: Readonly<Record<string, string>> = {
  any: "any",
  boolean: "boolean",
  bytes: "Uint8Array",
  duration: "Duration",
  error: "SpellError",
  function: "(...args: any[]) => any",
  integer: "number",
  nil: "null",
  number: "number",
  string: "string",
  table: "Record<string, any>",
};

/** Words that cannot name a constant; a module may still export them. */
export const RESERVED: ReadonlySet<string> = new Set(
  "await break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with yield".split(
    " ",
  ),
);

const HEAD = `// The script API of llmspell, for JavaScript and TypeScript spells.
// Made by \`llmspell types\`; a change belongs into the declarations it is made of.

/** Milliseconds, or text such as "500ms", "5s", "2m", "1h". */
type Duration = number | \`\${number}\${"ms" | "s" | "m" | "h"}\`;

/** What the host refuses, and what it reports. */
interface SpellError extends Error {
  /** Stable, e.g. \`PERMISSION_DENIED\`. */
  readonly code: string;
  readonly category: string;
  readonly details: Record<string, any>;
}

type CamelCase<Name> = Name extends \`\${infer First}_\${infer Rest}\`
  ? \`\${First}\${Capitalize<CamelCase<Rest>>}\`
  : Name;
/** Names of what a function takes may be spelled in camelCase, as everywhere in JavaScript, or in snake_case. */
type Spelled<Fields> = { [Name in keyof Fields as CamelCase<Name>]: Fields[Name] } | Fields;

interface Console {
  /** Text for the standard output. */
  log(...values: any[]): void;
  /** A line of the log, with its place. */
  debug(...values: any[]): void;
  info(...values: any[]): void;
  warn(...values: any[]): void;
  error(...values: any[]): void;
}
declare var console: Console;

declare function setTimeout(fn: (...args: any[]) => void, ms?: number, ...args: any[]): number;
declare function setInterval(fn: (...args: any[]) => void, ms?: number, ...args: any[]): number;
declare function clearTimeout(timer: number | undefined): void;
declare function clearInterval(timer: number | undefined): void;
declare function queueMicrotask(fn: () => void): void;
declare function structuredClone<T>(value: T): T;
declare function atob(text: string): string;
declare function btoa(text: string): string;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((event: { type: "abort"; target: AbortSignal }) => void) | null;
  throwIfAborted(): void;
  addEventListener(
    type: "abort",
    listener: (event: { type: "abort"; target: AbortSignal }) => void,
    options?: { once?: boolean },
  ): void;
  removeEventListener(type: "abort", listener: (event: { type: "abort"; target: AbortSignal }) => void): void;
}
declare var AbortSignal: {
  prototype: AbortSignal;
  abort(reason?: any): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
  timeout(ms: number): AbortSignal;
};

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}
declare var AbortController: { prototype: AbortController; new (): AbortController };

/** What everything that waits takes. */
interface Waiting {
  /** Gives the call up; it is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** The parameters of the run. */
declare var params: Record<string, any>;
`;

const pascalCase = (name: string): string => camelCase(`_${name}`);

/** Every name under which the declarations offer a function: the language's own spelling, then the other. */
const spellings = (name: string): string[] => [...new Set([camelCase(name), name])];

/** The script API as TypeScript declarations: globals, and the modules `root` and `root/name`. */
export function typeScriptDeclarations(modules: readonly Module[], root: string): string {
  // What a guest library brings along, JavaScript has in the language: promises.
  const own = modules.map((module) => ({ ...module, functions: throughDoor(module.functions) }));
  const records = Object.entries(RECORDS).map(
    ([name, { doc, fields }]) => comment([doc]) + namedInterface(name, notedFields(parseNotation(fields))),
  );
  const handles = own.flatMap(handleInterfaces);
  const { own: ofRoot, ofModules } = rootFunctions(own, root);
  const others = own.filter(({ name }) => name !== root);
  const interfaces = others.map(({ name, doc, functions }) => {
    const call = Object.hasOwn(ofModules, name) ? ofModules[name] : undefined;
    const calls =
      call === undefined
        ? ""
        : docOf(call) +
          signaturesOf(call, false)
            .map((each) => `  ${each};\n`)
            .join("");
    return `${comment([doc])}interface ${pascalCase(name)}Module {\n${calls}${members(functions, false)}}\n`;
  });
  const rootInterface = `interface Llmspell {\n${members(ofRoot, false)}${others.map(({ name }) => `  readonly ${name}: ${pascalCase(name)}Module;\n`).join("")}}\n`;
  return [
    HEAD,
    ...records,
    ...[...namedTables(own, RECORDS)].map(([name, fields]) => namedTable(name, notedFields(givenObject(fields)))),
    ...handles,
    ...interfaces,
    rootInterface,
    globals(others, root),
    ...ambient(others, ofRoot, root),
  ].join("\n");
}

/** The name of a field, in quotes where it is no identifier. */
export const fieldName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name));

const fieldOf = (name: string, optional: boolean, type: string): string =>
  `${fieldName(name)}${optional ? "?" : ""}: ${type}`;

const namedInterface = (name: string, fields: readonly string[]): string =>
  `interface ${name} {\n${fields.map((field) => `  ${field};\n`).join("")}}\n`;

/** What functions take. */
const namedTable = (name: string, fields: readonly string[]): string =>
  isSpelled(fields)
    ? `type ${name} = Spelled<{\n${fields.map((field) => `  ${field};\n`).join("")}}>;\n`
    : namedInterface(name, fields);

function tableOf(notation: NotedObject): string {
  const fields = notedFields(notation);
  return notation.given === true && isSpelled(fields) ? `Spelled<${ofFields(fields)}>` : ofFields(fields);
}

const isSpelled = (fields: readonly string[]): boolean => fields.some((field) => /^\w*[a-z]_/.test(field));

const ofFields = (fields: readonly string[]): string => `{ ${fields.join("; ")} }`;

const notedFields = (notation: Notation): string[] =>
  notation.of === "object"
    ? notation.fields.map(({ name, optional, type }) => fieldOf(name, optional, typeScriptType(type)))
    : [];

function handleInterfaces(module: Module): string[] {
  return kindsOf(module).flatMap(({ kind, methods, properties }) => {
    const all = throughDoor(methods);
    const fields = Object.entries(throughDoor(properties)).flatMap(([name, { doc, result }]) =>
      spellings(name).map((each) => `${comment([doc], "  ")}  readonly ${each}: ${resultType(result)};\n`),
    );
    if (Object.keys(all).length + fields.length === 0) return [];
    const { next } = all;
    const piece = next && `Exclude<${resultType(next.result)}, null>`;
    const loop = piece === undefined ? "" : `  [Symbol.asyncIterator](): AsyncIterator<${piece}>;\n`;
    return [`interface ${kind} {\n  readonly kind: "${kind}";\n${fields.join("")}${members(all, true)}${loop}}\n`];
  });
}

/** @param isMethod whether the first parameter is the object itself. */
function members(functions: Functions, isMethod: boolean): string {
  return Object.entries(functions)
    .map(([name, declaration]) => {
      const signatures = signaturesOf(declaration, isMethod);
      return spellings(name)
        .map((each) => docOf(declaration) + signatures.map((signature) => `  ${each}${signature};\n`).join(""))
        .join("");
    })
    .join("");
}

function docOf(declaration: FunctionDeclaration): string {
  return comment([declaration.doc, ...needsOf(declaration)], "  ");
}

/** One for each way to leave out parameters in front of required ones, and for the one that makes another result. */
function signaturesOf(declaration: FunctionDeclaration, isMethod: boolean): string[] {
  const { without, ...rest } = declaration;
  if (without === undefined) return signatures(rest, isMethod);
  const { [without.param]: left, ...others } = declaration.params;
  const given = Object.entries(declaration.params).map(([name, type]) => [name, { ...type, optional: type !== left }]);
  return [
    ...signatures({ ...rest, params: Object.fromEntries(given) as typeof others }, isMethod),
    ...signatures({ ...rest, params: others, result: without.result }, isMethod),
  ];
}

function signatures({ params, result, awaitable }: FunctionDeclaration, isMethod: boolean): string[] {
  const list = Object.entries(params).slice(isMethod ? 1 : 0);
  const lastRequired = list.findLastIndex(([, { optional }]) => optional !== true);
  const given = resultType(result);
  const returned = awaitable ? `Promise<${given}>` : given;
  const leading = list.filter(([, { optional }], i) => optional === true && i < lastRequired);
  const ways = Array.from({ length: leading.length + 1 }, (_, n) => new Set(leading.slice(0, n)));
  return ways.map((left) => {
    const shown = list
      .filter((entry) => !left.has(entry))
      .map(([name, type]) => {
        const isOptional = type.optional === true && !leading.some(([other]) => other === name);
        return `${parameterName(name)}${isOptional ? "?" : ""}: ${typeScriptType(notationOf(type))}`;
      });
    if (awaitable) letGiveUp(shown);
    return `(${shown.join(", ")}): ${returned}`;
  });
}

/** The last parameter of what waits may hold a signal: its options, or one more. */
function letGiveUp(parameters: string[]): void {
  const last = parameters.at(-1);
  if (last?.startsWith("opts?: ") === true) parameters[parameters.length - 1] = `${last} & Waiting`;
  else parameters.push("opts?: Waiting");
}

const parameterName = (name: string): string => (RESERVED.has(name) ? `${name}_` : camelCase(name));

const resultType = (result: string): string => (result === "nil" ? "void" : typeScriptType(parseNotation(result)));

/** A type of the notation in TypeScript. */
export function typeScriptType(notation: Notation): string {
  switch (notation.of) {
    case "name":
      return NAMES[notation.name] ?? notation.name;
    case "text":
      return quoted(notation.text);
    case "handle":
      // The id of a handle stands for it.
      return `${notation.kind} | string`;
    case "list":
      return `${notation.given === true ? "readonly " : ""}${grouped(typeScriptType(notation.item))}[]`;
    case "union":
      return unionOf(notation.members.map(typeScriptType));
    case "object":
      return notation.name ?? tableOf(notation);
  }
}

const unionOf = (types: readonly string[]): string => {
  const members = types.flatMap((type) =>
    /[({]/.test(type) ? [type.includes("=>") ? `(${type})` : type] : type.split(" | "),
  );
  return [...new Set(members)].join(" | ");
};

const grouped = (type: string): string =>
  / \| |=>|^readonly /.test(type) && !type.startsWith("{") ? `(${type})` : type;

function globals(modules: readonly Module[], root: string): string {
  const lines = modules.flatMap(({ name, functions, globals: names }) => {
    const type = `${pascalCase(name)}Module`;
    const others = Object.entries(names).flatMap(([global, fn]) =>
      Object.hasOwn(functions, fn) ? [`declare var ${global}: ${type}["${fn}"];\n`] : [],
    );
    return [`declare var ${name}: ${type};\n`, ...others];
  });
  return `declare var ${root}: Llmspell;\n${lines.join("")}`;
}

/** The modules that scripts import. */
function ambient(modules: readonly Module[], ofRoot: Functions, root: string): string[] {
  const names = [...Object.keys(ofRoot).flatMap(spellings), ...modules.map(({ name }) => name)];
  const rootLines = names.map((name) => exported(name, `Llmspell["${name}"]`));
  return [
    ambientModule(root, "Llmspell", rootLines),
    ...modules.map(({ name, functions }) => {
      const type = `${pascalCase(name)}Module`;
      const lines = Object.entries(functions).flatMap(([fn, declaration]) =>
        spellings(fn).map((each) => docOf(declaration) + exported(each, `${type}["${each}"]`)),
      );
      return ambientModule(`${root}/${name}`, type, lines);
    }),
  ];
}

function ambientModule(name: string, type: string, lines: readonly string[]): string {
  return `declare module "${name}" {\n  const all: ${type};\n  export default all;\n${lines.join("")}}\n`;
}

function exported(name: string, type: string): string {
  if (!RESERVED.has(name)) return `  export const ${name}: ${type};\n`;
  return `  const ${name}_: ${type};\n  export { ${name}_ as ${name} };\n`;
}

function comment(lines: readonly string[], indent = ""): string {
  const text = lines.map((line) => line.replaceAll("*/", "*\\/"));
  return text.length === 1
    ? `${indent}/** ${text[0]} */\n`
    : `${indent}/**\n${text.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}
