import { SpellError } from "@llmspell/errors";
import { didYouMean } from "../suggest.js";
import { defineTool, type Tool } from "./tool.js";

/** Tools by name, in the order they were added. */
export interface ToolRegistry {
  /** @throws SpellError `ALREADY_EXISTS` unless `override`; `INVALID_ARGUMENT` for a bad definition. */
  add(tool: Tool, options?: { override?: boolean }): Tool;
  /** @throws SpellError `NOT_FOUND` with the known names. */
  get(name: string): Tool;
  has(name: string): boolean;
  /** Whether there was such a tool. */
  remove(name: string): boolean;
  list(): Tool[];
}

export function createToolRegistry(initial: readonly Tool[] = []): ToolRegistry {
  const tools = new Map<string, Tool>();
  const registry: ToolRegistry = {
    add(definition, { override = false } = {}) {
      const tool = defineTool(definition);
      if (!override && tools.has(tool.name)) {
        throw new SpellError("ALREADY_EXISTS", `there already is a tool named '${tool.name}'`, {
          details: { name: tool.name },
        });
      }
      tools.set(tool.name, tool);
      return tool;
    },
    get(name) {
      const tool = tools.get(name);
      if (tool !== undefined) return tool;
      const known = [...tools.keys()];
      throw new SpellError("NOT_FOUND", `there is no tool named '${name}'${didYouMean(name, known)}`, {
        details: { name, known },
      });
    },
    has: (name) => tools.has(name),
    remove: (name) => tools.delete(name),
    list: () => [...tools.values()],
  };
  for (const tool of initial) registry.add(tool);
  return registry;
}
