import {
  connectMcp,
  createToolStore,
  discoverTools,
  externalTool,
  type ExternalServices,
  type McpServerConfig,
  type StoredTool,
  type Tool,
  type ToolManifest,
  type ToolStats,
  type ToolStoreOptions,
} from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { isSpellError, toSpellError } from "@llmspell/errors";
import { callSpell, findSpell } from "./compose.js";
import type { RunContext } from "./context.js";
import { clientOf } from "./network.js";
import { perRun } from "./per-run.js";

/** What can be saved of the tools that a run has taken in, by name. */
const storedOf = perRun(() => new Map<string, StoredTool>());

/** Registers a tool, and says what of it is kept when tools are saved. */
type Register = (tool: Tool) => Tool;

function servicesOf(run: RunContext, fn: string): ExternalServices {
  const from = run.guest.position?.file ?? run.info.file;
  return {
    http: clientOf(run),
    // A spell may have written the manifest, and a variable such as PATH decides what a program is.
    settableEnv: [],
    async script(file) {
      await findSpell(run, fn, file, from);
      return async (args, { signal }) =>
        await callSpell(run, file, args as ScriptObject, { fn: "tools.execute", from, signal });
    },
  };
}

/** @throws SpellError `PERMISSION_DENIED` unless the run may do all that the tool needs whatever its arguments are. */
function checkPowers(run: RunContext, fn: string, tool: Tool): void {
  for (const { capability, scope } of tool.capabilities?.({}) ?? []) run.authorize(fn, capability, scope);
}

/** A tool outside of the process, registered if the run may use it. */
export async function addExternal(
  run: RunContext,
  fn: string,
  manifest: ToolManifest,
  register: Register,
): Promise<Tool> {
  const tool = await externalTool(manifest, run.root, servicesOf(run, fn));
  checkPowers(run, fn, tool);
  register(tool);
  storedOf(run).set(tool.name, { manifest, folder: "." });
  return tool;
}

/** The tools of an MCP server, which is there until the run ends. */
export async function addServer(
  run: RunContext,
  fn: string,
  { name, config, signal }: { name: string; config: McpServerConfig; signal: AbortSignal },
  register: Register,
): Promise<Tool[]> {
  if ("url" in config) run.authorize(fn, "network", URL.canParse(config.url) ? new URL(config.url).hostname : "");
  else run.authorize(fn, "process", config.command);
  const connection = await connectMcp(name, "url" in config ? config : { ...config, cwd: run.root }, {
    http: clientOf(run),
    signal,
  });
  run.onEnd(() => connection[Symbol.asyncDispose]());
  return connection.tools.map(register);
}

/** Where manifests are looked for. */
export interface ToolSource {
  /** Folders below the working directory. */
  readonly folders: readonly string[];
  /** A variable of the environment that lists folders, anywhere. */
  readonly variable?: string | undefined;
  readonly category?: string | undefined;
}

/** Registers the tools that manifests describe, as far as the run may use them; the others are told in the log. */
export async function addDiscovered(
  run: RunContext,
  fn: string,
  { folders, variable, category }: ToolSource,
  register: Register,
): Promise<Tool[]> {
  for (const folder of folders) run.authorize(fn, "file.read", folder);
  if (variable !== undefined) run.authorize(fn, "env", variable);
  const services = servicesOf(run, fn);
  const below = await discoverTools({ folders, root: run.root, ...services });
  // Whoever has set the variable has chosen the folders; where they are is no business of the spell.
  const { settableEnv: _any, ...trusting } = services;
  const listed = variable === undefined ? undefined : await discoverTools({ variable, ...trusting });
  const warn = (source: string, error: unknown): void =>
    run.log("warn", `${fn}: ${source}: ${toSpellError(error).message}`, undefined);
  for (const { source, error } of below.problems) warn(`'${source}'`, error);
  for (const { source, error } of listed?.problems ?? [])
    warn(`'${source.replace(/^.*[\\/]/, "")}' of the folders in ${variable}`, error);
  const kept = new Map(below.stored.map((stored) => [stored.manifest.name, stored]));
  const added: Tool[] = [];
  for (const tool of [...below.tools, ...(listed?.tools ?? [])]) {
    if (category !== undefined && tool.category !== category) continue;
    try {
      checkPowers(run, fn, tool);
      added.push(register(tool));
    } catch (error) {
      if (!isSpellError(error)) throw error;
      warn(`the tool '${tool.name}'`, error);
      continue;
    }
    const stored = below.tools.includes(tool) ? kept.get(tool.name) : undefined;
    if (stored !== undefined) storedOf(run).set(tool.name, stored);
  }
  return added;
}

function storeOf(
  run: RunContext,
  fn: string,
  power: "file.read" | "file.write",
  file: string,
  encoding?: ToolStoreOptions["encoding"],
): ReturnType<typeof createToolStore> {
  const check = (relative: string): void => run.authorize(fn, power, relative);
  check(file);
  return createToolStore(file, { root: run.root, check, ...(encoding === undefined ? {} : { encoding }) });
}

/** Writes the tools that are outside of the process and still registered, and the statistics of all, to a file below the working directory. */
export async function saveTools(
  run: RunContext,
  fn: string,
  { file, encoding, stats }: { file: string; encoding?: ToolStoreOptions["encoding"]; stats: ToolStats },
): Promise<void> {
  const stored = [...storedOf(run)].filter(([name]) => run.tools.has(name)).map(([, each]) => each);
  await storeOf(run, fn, "file.write", file, encoding).save(stored, stats);
}

/** The inverse: tools that the run may use are registered, the others told in the log; the statistics go on. */
export async function loadTools(
  run: RunContext,
  fn: string,
  { file, stats }: { file: string; stats: ToolStats },
  register: Register,
): Promise<number> {
  const found = await storeOf(run, fn, "file.read", file).load(servicesOf(run, fn));
  let loaded = 0;
  for (const [i, tool] of found.tools.entries()) {
    try {
      checkPowers(run, fn, tool);
      register(tool);
    } catch (error) {
      if (!isSpellError(error)) throw error;
      run.log("warn", `${fn}: the tool '${tool.name}': ${error.message}`, undefined);
      continue;
    }
    const stored = found.stored[i];
    if (stored !== undefined) storedOf(run).set(tool.name, stored);
    loaded++;
  }
  stats.add(found.stats.all());
  return loaded;
}
