import { SpellError } from "@llmspell/errors";
import { matchesGlob } from "../glob.js";
import { didYouMean } from "../suggest.js";
import { configureTool, type ToolSettings } from "./configure-tool.js";
import { defineTool, type Tool } from "./tool.js";

/** Which tools are wanted; every given field must fit. */
export interface ToolFilter {
  /**
   * With `*` a pattern for the whole name, e.g. `file_*`; else words that each
   * occur in the name, the description or the tags. Case is no difference.
   */
  search?: string;
  category?: string;
  /** All of these. */
  tags?: readonly string[];
  features?: readonly string[];
  /** Only tools that declare to need nothing beyond these powers. */
  permissions?: readonly string[];
  /** Also those that are disabled. */
  disabled?: boolean;
}

/** Tools by name, in the order they were added. A disabled one is invisible until it is enabled again. */
export interface ToolRegistry {
  /** @throws SpellError `ALREADY_EXISTS` unless `override`; `INVALID_ARGUMENT` for a bad definition. */
  add(tool: Tool, options?: { override?: boolean }): Tool;
  /** @throws SpellError `NOT_FOUND` with the known names. */
  get(name: string): Tool;
  has(name: string): boolean;
  /**
   * How a tool behaves for all who get it from here from now on, in place of earlier settings;
   * none takes them away.
   *
   * @throws SpellError `NOT_FOUND`, `INVALID_ARGUMENT` naming what is wrong with the settings.
   */
  configure(name: string, settings?: ToolSettings): Tool;
  /** Whether there was such a tool. */
  remove(name: string): boolean;
  list(filter?: ToolFilter): Tool[];
  /** @throws SpellError `NOT_FOUND` with the known names. */
  enable(name: string): void;
  /** @throws SpellError `NOT_FOUND` with the known names. */
  disable(name: string): void;
}

export function createToolRegistry(initial: readonly Tool[] = []): ToolRegistry {
  const tools = new Map<string, Tool>();
  // As they were added, of those that have settings.
  const originals = new Map<string, Tool>();
  const disabled = new Set<string>();
  const visible = (): string[] => [...tools.keys()].filter((name) => !disabled.has(name));
  const missing = (name: string): SpellError => {
    const known = visible();
    return new SpellError("NOT_FOUND", `there is no tool named '${name}'${didYouMean(name, known)}`, {
      details: { name, known },
    });
  };
  const registry: ToolRegistry = {
    add(definition, { override = false } = {}) {
      const tool = defineTool(definition);
      if (!override && tools.has(tool.name)) {
        throw new SpellError("ALREADY_EXISTS", `there already is a tool named '${tool.name}'`, {
          details: { name: tool.name },
        });
      }
      tools.set(tool.name, tool);
      originals.delete(tool.name);
      return tool;
    },
    configure(name, settings) {
      const original = originals.get(name) ?? tools.get(name);
      if (original === undefined) throw missing(name);
      const tool = settings === undefined ? original : configureTool(original, settings);
      tools.set(name, tool);
      if (settings === undefined) originals.delete(name);
      else originals.set(name, original);
      return tool;
    },
    get(name) {
      const tool = disabled.has(name) ? undefined : tools.get(name);
      if (tool === undefined) throw missing(name);
      return tool;
    },
    has: (name) => tools.has(name) && !disabled.has(name),
    remove(name) {
      disabled.delete(name);
      originals.delete(name);
      return tools.delete(name);
    },
    list(filter = {}) {
      checkSearch(filter);
      return [...tools.values()].filter(
        (tool) => (filter.disabled === true || !disabled.has(tool.name)) && fits(tool, filter),
      );
    },
    enable(name) {
      if (!tools.has(name)) throw missing(name);
      disabled.delete(name);
    },
    disable(name) {
      if (!tools.has(name)) throw missing(name);
      disabled.add(name);
    },
  };
  for (const tool of initial) registry.add(tool);
  return registry;
}

/** It is looked for in every tool. */
const LONGEST_SEARCH = 5000;

function checkSearch({ search = "" }: ToolFilter): void {
  if (search.length > LONGEST_SEARCH)
    throw new SpellError("INVALID_ARGUMENT", `a search for tools has at most ${LONGEST_SEARCH} characters`);
}

function fits(tool: Tool, { search, category, tags, features, permissions }: ToolFilter): boolean {
  return (
    (category === undefined || tool.category === category) &&
    includesAll(tool.tags, tags) &&
    includesAll(tool.features, features) &&
    (permissions === undefined || (tool.permissions !== undefined && includesAll(permissions, tool.permissions))) &&
    (search === undefined || matches(tool, search.toLowerCase()))
  );
}

function includesAll(have: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return wanted.every((item) => have.includes(item));
}

function matches({ name, description, tags = [] }: Tool, search: string): boolean {
  if (search.includes("*")) return matchesGlob(search, name.toLowerCase());
  const text = [name, description, ...tags].join("\n").toLowerCase();
  return search.split(/\s+/).every((word) => text.includes(word));
}
