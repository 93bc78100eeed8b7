import type { ScriptModule, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { perRun } from "../../run/per-run.js";

interface Included {
  readonly value: Promise<ScriptValue>;
  /** The files that it waits for. */
  readonly waitsFor: Set<string>;
}

const includedOf = perRun(() => new Map<string, Included>());

async function include(run: RunContext, name: string): Promise<ScriptValue> {
  const from = run.guest.position?.file ?? run.info.file;
  const module = await run.modules.source({ fn: "spell.include", capability: "module" }, name, from);
  const included = includedOf(run);
  if (waits(included, module.name, from))
    throw new SpellError("INVALID_STATE", `spell.include: '${module.name}' and '${from}' include each other`);
  const asking = included.get(from)?.waitsFor;
  asking?.add(module.name);
  try {
    let known = included.get(module.name);
    if (known === undefined) {
      known = { value: execute(run, module), waitsFor: new Set() };
      included.set(module.name, known);
      // What failed may be tried again.
      known.value.catch(() => included.delete(module.name));
    }
    return await known.value;
  } finally {
    asking?.delete(module.name);
  }
}

const execute = async (run: RunContext, { name, source }: ScriptModule): Promise<ScriptValue> =>
  await run.guest.run(source, { name, part: true }).result();

/** Whether `file` is, or waits for, `other`. */
function waits(included: ReadonlyMap<string, Included>, file: string, other: string): boolean {
  if (file === other) return true;
  return [...(included.get(file)?.waitsFor ?? [])].some((next) => waits(included, next, other));
}

const LIBRARY_NAME = /^[a-zA-Z_][\w-]{0,63}$/;

export const includeFunctions = {
  include: awaitable({
    doc: "Runs a file of the spell's folder in this spell, once, and gives what it returns. Paths that begin with ./ or ../ are relative to the file that asks.",
    needs: { module: "the path of the file" },
    params: { path: t.string },
    result: "any",
    example: 'return spell.include("lib/double.lua").double(21)',
    call: async (run, { path }) => await include(run, path),
  }),
  library: sync({
    doc: "Makes functions a module that the spell's files can require or import by its name; without functions, gives the module of that name.",
    params: { name: t.name, functions: t.optional(t.table) },
    result: "table",
    example: 'spell.library("math2", { double = function(n) return n * 2 end })\nreturn require "math2".double(21)',
    call({ modules }, { name, functions }): ScriptObject {
      if (functions === undefined) return modules.library(name);
      if (!LIBRARY_NAME.test(name))
        throw new SpellError("INVALID_ARGUMENT", `spell.library: '${name}' cannot be the name of a library`);
      modules.addLibrary(name, functions);
      return functions;
    },
  }),
} as const;
