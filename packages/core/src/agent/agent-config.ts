import { SpellError } from "@llmspell/errors";
import type { Hook } from "../hooks/hook.js";
import { isRecord, type JsonSchema } from "../json.js";
import type { Memory } from "../memory/memory.js";
import type { ModelSettings, ToolChoice } from "../models/call-model.js";
import type { RetryOptions } from "../resilience/retry.js";
import type { State } from "../state/state.js";
import { didYouMean } from "../suggest.js";
import type { Tool } from "../tools/tool.js";
import type { Budgets } from "./agent-loop.js";
import type { ApprovalPolicy } from "./approval.js";
import type { FitOptions } from "./fit-context.js";
import type { Guardrail } from "./guardrails.js";
import type { Input } from "./response.js";
import type { StopCondition } from "./stop-conditions.js";

/** How an agent is made. */
export interface AgentConfig extends ModelSettings, Budgets {
  name: string;
  description?: string;
  provider?: string;
  /** `provider:model` or a model of `provider`; the default model when left out. */
  model?: string;
  /** What it is told before everything else, or what makes that at each run. */
  systemPrompt?: string | ((about: { input: Input }) => string | Promise<string>);
  /** Tools, or names of tools in the registry. */
  tools?: readonly (string | Tool)[];
  /** Wants every answer as JSON that matches this schema. */
  schema?: JsonSchema;
  /** Whether and which tools are called, until one was. */
  toolChoice?: ToolChoice;
  /** Which tools need a person's approval besides those that say so; `none` overrules them. */
  approvals?: ApprovalPolicy;
  /** What it remembers with from run to run. It then does one run at a time. */
  memory?: Memory;
  /** Data of the agent, in its snapshots; tools and hooks may use it. */
  state?: State;
  /** Check what it is told and what it answers, in order. Streamed pieces come before the check. */
  guardrails?: readonly Guardrail[];
  /** Any of them ends a run after a step, without an error. */
  stopWhen?: readonly StopCondition[];
  /** Keeps the messages within the model's context window; all are sent by default. */
  fit?: FitOptions;
  retry?: RetryOptions;
  /** Whether runs may overlap; true by default, false with a memory. */
  reentrant?: boolean;
  /** Called in every run of this agent, besides those of its context. */
  hooks?: readonly Hook[];
}

type Check = readonly [accepts: (value: unknown) => boolean, expected: string];

const text: Check = [(value) => typeof value === "string", "a text"];
const list: Check = [Array.isArray, "a list"];
const count: Check = [(value) => Number.isSafeInteger(value) && Number(value) > 0, "a whole number above 0"];
const within = (low: number, high: number): Check => [
  (value) => typeof value === "number" && value >= low && value <= high,
  `a number from ${low} to ${high}`,
];

const object: Check = [isRecord, "an object"];
const isFunction = (value: unknown): boolean => typeof value === "function";
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");
// A guardrail in the wrong place would be none, without anybody noticing.
const isGuardrail = (value: unknown): boolean =>
  isRecord(value) &&
  typeof value["name"] === "string" &&
  isFunction(value["check"]) &&
  [undefined, "input", "output", "both"].includes(value["on"] as undefined);
const isFit = (value: unknown): boolean =>
  isRecord(value) &&
  count[0](value["maxTokens"]) &&
  [undefined, "trim", "summarize"].includes(value["by"] as undefined);
const hasFunctions =
  (...names: string[]): Check[0] =>
  (value) =>
    isRecord(value) && names.every((name) => isFunction(value[name]));
const isToolChoice = (value: unknown): boolean =>
  ["auto", "none", "required"].includes(value as string) || (isRecord(value) && typeof value["tool"] === "string");

const FIELDS: Readonly<Record<keyof AgentConfig, Check>> = {
  name: [(value) => typeof value === "string" && value.trim() !== "", "a text that is not empty"],
  description: text,
  provider: text,
  model: text,
  systemPrompt: [(value) => typeof value === "string" || typeof value === "function", "a text or a function"],
  temperature: within(0, 2),
  topP: within(0, 1),
  maxOutputTokens: count,
  stop: [areTexts, "a list of texts"],
  tools: list,
  toolChoice: [isToolChoice, "auto, none, required or {tool}"],
  approvals: [(value) => value === "all" || value === "none" || areTexts(value), "all, none or a list of names"],
  memory: [hasFunctions("messages", "add", "fork"), "a memory, e.g. of createMemory()"],
  state: [hasFunctions("snapshot", "restore"), "a state, e.g. of createState()"],
  guardrails: [
    (value) => Array.isArray(value) && value.every(isGuardrail),
    "a list of {name, check, on: input, output or both}",
  ],
  stopWhen: [(value) => Array.isArray(value) && value.every(isFunction), "a list of functions"],
  fit: [isFit, "{maxTokens, by: trim or summarize, …}"],
  retry: object,
  reentrant: [(value) => typeof value === "boolean", "true or false"],
  hooks: list,
  maxSteps: count,
  maxTokens: count,
  maxCost: [(value) => typeof value === "number" && value > 0, "US dollars above 0"],
  timeoutMs: [(value) => typeof value === "number" && value > 0 && value < 2 ** 31, "milliseconds above 0"],
  schema: [isRecord, "a JSON Schema"],
};

const CHECKS: ReadonlyMap<string, Check> = new Map(Object.entries(FIELDS));

/** @throws SpellError `INVALID_ARGUMENT` naming the unknown or wrong field, with a near match. */
export function checkAgentConfig(config: unknown): asserts config is AgentConfig {
  if (!isRecord(config)) throw new SpellError("INVALID_ARGUMENT", "an agent's configuration must be an object");
  if (config["name"] === undefined) throw wrongField("name");
  for (const field of Object.keys(config)) {
    const value = config[field];
    const [accepts] = CHECKS.get(field) ?? unknownField(field);
    if (value !== undefined && !accepts(value)) throw wrongField(field as keyof AgentConfig);
  }
}

function wrongField(field: keyof AgentConfig): SpellError {
  return new SpellError("INVALID_ARGUMENT", `'${field}' of an agent must be ${FIELDS[field][1]}`, {
    details: { field },
  });
}

function unknownField(field: string): never {
  const known = Object.keys(FIELDS);
  throw new SpellError("INVALID_ARGUMENT", `an agent has no field '${field}'${didYouMean(field, known)}`, {
    details: { field, known },
  });
}
