import { SpellError } from "@llmspell/errors";
import { sha256 } from "../hash.js";
import { createHooks, type Hooks } from "../hooks/hooks.js";
import { defined } from "../json.js";
import { NO_USAGE, type ModelRef, type Usage } from "../models/model-ref.js";
import type { Models } from "../models/models.js";
import type { ModelSettings } from "../models/call-model.js";
import { checkAgentConfig, type AgentConfig } from "./agent-config.js";
import type { Budgets } from "./agent-loop.js";
import { toolsOf, type ToolServices } from "./agent-tools.js";
import type { Tool } from "../tools/tool.js";

interface SetupServices extends ToolServices {
  models: Models;
  prices?: { costOf(usage: Usage, model: string): { total: number } | undefined };
}

/** What a configuration comes to. A change makes another one, so that a run under way keeps the one it began with. */
export interface AgentSetup {
  /** A copy: what was checked is what runs. */
  readonly config: AgentConfig;
  readonly ref: ModelRef;
  readonly hooks: Hooks | undefined;
  readonly tools: readonly Tool[];
}

/**
 * Checks a configuration, and finds the model and the tools that it names.
 *
 * @throws SpellError `INVALID_ARGUMENT` for the configuration, `NOT_FOUND` for a tool or provider,
 *   `ALREADY_EXISTS` for two tools of one name, `PROVIDER_AUTH` for a provider that is not configured.
 */
export function setUpAgent(given: AgentConfig, services: SetupServices): AgentSetup {
  checkAgentConfig(given);
  const config = { ...given };
  const ref = services.models.resolve(config.model, config.provider);
  const tools = toolsOf(config, services);
  checkPrice(config, ref, services);
  return { config, ref, tools, hooks: config.hooks && createHooks(config.hooks) };
}

/** What every request to the model has of a configuration, and the budgets. */
export function settingsOf({
  temperature,
  maxOutputTokens,
  topP,
  stop,
  maxSteps,
  maxTokens,
  maxCost,
}: AgentConfig): ModelSettings & Budgets {
  return defined({ temperature, maxOutputTokens, topP, stop, maxSteps, maxTokens, maxCost });
}

/** Changes with what a person who approves a call of this agent relies on. */
export async function bindingOf({ config: { systemPrompt, schema }, ref: { id } }: AgentSetup): Promise<string> {
  const instructions = typeof systemPrompt === "function" ? null : (systemPrompt ?? null);
  return await sha256(JSON.stringify([id, instructions, schema ?? null]));
}

/** US dollars of a model's usage, where the services know prices. */
export function costOf(
  { prices }: SetupServices,
  { id }: ModelRef,
): ((usage: Usage) => number | undefined) | undefined {
  return prices && ((usage) => prices.costOf(usage, id)?.total);
}

/** A limit in money that nobody can compute would be none. */
function checkPrice({ name, maxCost }: AgentConfig, ref: ModelRef, services: SetupServices): void {
  if (maxCost === undefined || costOf(services, ref)?.(NO_USAGE) !== undefined) return;
  throw new SpellError(
    "INVALID_ARGUMENT",
    `'maxCost' of agent '${name}' needs the price of '${ref.id}', which is not known`,
  );
}
