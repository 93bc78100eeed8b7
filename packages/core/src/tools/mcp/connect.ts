import { SpellError, isSpellError, toSpellError } from "@llmspell/errors";
import type * as Sdk from "@modelcontextprotocol/client";
import { abortError, deadline, raceAbort } from "../../abort.js";
import { createHttpClient, type HttpClient } from "../../http/client.js";
import { limitedBody } from "../../http/limited-body.js";
import { bounded, defined, isRecord } from "../../json.js";
import { keepSecrets, redact } from "../../secrets.js";
import { defineTool, type Tool, type ToolContext } from "../tool.js";
import type { McpServerConfig } from "./config.js";

/** How servers are connected to. */
export interface McpOptions {
  /** Asks servers at a URL; by default one that reaches public addresses only. */
  http?: HttpClient;
  /** The environment of servers that are processes, besides what their configuration sets; a plain PATH by default. */
  env?: Readonly<Record<string, string>>;
  /** Milliseconds for connecting and for listing the tools; 30 000 by default. */
  timeoutMs?: number;
  /** Milliseconds for one call of a tool; 120 000 by default. */
  callTimeoutMs?: number;
  /** Characters that a result may have; 1 000 000 by default. */
  maxResultCharacters?: number;
  signal?: AbortSignal;
}

// What a server sends is collected before it can be looked at.
const MAX_MESSAGE_BYTES = 10 * 1024 * 1024;
const MAX_TOOLS = 1000;
/** Milliseconds that a server may take to hear that its session is over. */
const END_SESSION_MS = 2000;

/** One connected server. */
export interface McpConnection extends AsyncDisposable {
  name: string;
  /** What it calls itself. */
  server: { name: string; version: string };
  /** Its tools, named `<server>__<tool>`. */
  tools: Tool[];
}

/**
 * Connects to a server and makes its tools ours. What the server says is not trusted:
 * schemas are checked under our own limits, results are bounded, and each call
 * needs the power `mcp` with `<server>/<tool>` as scope.
 *
 * A result is the structured content when there is one, the text when there is only
 * text, else the list of parts.
 *
 * @throws SpellError `NETWORK_ERROR` when it cannot be reached or is no such server; `TOO_LARGE`; `NOT_FOUND` for a program
 *   that is not there; `TIMEOUT`; `CANCELLED`; `PERMISSION_DENIED` by the policy of `http`.
 */
export async function connectMcp(
  name: string,
  config: McpServerConfig,
  options: McpOptions = {},
): Promise<McpConnection> {
  const { timeoutMs = 30_000, callTimeoutMs = 120_000, signal } = options;
  const { Client } = await import("@modelcontextprotocol/client");
  const ownHttp = "url" in config && options.http === undefined ? createHttpClient() : undefined;
  const client = new Client(
    { name: "llmspell", version: "1.0.0" },
    // Its own checks would compile what the server sent without a limit; `output` is checked with ours.
    {
      jsonSchemaValidator: {
        getValidator: () => (input) => ({ valid: true, data: input as never, errorMessage: undefined }),
      },
    },
  );
  keepSecrets(client, Object.values(("url" in config ? config.headers : config.env) ?? {}));
  const close = async (): Promise<void> => {
    await client.close();
    await ownHttp?.[Symbol.asyncDispose]();
  };
  using limit = deadline(`connecting to the MCP server '${name}'`, timeoutMs, signal);
  const wait = { signal: limit.signal, timeout: timeoutMs };
  try {
    await raceAbort(
      client.connect(await transportOf(config, options.http ?? ownHttp, options.env), wait),
      limit.signal,
    );
    // Asked for all the same, the SDK would write to the console of this process.
    const offersTools = client.getServerCapabilities()?.tools !== undefined;
    const { tools } = offersTools ? await raceAbort(client.listTools(undefined, wait), limit.signal) : { tools: [] };
    if (tools.length > MAX_TOOLS)
      throw new SpellError("TOO_LARGE", `the MCP server '${name}' offers more than ${MAX_TOOLS} tools`);
    const { name: own = "", version = "" } = client.getServerVersion() ?? {};
    return {
      name,
      server: { name: bounded(own, 200), version: bounded(version, 100) },
      tools: uniquelyNamed(name, tools).map(([toolName, tool]) =>
        mcpTool(client, name, toolName, tool, callTimeoutMs, options.maxResultCharacters ?? 1_000_000),
      ),
      async [Symbol.asyncDispose]() {
        await endSession(client);
        await close();
      },
    };
  } catch (error) {
    await close().catch(() => {});
    if (limit.signal.aborted) throw abortError(limit.signal);
    throw connectionError(client, name, error);
  }
}

/** Tells a server at a URL that its session is over, which it may keep else. */
async function endSession({ transport }: Sdk.Client): Promise<void> {
  if (transport === undefined || !("terminateSession" in transport)) return;
  using limit = deadline("ending the session", END_SESSION_MS);
  const told = (transport as Sdk.StreamableHTTPClientTransport).terminateSession();
  // Whatever it says: nothing is asked of it any more.
  await raceAbort(told, limit.signal).catch(() => {});
}

/** What {@link connectAllMcp} gives. */
export interface McpConnections extends AsyncDisposable {
  connections: McpConnection[];
  /** The tools of all. */
  tools: Tool[];
  /** Servers that could not be connected to. */
  problems: { server: string; error: SpellError }[];
}

