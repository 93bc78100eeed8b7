import { bounded, defined, defineTool, SuspendedCall, type Tool, type ToolContext } from "@llmspell/core";
import type { Bindings, Engine, Guest, GuestOptions, Tenant } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { Account, hire } from "../run/account.js";
import { loadEngine, type LazyEngine } from "../run/engines.js";
import { stopWith } from "../run/stop-with.js";
import { describeCodeMode, type DescriptionLimits } from "./description.js";
import { scriptNames, type CodeLanguage, type ScriptName } from "./names.js";
import { checkSavedScript, ScriptRun, type SavedScript } from "./script-run.js";
import { scriptBindings, ToolCatalog } from "./tool-catalog.js";
import { failureInWords } from "./words.js";

/** What a script of a model may use. Every limit is on by default. */
export interface CodeModeLimits {
  /** Units of work; 1,000,000,000 by default. */
  fuel?: number;
  /** Bytes of memory; 64 MB by default. */
  memoryBytes?: number;
  /** Milliseconds, calls and questions that are answered at once included, but not the time that it is suspended; 300,000 by default. */
  timeMs?: number;
  /** Calls of tools, `search` and `describe`; 200 by default. */
  calls?: number;
  /** Calls of tools at the same time, the others wait in line; 10 by default. */
  parallel?: number;
  /** Characters that it prints and the model sees; 10,000 by default. A script that prints a hundred times as much is ended. */
  consoleCharacters?: number;
  /** Characters of its result, as JSON, that the model sees; 20,000 by default. */
  resultCharacters?: number;
}

export interface CodeModeOptions {
  /** Of the language that scripts are written in. One that is loaded when it is needed says its name before. */
  engine: Engine | LazyEngine;
  /** What the tool is called; `run_spell` by default. */
  name?: string;
  limits?: CodeModeLimits;
  /** Up to so many tools are declared in full in the description; of more it has lines, and scripts `search` and `describe`. 20 by default. */
  declared?: number;
  /** The most characters that the description takes for tools; 12,000 by default. */
  descriptionCharacters?: number;
  /** Whom scripts run for; the tenant's limits hold as well. */
  tenant?: Tenant;
  /** Who pays for the scripts, e.g. the spell whose agent wrote them: they use no more than it has left. Default: nobody. */
  payer?: Account;
}

const LIMITS: Required<CodeModeLimits> = {
  fuel: 1_000_000_000,
  memoryBytes: 64 * 1024 * 1024,
  timeMs: 300_000,
  calls: 200,
  parallel: 10,
  consoleCharacters: 10_000,
  resultCharacters: 20_000,
};

const insides = new WeakMap<object, readonly Tool[]>();

/** The tools that scripts of a `run_spell` call; undefined for any other tool. */
export const toolsInside = (tool: Tool): readonly Tool[] | undefined => insides.get(tool.parameters);

/**
 * One tool, `run_spell`, in the place of many: the model writes a script that calls them as functions.
 * The script runs in a guest of its own (level `strict`) that has no other powers. Each call is one
 * as of the model itself, with its hooks, events, powers and approval, under the id of the script's
 * call and a number (`c1.3`). While calls wait for approval the guest is a snapshot in the
 * {@link Suspension} of the run, and goes on from there: nothing runs again.
 *
 * The tool gives `{ result, console?, calls?, notes? }`: what the script returned, what it printed, how often it
 * called which tool, and what else the model should know. It fails with what the script fails with,
 * in words for the model: `SCRIPT_ERROR`, `SYNTAX_ERROR`, `LIMIT_*`, `SNAPSHOT_INVALID` when the engine
 * is not the one that saved the script.
 *
 * @example
 * const agent = createAgent({ name: "clerk", tools: [codeMode(tools, { engine: createLuaEngine() })] }, { models });
 * @throws SpellError `UNSUPPORTED` for an engine of another language, `ALREADY_EXISTS` for two tools of one name,
 *   `INVALID_ARGUMENT` for a limit that is no number above 0.
 */
export function codeMode(tools: readonly Tool[], options: CodeModeOptions): Tool {
  const { engine, name = "run_spell", declared = 20, descriptionCharacters = 12_000 } = options;
  const language = languageOf(engine.name);
  const limits = resolveCodeLimits(options.limits);
  const own = [...tools];
  const twice = own.find(({ name: each }, i) => own.findIndex((other) => other.name === each) < i);
  if (twice !== undefined) throw new SpellError("ALREADY_EXISTS", `there are two tools named '${twice.name}'`);
  const names = scriptNames(
    own.map((tool) => tool.name),
    language,
  );
  const shown: DescriptionLimits = { declared, characters: descriptionCharacters };
  const parameters = {
    type: "object",
    properties: { script: { type: "string", minLength: 1, description: `The script, in ${TITLES[language]}` } },
    required: ["script"],
    additionalProperties: false,
  };
  const mode: CodeMode = { tools: own, language, limits, options, names, bindings: scriptBindings(names, language) };
  insides.set(parameters, own);
  return defineTool({
    name,
    description: describeCodeMode(new ToolCatalog(names, own, language), language, shown),
    parameters,
    category: "code",
    execute: async ({ script }, context) => await runScript(mode, String(script), context),
  });
}

