import {
  createAgent,
  createContext,
  createEmitter,
  defineTool,
  type Agent,
  type AgentConfig,
  type AgentResponse,
  type SpellEvent,
  type Suspension,
  type Tool,
  type ToolCallRecord,
} from "@llmspell/core";
import { scriptedModels } from "@llmspell/core/testing";
import type { Engine } from "@llmspell/engine";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { createLuaEngine } from "@llmspell/engine-lua";
import { codeMode, type CodeModeOptions } from "@llmspell/spell";
import { bundleForThread } from "./bundle.js";

export type CodeLanguage = "lua" | "javascript";

export const ENGINES: Readonly<Record<CodeLanguage, Engine>> = {
  lua: createLuaEngine(),
  javascript: createJavaScriptEngine(),
};

/** An engine whose guests have threads of their own. */
export async function engineInThreads(language: CodeLanguage): Promise<Engine> {
  const [file, create] = language === "lua" ? ["lua", createLuaEngine] : (["js", createJavaScriptEngine] as const);
  const worker = new URL(`../../packages/engine-${file}/src/${file}-worker.ts`, import.meta.url);
  return create({ isolation: "worker", threads: { module: await bundleForThread(worker) } });
}

/** The same script in both languages. */
export type Scripts = Readonly<Record<CodeLanguage, string>>;

export const LANGUAGES: readonly CodeLanguage[] = ["lua", "javascript"];

/** A tool that takes a `city`, and tells `log` of each call. */
export function cityTool(name: string, log: unknown[], more: Partial<Tool> = {}): Tool {
  return defineTool({
    name,
    description: `Does ${name}`,
    parameters: {
      type: "object",
      properties: { city: { type: "string", description: "Name of the city" } },
      required: ["city"],
      additionalProperties: false,
    },
    execute({ city }) {
      log.push(`${name} ${String(city)}`);
      return `${name} of ${String(city)}`;
    },
    ...more,
  });
}

export interface Clerk {
  readonly agent: Agent;
  /** What happened in its runs. */
  readonly events: SpellEvent[];
  /** How often the model was asked. */
  readonly turns: () => number;
}

/** An agent whose model answers with these scripts, one after the other, and then `done`. */
export function clerk(
  language: CodeLanguage,
  tools: readonly Tool[],
  scripts: readonly string[],
  { config = {}, ...options }: Partial<CodeModeOptions> & { config?: Partial<AgentConfig> } = {},
): Clerk {
  const steps = scripts.map((script, i) => ({
    toolCalls: [{ name: "run_spell", id: `s${i + 1}`, args: { script } }],
  }));
  const { models, model } = scriptedModels(...steps, "done");
  const emitter = createEmitter();
  const events: SpellEvent[] = [];
  emitter.on("**", (event) => void events.push(event));
  const mode = codeMode(tools, { engine: ENGINES[language], ...options });
  const agent = createAgent(
    { name: "clerk", tools: [mode], ...config },
    { models, context: createContext({ events: emitter }) },
  );
  return { agent, events, turns: () => model.requests.length };
}

/** What the model is told of its scripts. */
export const answers = ({ messages }: AgentResponse): string[] =>
  messages.flatMap(({ role, content }) => (role === "tool" ? [String(content)] : []));

/** The value of a script that is to end well. */
export function resultOf(response: AgentResponse): Record<string, unknown> {
  const [record] = response.toolCalls;
  if (record?.error !== undefined) throw new Error(record.error.message);
  return record?.result as Record<string, unknown>;
}

export const scriptCall = ({ toolCalls }: AgentResponse): ToolCallRecord => toolCalls[0] as ToolCallRecord;

/** Runs one script. */
export const runOnce = async (
  language: CodeLanguage,
  tools: readonly Tool[],
  script: string,
  options?: Parameters<typeof clerk>[3],
): Promise<AgentResponse> => await clerk(language, tools, [script], options).agent.run("go");

/** The suspension, as another process reads it. */
export function stored({ suspension }: AgentResponse): Suspension {
  if (suspension === undefined) throw new Error("the run is not suspended");
  return JSON.parse(JSON.stringify(suspension)) as Suspension;
}
