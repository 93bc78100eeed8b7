import { SpellError } from "@llmspell/errors";
import { isRecord, tryParseJson, type JsonSchema } from "../../json.js";
import { describeErrors, validateJson } from "../../schema/validate.js";

/** How a server of the Model Context Protocol is reached: as a process, or at a URL (streamable HTTP). */
export type McpServerConfig =
  | { command: string; args?: string[]; env?: Record<string, string>; cwd?: string }
  | { url: string; headers?: Record<string, string> };

const TEXT_MAP = { type: "object", additionalProperties: { type: "string" } };
const SERVER: JsonSchema = {
  type: "object",
  properties: { type: { enum: ["stdio", "http", "streamable-http"] } },
  oneOf: [
    {
      properties: {
        type: { const: "stdio" },
        command: { type: "string", minLength: 1 },
        args: { type: "array", items: { type: "string" } },
        env: TEXT_MAP,
        cwd: { type: "string" },
      },
      required: ["command"],
    },
    {
      properties: {
        type: { enum: ["http", "streamable-http"] },
        url: { type: "string", minLength: 1 },
        headers: TEXT_MAP,
      },
      required: ["url"],
    },
  ],
};

/**
 * The servers that a `.mcp.json` lists under `mcpServers`. `${NAME}` and `${NAME:-default}`
 * in its texts stand for variables of `env`. A malformed server is an error in its place.
 *
 * @throws SpellError `VALIDATION_FAILED` when the file as a whole is malformed.
 */
export async function parseMcpConfig(
  text: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Record<string, McpServerConfig | SpellError>> {
  const data = tryParseJson(text)?.value;
  const servers = isRecord(data) ? data["mcpServers"] : undefined;
  if (!isRecord(servers)) throw new SpellError("VALIDATION_FAILED", "a .mcp.json is JSON with an object 'mcpServers'");
  const entries = Object.entries(servers).map(
    async ([name, server]): Promise<[string, McpServerConfig | SpellError]> => {
      try {
        return [name, await parseServer(name, server, env)];
      } catch (error) {
        return [name, error as SpellError];
      }
    },
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function parseServer(
  name: string,
  server: unknown,
  env: Readonly<Record<string, string | undefined>>,
): Promise<McpServerConfig> {
  const { valid, errors } = await validateJson(SERVER, server);
  if (!valid)
    throw new SpellError("VALIDATION_FAILED", `the MCP server '${name}' is malformed: ${describeErrors(errors)}`);
  const { type: _type, ...config } = expanded(server, name, env) as { type?: string } & McpServerConfig;
  return config;
}

function expanded(value: unknown, name: string, env: Readonly<Record<string, string | undefined>>): unknown {
  if (Array.isArray(value)) return value.map((item) => expanded(item, name, env));
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, expanded(item, name, env)]));
  if (typeof value !== "string") return value;
  return value.replaceAll(/\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}/g, (_whole, variable: string, otherwise?: string) => {
    const found = env[variable] ?? otherwise;
    if (found !== undefined) return found;
    throw new SpellError("VALIDATION_FAILED", `the MCP server '${name}' needs the variable '${variable}'`);
  });
}
