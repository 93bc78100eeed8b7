import { SpellError } from "@llmspell/errors";
import { isMethodOf, kindsIn, type FunctionDeclaration, type Module } from "../door/module.js";
import type { Type } from "../door/types.js";

/** What the parts of an editor's or reader's view of the script API walk over. */
export type Functions = Readonly<Record<string, FunctionDeclaration>>;

/** Those that every engine offers; what passes no door may be part of the guest library of some only. */
export const throughDoor = (functions: Functions): Functions =>
  Object.fromEntries(
    Object.entries(functions).filter(([, { call, everywhere }]) => call !== undefined || everywhere === true),
  );

/** Functions of the object that holds all modules; one with the name of a module is called by calling that. */
export function rootFunctions(modules: readonly Module[], root: string): { own: Functions; ofModules: Functions } {
  const all = Object.entries(modules.find(({ name }) => name === root)?.functions ?? {});
  const names = new Set(modules.map(({ name }) => name));
  return {
    own: Object.fromEntries(all.filter(([name]) => !names.has(name))),
    ofModules: Object.fromEntries(all.filter(([name]) => names.has(name))),
  };
}

/** A kind of handles: its methods, whose first parameter is the handle where `own` does not have them, and its fields. */
export interface KindOfHandle {
  readonly kind: string;
  readonly methods: Functions;
  /** Methods that are no functions of the module. */
  readonly own: Functions;
  readonly properties: Functions;
}

export function kindsOf(module: Module): KindOfHandle[] {
  const { functions, methods, properties } = module;
  return kindsIn(module).map((kind) => {
    const taking = Object.entries(functions).filter(([, declaration]) => isMethodOf(module, kind, declaration));
    const own = methods[kind] ?? {};
    return { kind, methods: { ...Object.fromEntries(taking), ...own }, own, properties: properties[kind] ?? {} };
  });
}

const signature = (fields: NamedFields): string =>
  JSON.stringify(Object.entries(fields).map(([name, { notation, optional }]) => [name, notation, optional]));

export type NamedFields = Readonly<Record<string, Type<unknown>>>;

/**
 * The tables with a name that functions take, by that name, but for those in `known`.
 *
 * @throws SpellError `INTERNAL` for a name that stands for two of them, or for a kind of handles.
 */
export function namedTables(modules: readonly Module[], known: object): Map<string, NamedFields> {
  const found = new Map<string, NamedFields>();
  const kinds = new Set(modules.flatMap(kindsIn));
  const add = (name: string, fields: NamedFields): void => {
    const other = found.get(name);
    if (kinds.has(name) || (other !== undefined && signature(other) !== signature(fields)))
      throw new SpellError("INTERNAL", `'${name}' is the name of different things that functions take`);
    found.set(name, fields);
  };
  const look = ({ shape }: Type<unknown>): void => {
    if (shape?.of === "list") look(shape.item);
    if (shape?.of === "union") shape.types.forEach(look);
    if (shape?.of !== "object") return;
    Object.values(shape.fields).forEach(look);
    if (shape.name !== undefined && !Object.hasOwn(known, shape.name)) add(shape.name, shape.fields);
  };
  for (const { functions, methods } of modules) {
    for (const group of [functions, ...Object.values(methods)]) {
      for (const { params } of Object.values(group)) Object.values(params).forEach(look);
    }
  }
  return found;
}
