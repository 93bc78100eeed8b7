import { SpellError } from "@llmspell/errors";
import { MODULES, type FunctionDeclaration, type Module } from "@llmspell/spell";

/** `llmspell modules [name]`: every module, one module, or one function such as `agent.run`. */
export function modulesCommand(name?: string): void {
  process.stdout.write(`${name === undefined ? listModules() : describe(name)}\n`);
}

function listModules(): string {
  const width = Math.max(...MODULES.map((module) => module.name.length));
  const lines = MODULES.map((module) => `${module.name.padEnd(width)}  ${module.doc} (${Object.keys(module.functions).length})`);
  return [...lines, "", "Show one with: llmspell modules agent, or llmspell modules agent.run"].join("\n");
}

function describe(name: string): string {
  const [moduleName = "", functionName] = name.split(".");
  const module = MODULES.find((candidate) => candidate.name === moduleName || candidate.aliases.includes(moduleName));
  if (module === undefined) {
    throw new SpellError("NOT_FOUND", `there is no module '${moduleName}'; known: ${MODULES.map((known) => known.name).join(", ")}`);
  }
  return functionName === undefined ? describeModule(module) : describeFunction(module, functionName);
}

/** `agent.run(agent, input, opts?) → Response` */
function signature(owner: string, name: string, { params, result }: FunctionDeclaration): string {
  const list = Object.entries(params).map(([param, type]) => (type.optional ? `${param}?` : param));
  return `${owner}.${name}(${list.join(", ")})${result === "nil" ? "" : ` → ${result}`}`;
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

function describeFunction(module: Module, name: string): string {
  const declaration = Object.hasOwn(module.functions, name) ? module.functions[name] : undefined;
  if (declaration === undefined) {
    throw new SpellError("NOT_FOUND", `there is no function '${module.name}.${name}'; known: ${Object.keys(module.functions).join(", ")}`);
  }
  const { doc, params, awaitable, capability, aliases, example } = declaration;
  return [
    signature(module.name, name, declaration),
    "",
    doc,
    ...Object.entries(params).map(([param, type]) => `  ${param}: ${type.notation}${type.optional ? " (optional)" : ""}`),
    ...(awaitable ? [`It waits; ${module.name}.${name}_async returns a promise instead.`] : []),
    ...(capability === undefined ? [] : [`It needs the capability '${capability}'.`]),
    ...(aliases.length === 0 ? [] : [`Older names: ${aliases.join(", ")}`]),
    ...(example === undefined ? [] : ["", "Example:", ...example.split("\n").map((line) => `  ${line}`)]),
  ].join("\n");
}
