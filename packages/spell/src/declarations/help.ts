import { SpellError } from "@llmspell/errors";
import type { FunctionDeclaration, Module } from "../door/module.js";
import { signature } from "./signature.js";
import { needsOf } from "./needs.js";

/**
 * What `llmspell modules` and `llmspell.help` say: of every module, of one, or of one function such
 * as `agent.run`.
 *
 * @throws SpellError `NOT_FOUND` that lists what there is.
 */
export function helpText(modules: readonly Module[], name?: string): string {
  return name === undefined ? listModules(modules) : describe(modules, name);
}

function listModules(modules: readonly Module[]): string {
  const width = Math.max(...modules.map((module) => module.name.length));
  const lines = modules.map(
    (module) => `${module.name.padEnd(width)}  ${module.doc} (${Object.keys(module.functions).length})`,
  );
  return [...lines, "", "Show one with: llmspell modules agent, or llmspell modules agent.run"].join("\n");
}

function describe(modules: readonly Module[], name: string): string {
  const [moduleName = "", functionName] = name.split(".");
  const module = modules.find(
    ({ name: known, aliases, methods }) =>
      known === moduleName || aliases.includes(moduleName) || Object.hasOwn(methods, moduleName),
  );
  if (module === undefined) {
    throw new SpellError(
      "NOT_FOUND",
      `there is no module '${moduleName}'; known: ${modules.map((known) => known.name).join(", ")}`,
    );
  }
  return functionName === undefined ? describeModule(module) : describeFunction(module, moduleName, functionName);
}

function describeModule(module: Module): string {
  const lines = [`${module.name}: ${module.doc}`, ""];
  const add = (owner: string, group: Readonly<Record<string, FunctionDeclaration>>): void => {
    for (const [name, declaration] of Object.entries(group)) {
      lines.push(`  ${signature(owner, name, declaration)}`, `      ${declaration.doc}`);
    }
  };
  add(module.name, module.functions);
  for (const [kind, group] of Object.entries(module.methods)) add(kind, group);
  return lines.join("\n");
}

/** `owner` is the module, or a kind of its handles such as `Conversation`. */
function describeFunction(module: Module, owner: string, name: string): string {
  const group = Object.hasOwn(module.methods, owner) ? (module.methods[owner] ?? {}) : module.functions;
  const declaration = Object.hasOwn(group, name) ? group[name] : undefined;
  const title = group === module.functions ? module.name : owner;
  if (declaration === undefined) {
    throw new SpellError(
      "NOT_FOUND",
      `there is no function '${title}.${name}'; known: ${Object.keys(group).join(", ")}`,
    );
  }
  const { doc, params, awaitable, aliases, example } = declaration;
  return [
    signature(title, name, declaration),
    "",
    doc,
    ...Object.entries(params).map(
      ([param, type]) => `  ${param}: ${type.notation}${type.optional ? " (optional)" : ""}`,
    ),
    ...(awaitable ? [`It waits; ${title}.${name}_async returns a promise instead.`] : []),
    ...needsOf(declaration, (capability) => `'${capability}'`),
    ...(aliases.length === 0 ? [] : [`Older names: ${aliases.join(", ")}`]),
    ...(example === undefined ? [] : ["", "Example:", ...example.split("\n").map((line) => `  ${line}`)]),
  ].join("\n");
}
