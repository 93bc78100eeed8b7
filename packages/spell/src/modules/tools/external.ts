import { checkedName, defined, MANIFEST_FORMAT, type ExternalRun, type Tool, type ToolManifest } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { addDiscovered, addExternal, addServer, loadTools, saveTools } from "../../run/external-tools.js";
import { jsonSchema } from "../shapes.js";
import { countCalls, statsOf } from "./counts.js";
import { describeTool, handleOf, made } from "./definition.js";

const spec = t.object(
  {
    kind: t.oneOf("process", "http", "script", "mcp", "plugin", "grpc", "ffi"),
    name: t.name,
    description: t.optional(t.string),
    parameters: t.optional(t.table),
    output: t.optional(t.table),
    version: t.optional(t.string),
    category: t.optional(t.name),
    tags: t.optional(t.list(t.string)),
    timeout: t.optional(t.duration),
    permissions: t.optional(t.list(t.string)),
    command: t.optional(t.string),
    args: t.optional(t.list(t.string)),
    url: t.optional(t.string),
    method: t.optional(t.oneOf("POST", "PUT")),
    headers: t.optional(t.table),
    file: t.optional(t.string),
  },
  "ExternalTool",
);
type Spec = ReturnType<typeof spec.check>;

const UNSUPPORTED: Readonly<Record<string, string>> = {
  plugin:
    "a plugin would be code of the host itself, outside of the sandbox; a tool of kind 'process' or 'script' is not",
  grpc: "there is no client for gRPC here; a tool of kind 'process' or 'http' can be one",
  ffi: "a native library would run inside the host; a program of kind 'process' can call it",
};

/** A field that a kind cannot be without. */
function needed<T>({ kind, name }: Spec, field: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new SpellError("INVALID_ARGUMENT", `tool '${name}' of kind '${kind}' needs '${field}'`);
}

function runOf(given: Spec): ExternalRun {
  const { kind, command, args, url, method, file } = given;
  const headers = given.headers as Record<string, string> | undefined;
  if (kind === "process") return { kind, command: needed(given, "command", command), ...defined({ args }) };
  if (kind === "http") return { kind, url: needed(given, "url", url), ...defined({ method, headers }) };
  return { kind: "script", file: needed(given, "file", file) };
}

function manifestOf(given: Spec): ToolManifest {
  const { name, description, parameters = {}, output, version, category, tags, timeout, permissions } = given;
  return {
    format: MANIFEST_FORMAT,
    name,
    description: needed(given, "description", description),
    parameters: jsonSchema(parameters),
    ...(output === undefined ? {} : { output: jsonSchema(output) }),
    ...defined({ version, category, tags, timeoutMs: timeout, permissions }),
    run: runOf(given),
  };
}

const registering =
  (run: RunContext) =>
  (tool: Tool): Tool => {
    countCalls(run);
    return run.tools.add(made(tool));
  };

const path = { path: t.optional(t.string) };
const DEFAULT_FILE = "tools.json";

/** Tools outside of the process, and what is kept of tools. */
export const external = {
  register_external: awaitable({
    doc: "Registers a tool outside of the process. kind `process`: a program (command, args) that gets a line {tool, args} as JSON and answers with a line {result} or {error}; `http`: a url that gets the arguments as JSON; `script`: a spell (file) of the spell's folder, with the arguments as its params; `mcp`: all tools of a server (command, args or url), as a list. Nothing of it can do more than the run may: a process needs its command, a URL its host, and so do redirects.",
    mayNeed: { process: "the command", network: "the host of the url", spell: "the path of the script" },
    params: { spec },
    result: "Tool or list<Tool>",
    example: `local add = tools.register_external{ kind = "script", file = "lib/add.lua", name = "add", description = "Adds",
  parameters = { properties = { a = { type = "number" }, b = { type = "number" } } } }
return add:execute({ a = 1, b = 2 })`,
    async call(run, { spec: given }, signal) {
      const fn = "tools.register_external";
      const why = UNSUPPORTED[given.kind];
      if (why !== undefined) throw new SpellError("UNSUPPORTED", `${fn}: ${why}`);
      if (given.kind !== "mcp") return handleOf(run, await addExternal(run, fn, manifestOf(given), registering(run)));
      const { command, args, url } = given;
      const config =
        url === undefined
          ? { command: needed(given, "command' or 'url", command), ...defined({ args }) }
          : { url, ...defined({ headers: given.headers as Record<string, string> | undefined }) };
      const server = { name: checkedName("server", given.name), config, signal };
      return (await addServer(run, fn, server, registering(run))).map((tool) => handleOf(run, tool));
    },
  }),
  discover: awaitable({
    doc: "Registers the tools that files NAME.tool.json describe, in the folder `dir` below the working directory and in the folders that the variable `env` lists (LLMSPELL_TOOLS without either), those of a `category` only. What is malformed, or what the run may not use, is told in the log and keeps no other from being found.",
    mayNeed: { "file.read": "the folder", env: "the variable", tools: "what the tool asks for" },
    params: {
      source: t.optional(
        t.object({ dir: t.optional(t.string), env: t.optional(t.string), category: t.optional(t.name) }, "ToolSource"),
      ),
    },
    result: "list<ToolInfo>",
    example: 'return #tools.discover({ env = "LLMSPELL_TOOLS" })',
    async call(run, { source: { dir, env, category } = {} }) {
      const variable = env ?? (dir === undefined ? "LLMSPELL_TOOLS" : undefined);
      const source = { folders: dir === undefined ? [] : [dir], variable, category };
      return (await addDiscovered(run, "tools.discover", source, registering(run))).map(describeTool);
    },
  }),
  save: awaitable({
    doc: "Writes the tools outside of the process, but those of MCP servers and of folders that a variable listed, and the statistics of all tools to a file below the working directory (tools.json); opts.encoding `binary` makes it small. A function of a spell cannot be saved.",
    needs: { "file.write": "the file" },
    params: {
      ...path,
      opts: t.optional(t.object({ encoding: t.optional(t.oneOf("json", "binary")) }, "SaveToolsOptions")),
    },
    example: 'tools.save("tools.json", { encoding = "binary" })\nreturn tools.load("tools.json").loaded',
    async call(run, { path: file = DEFAULT_FILE, opts: { encoding } = {} }) {
      await saveTools(run, "tools.save", { file, stats: statsOf(run), ...defined({ encoding }) });
      return undefined;
    },
  }),
  load: awaitable({
    doc: "Registers the tools of such a file, as far as the run may use them, and goes on with its statistics. A file that is not there holds none.",
    needs: { "file.read": "the file" },
    mayNeed: { tools: "what the tool asks for" },
    params: path,
    result: "{loaded: integer}",
    example: 'return tools.load("none.json").loaded',
    call: async (run, { path: file = DEFAULT_FILE }) => ({
      loaded: await loadTools(run, "tools.load", { file, stats: statsOf(run) }, registering(run)),
    }),
  }),
};
