import type { Bindings, FunctionBinding } from "../bindings.js";

/**
 * Bindings as guest libraries read them: the functions of a module or kind of handle as one
 * text, in which names are looked up. A script uses few of hundreds, and every function that is
 * there from the start is memory of each guest and copied at each reset.
 *
 * A line of an index is `name=12a` for the function with id 12, which may wait (`s`: which may not),
 * `name=a` for one of the guest library's own, and behind it `name!1` for one that takes so many
 * functions, and `older>name` for its other names.
 */
export type IndexedBindings = {
  modules: { name: string; aliases: string[]; constants: Record<string, string | number | boolean>; index: string }[];
  handles: { kind: string; index: string; properties: { name: string; id: number }[] }[];
  globals: Record<string, string>;
  roots: string[];
};

export function indexBindings({ modules, handles, globals, roots }: Bindings): IndexedBindings {
  return {
    modules: modules.map(({ name, aliases, constants, functions }) => ({
      name,
      aliases: [...aliases],
      constants: { ...constants },
      index: indexOf(functions),
    })),
    handles: handles.map(({ kind, methods, properties = [] }) => ({
      kind,
      index: indexOf(methods),
      properties: properties.map(({ name, id = 0 }) => ({ name, id })),
    })),
    globals: { ...globals },
    roots: [...roots],
  };
}

function indexOf(functions: readonly FunctionBinding[]): string {
  const lines = functions.flatMap(({ name, aliases, id, awaitable, functions: taken = 0 }) => [
    `${name}=${id ?? ""}${awaitable ? "a" : "s"}`,
    ...(awaitable && taken > 0 ? [`${name}!${taken}`] : []),
    ...aliases.map((alias) => `${alias}>${name}`),
  ]);
  return `\n${lines.join("\n")}\n`;
}