/** Connects to every server at the same time. One that fails is a problem in the result and stops no other. */
export async function connectAllMcp(
  servers: Readonly<Record<string, McpServerConfig | SpellError>>,
  options: McpOptions = {},
): Promise<McpConnections> {
  const outcomes = await Promise.all(
    Object.entries(servers).map(async ([server, config]) => {
      try {
        if (isSpellError(config)) throw config;
        return await connectMcp(server, config, options);
      } catch (error) {
        return { server, error: error as SpellError };
      }
    }),
  );
  const connections = outcomes.filter((outcome) => "tools" in outcome);
  return {
    connections,
    tools: connections.flatMap(({ tools }) => tools),
    problems: outcomes.filter((outcome) => "error" in outcome),
    async [Symbol.asyncDispose]() {
      await Promise.all(connections.map((connection) => connection[Symbol.asyncDispose]()));
    },
  };
}

async function transportOf(
  config: McpServerConfig,
  http: HttpClient | undefined,
  env: McpOptions["env"],
): Promise<Sdk.Transport> {
  if ("url" in config && http !== undefined) {
    const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    if (!URL.canParse(config.url))
      throw new SpellError("INVALID_ARGUMENT", `'${bounded(config.url, 200)}' is not a URL`);
    return new StreamableHTTPClientTransport(new URL(config.url), {
      fetch: async (url, init) => limitedBody(await http.fetch(url, init), MAX_MESSAGE_BYTES),
      requestInit: { headers: config.headers ?? {} },
    });
  }
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const { command, args = [], cwd, env: own } = config as Extract<McpServerConfig, { command: string }>;
  return new StdioClientTransport({
    command,
    args,
    ...defined({ cwd }),
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...env, ...own },
    stderr: "ignore",
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
}

function mcpTool(
  client: Sdk.Client,
  server: string,
  name: string,
  tool: Sdk.Tool,
  timeoutMs: number,
  most: number,
): Tool {
  return defineTool({
    name,
    description:
      tool.description?.trim() || tool.title?.trim() || `The tool '${tool.name}' of the MCP server '${server}'`,
    category: "mcp",
    tags: [server],
    features: ["cancellable"],
    permissions: ["mcp"],
    timeoutMs,
    parameters: tool.inputSchema,
    ...defined({ output: tool.outputSchema }),
    capabilities: () => [{ capability: "mcp", scope: `${server}/${tool.name}` }],
    execute: (args, context) => call(client, server, tool, args, context, timeoutMs, most),
  });
}

async function call(
  client: Sdk.Client,
  server: string,
  { name, outputSchema }: Sdk.Tool,
  args: Record<string, unknown>,
  { signal, report }: ToolContext,
  timeout: number,
  most: number,
): Promise<unknown> {
  const answer = await client
    .callTool(
      { name, arguments: args },
      {
        signal,
        timeout,
        onprogress: ({ progress, total, message }) =>
          report?.(defined({ message, fraction: total === undefined ? undefined : Math.min(1, progress / total) })),
      },
    )
    .catch((error: unknown) => {
      if (signal.aborted) throw abortError(signal);
      if (client.transport === undefined || isEnd(error)) throw connectionEnded(server);
      throw new SpellError("TOOL_FAILED", `the MCP server refused the call: ${messageOf(client, error)}`);
    });
  if (JSON.stringify(answer).length > most)
    throw new SpellError("TOO_LARGE", `the result has more than ${most} characters`, { details: { most } });
  const texts = answer.content.map((part) => (part.type === "text" ? part.text : undefined));
  const text = texts.filter((part) => part !== undefined).join("\n");
  if (answer.isError === true)
    throw new SpellError("TOOL_FAILED", text === "" ? "the tool failed" : bounded(text, 2000));
  if (answer.structuredContent !== undefined || outputSchema !== undefined) return answer.structuredContent;
  return texts.includes(undefined) ? answer.content : text;
}

/** Names that every model takes, each once; a server decides on its own what it calls its tools. */
function uniquelyNamed(server: string, tools: readonly Sdk.Tool[]): [string, Sdk.Tool][] {
  const named = new Map<string, Sdk.Tool>();
  for (const tool of tools) {
    const plain = `${server}__${tool.name}`.replaceAll(/[^a-zA-Z0-9_-]+/g, "_").slice(0, 60);
    let name = plain;
    for (let count = 2; named.has(name); count++) name = `${plain}_${count}`;
    named.set(name, tool);
  }
  return [...named];
}

/** Of the SDK. */
const ENDS: ReadonlySet<unknown> = new Set(["NOT_CONNECTED", "CONNECTION_CLOSED"]);

function isEnd(error: unknown): boolean {
  // A session that the server at a URL does not know any more is a 404.
  return isRecord(error) && (ENDS.has(error["code"]) || error["status"] === 404);
}

/** It exited, was closed, ended the session, or sent a message that is too long. Whoever connected can do so again. */
function connectionEnded(name: string): SpellError {
  return new SpellError("NETWORK_ERROR", `the connection to the MCP server '${name}' has ended`, {
    details: { server: name, retryable: false },
  });
}

function connectionError(client: Sdk.Client, name: string, error: unknown): SpellError {
  for (let cause = error, depth = 0; isRecord(cause) && depth < 8; cause = cause["cause"], depth++) {
    if (isSpellError(cause)) return cause;
    if (cause["code"] === "ENOENT")
      return new SpellError("NOT_FOUND", `there is no program for the MCP server '${name}'`);
  }
  return new SpellError("NETWORK_ERROR", `cannot connect to the MCP server '${name}': ${messageOf(client, error)}`, {
    details: { server: name, retryable: false },
  });
}

/** A server may repeat the keys that it was given. */
function messageOf(client: Sdk.Client, error: unknown): string {
  return bounded(redact(client, toSpellError(error).message), 500);
}
