import type { Module } from "../door/module.js";
import { signature } from "./signature.js";
import { kindsOf } from "./walk.js";

/** One thing that an editor or the console can offer. */
export interface Completion {
  /** `agent.run`, or `Agent:run` for a method of a handle. */
  readonly label: string;
  readonly kind: "module" | "function" | "method" | "field" | "constant";
  /** How it is called. */
  readonly detail: string;
  readonly documentation: string;
}

/** Everything of the script API that can be completed, in order of its label. */
export function completions(modules: readonly Module[]): Completion[] {
  const all = modules.flatMap((module): Completion[] => [
    { label: module.name, kind: "module", detail: module.name, documentation: module.doc },
    ...Object.entries(module.functions).map(([name, declaration]): Completion => ({
      label: `${module.name}.${name}`,
      kind: "function",
      detail: signature(module.name, name, declaration),
      documentation: declaration.doc,
    })),
    ...Object.entries(module.constants).map(([name, value]): Completion => ({
      label: `${module.name}.${name}`,
      kind: "constant",
      detail: JSON.stringify(value),
      documentation: `A constant of ${module.name}.`,
    })),
    ...kindsOf(module).flatMap(({ kind, methods, properties }) => [
      ...Object.entries(methods).map(([name, declaration]): Completion => ({
        label: `${kind}:${name}`,
        kind: "method",
        detail: signature(kind, name, declaration),
        documentation: declaration.doc,
      })),
      ...Object.entries(properties).map(([name, { doc, result }]): Completion => ({
        label: `${kind}.${name}`,
        kind: "field",
        detail: result,
        documentation: doc,
      })),
    ]),
  ]);
  return all.toSorted((a, b) => (a.label < b.label ? -1 : 1));
}
