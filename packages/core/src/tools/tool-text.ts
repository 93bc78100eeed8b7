import { stringifyJson } from "../formats/json.js";
import { defined, isRecord, type JsonSchema } from "../json.js";
import type { Tool } from "./tool.js";

/** What a server of the Model Context Protocol says of a tool, as of its revision 2025-06-18. */
export interface McpToolDefinition {
  name: string;
  description: string;
  inputSchema: JsonSchema;
  outputSchema?: JsonSchema;
}

export function mcpDefinition({ name, description, parameters, output }: Tool): McpToolDefinition {
  return { name, description, inputSchema: parameters, ...defined({ outputSchema: output }) };
}

/** A page on a tool, in Markdown. */
export function toolMarkdown(tool: Tool): string {
  const { name, description, parameters, version, category, tags = [], permissions = [], examples = [] } = tool;
  const facts = [
    ["Version", version],
    ["Category", category],
    ["Tags", tags.join(", ")],
    ["Needs", permissions.join(", ")],
  ].filter(([, value]) => value !== undefined && value !== "");
  const properties = isRecord(parameters["properties"]) ? Object.entries(parameters["properties"]) : [];
  const required: readonly unknown[] = Array.isArray(parameters["required"]) ? parameters["required"] : [];
  return [
    `# ${name}`,
    description,
    ...(facts.length === 0 ? [] : [facts.map(([label, value]) => `- ${label}: ${value}`).join("\n")]),
    ...(properties.length === 0 ? [] : ["## Parameters", properties.map(parameter(required)).join("\n")]),
    ...(tool.output === undefined ? [] : ["## Result", fenced(tool.output)]),
    ...(examples.length === 0 ? [] : ["## Examples"]),
    ...examples.flatMap(({ description: about, args, result }) => [
      ...(about === undefined ? [] : [about]),
      fenced(result === undefined ? { args } : { args, result }),
    ]),
  ].join("\n\n");
}

const parameter =
  (required: readonly unknown[]) =>
  ([name, schema]: [string, unknown]): string => {
    const { type, description } = isRecord(schema) ? schema : {};
    const notes = [type, required.includes(name) ? "required" : undefined].filter((note) => typeof note === "string");
    const text = typeof description === "string" ? `: ${description}` : "";
    return `- \`${name}\`${notes.length === 0 ? "" : ` (${notes.join(", ")})`}${text}`;
  };

const fenced = (value: unknown): string => `\`\`\`json\n${stringifyJson(value, { indent: 2 })}\n\`\`\``;