const TITLES: Readonly<Record<CodeLanguage, string>> = { lua: "Lua 5.4", javascript: "JavaScript" };

/** @throws SpellError `UNSUPPORTED` */
function languageOf(engine: string): CodeLanguage {
  if (engine === "lua" || engine === "javascript") return engine;
  throw new SpellError("UNSUPPORTED", `scripts of models are in lua or javascript, not in ${engine}`);
}

function resolveCodeLimits(given: CodeModeLimits = {}): Required<CodeModeLimits> {
  for (const [limit, value] of Object.entries(given)) {
    if (!Object.hasOwn(LIMITS, limit))
      throw new SpellError("INVALID_ARGUMENT", `code mode has no limit '${limit}'`, {
        details: { known: Object.keys(LIMITS) },
      });
    if (value !== undefined && !(value >= 1))
      throw new SpellError("INVALID_ARGUMENT", `the limit ${limit} of code mode must be a number of at least 1`);
  }
  return { ...LIMITS, ...defined(given) };
}

interface CodeMode {
  readonly tools: readonly Tool[];
  readonly language: CodeLanguage;
  readonly limits: Required<CodeModeLimits>;
  readonly options: CodeModeOptions;
  readonly names: readonly ScriptName[];
  /** One object, so that the engine pools under it. */
  readonly bindings: Bindings;
}

async function runScript(mode: CodeMode, source: string, context: ToolContext): Promise<unknown> {
  const { options, limits, language } = mode;
  const engine = await loadEngine(options.engine);
  const state = context.nested?.state;
  const saved = state === undefined ? undefined : checkSavedScript(state);
  const names = saved?.names ?? mode.names;
  const { parallel, consoleCharacters, resultCharacters } = limits;
  const script = new ScriptRun(
    { engine, language, context, parallel, consoleCharacters, catalog: new ToolCatalog(names, mode.tools, language) },
    saved,
  );
  try {
    using account = await guestFor(mode, engine, script, saved, context.signal);
    const { guest } = account;
    // It may have waited in line for its guest.
    using _stop = stopWith(guest, context.signal, new SpellError("CANCELLED", "the call was cancelled"));
    const ended = await script.run(guest, source);
    if (ended instanceof SuspendedCall) return ended;
    const printed = script.console.toString();
    const notes = [...script.notes];
    if (ended.value === "null" && printed === "")
      notes.push("The script returned nothing and printed nothing: end it with `return value`.");
    return {
      ...resultIn(ended.value, resultCharacters, notes),
      ...(printed === "" ? {} : { console: printed }),
      ...(Object.keys(script.calls).length === 0 ? {} : { calls: { ...script.calls } }),
      ...(notes.length === 0 ? {} : { notes }),
    };
  } catch (thrown) {
    throw failureInWords(thrown, { source, language, names, calls: script.calls, printed: script.console.toString() });
  }
}

/** The value that a script gives, or the begin of its text when it is longer than the model shall see. */
function resultIn(json: string, most: number, notes: string[]): { result: unknown } {
  if (json.length <= most) return { result: JSON.parse(json) as unknown };
  notes.push(`The result is ${json.length} characters of JSON, and at most ${most} are shown: return less.`);
  return { result: bounded(json, most) };
}

async function guestFor(
  mode: CodeMode,
  engine: Engine,
  { host }: ScriptRun,
  saved: SavedScript | undefined,
  signal: AbortSignal,
): Promise<Account> {
  const { tenant, payer } = mode.options;
  const shared = { host, sandbox: "strict", ...defined({ tenant }) } as const;
  const { fuel, memoryBytes, timeMs, calls, consoleCharacters } = mode.limits;
  if (saved === undefined) {
    const limits = { fuel, memoryBytes, timeMs, hostCalls: calls, outputBytes: 100 * consoleCharacters };
    return await hire(engine, { ...shared, bindings: mode.bindings, limits }, { payer, signal });
  }
  if (saved.language !== mode.language)
    throw new SpellError(
      "SNAPSHOT_INVALID",
      `the script is in ${saved.language}, and scripts are in ${mode.language} now`,
    );
  const bindings = sameNames(saved.names, mode.names) ? mode.bindings : scriptBindings(saved.names, mode.language);
  const snapshot = Buffer.from(saved.snapshot, "base64");
  // It goes on with the limits that it has.
  const restore = ({ limits: _limits, ...options }: GuestOptions): Guest => engine.restore(snapshot, options);
  return Account.open({ ...shared, bindings, limits: { memoryBytes } }, restore, { payer });
}

const sameNames = (a: readonly ScriptName[], b: readonly ScriptName[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
