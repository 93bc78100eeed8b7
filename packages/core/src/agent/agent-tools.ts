import { SpellError } from "@llmspell/errors";
import type { ToolRegistry } from "../tools/registry.js";
import { defineTool, type Tool } from "../tools/tool.js";
import type { AgentConfig } from "./agent-config.js";

export interface ToolServices {
  tools?: ToolRegistry;
}

/** The tools of a configuration. @throws SpellError as {@link withTool}. */
export function toolsOf({ name, tools = [] }: AgentConfig, services: ToolServices): readonly Tool[] {
  const found = tools.map((tool) => toolOf(tool, services));
  for (let index = 1; index < found.length; index++) {
    const twin = found[index]?.name ?? "";
    if (found.findIndex((tool) => tool.name === twin) < index) throw taken(name, twin);
  }
  return found;
}

/**
 * `tools` of an agent with one more, in a list of its own.
 *
 * @throws SpellError `ALREADY_EXISTS` for a name that is taken, `NOT_FOUND` for one that is not
 *   registered, `INVALID_ARGUMENT` for what is no tool.
 */
export function withTool(
  tools: readonly Tool[],
  given: string | Tool,
  agent: string,
  services: ToolServices,
): readonly Tool[] {
  const added = toolOf(given, services);
  if (tools.some(({ name }) => name === added.name)) throw taken(agent, added.name);
  return [...tools, added];
}

const taken = (agent: string, tool: string): SpellError =>
  new SpellError("ALREADY_EXISTS", `agent '${agent}' already has a tool named '${tool}'`);

function toolOf(given: string | Tool, { tools }: ToolServices): Tool {
  if (typeof given !== "string") return defineTool(given);
  if (tools === undefined)
    throw new SpellError("NOT_FOUND", `there is no tool named '${given}': no tools are registered`);
  return tools.get(given);
}
