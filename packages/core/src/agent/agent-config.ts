import { SpellError } from "@llmspell/errors";
import type { Hook } from "../hooks/hook.js";
import { isRecord, type JsonSchema } from "../json.js";
import type { ModelSettings } from "../models/call-model.js";
import { didYouMean } from "../suggest.js";
import type { Tool } from "../tools/tool.js";
import type { Budgets } from "./agent-loop.js";

/** How an agent is made. */
export interface AgentConfig extends ModelSettings, Budgets {
  name: string;
  description?: string;
  provider?: string;
  /** `provider:model` or a model of `provider`; the default model when left out. */
  model?: string;
  systemPrompt?: string;
  /** Tools, or names of tools in the registry. */
  tools?: readonly (string | Tool)[];
  /** Wants every answer as JSON that matches this schema. */
  schema?: JsonSchema;
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

const FIELDS: Readonly<Record<keyof AgentConfig, Check>> = {
  name: [(value) => typeof value === "string" && value.trim() !== "", "a text that is not empty"],
  description: text,
  provider: text,
  model: text,
  systemPrompt: text,
  temperature: within(0, 2),
  topP: within(0, 1),
  maxOutputTokens: count,
  stop: [(value) => Array.isArray(value) && value.every((item) => typeof item === "string"), "a list of texts"],
  tools: list,
  hooks: list,
  maxSteps: count,
  maxTokens: count,
  timeoutMs: [(value) => typeof value === "number" && value > 0 && value < 2 ** 31, "milliseconds above 0"],
  schema: [isRecord, "a JSON Schema"],
};

/** @throws SpellError `INVALID_ARGUMENT` naming the unknown or wrong field, with a near match. */
export function checkAgentConfig(config: unknown): asserts config is AgentConfig {
  if (!isRecord(config)) throw new SpellError("INVALID_ARGUMENT", "an agent's configuration must be an object");
  for (const field of Object.keys(config)) {
    if (Object.hasOwn(FIELDS, field)) continue;
    const known = Object.keys(FIELDS);
    throw new SpellError("INVALID_ARGUMENT", `an agent has no field '${field}'${didYouMean(field, known)}`, {
      details: { field, known },
    });
  }
  for (const [field, [accepts, expected]] of Object.entries(FIELDS)) {
    const value = config[field];
    if (value === undefined ? field !== "name" : accepts(value)) continue;
    throw new SpellError("INVALID_ARGUMENT", `'${field}' of an agent must be ${expected}`, { details: { field } });
  }
}
