import {
  createScriptedModel,
  type ModelPool,
  type NewProvider,
  type ProviderInfo,
  type ScriptedAnswer,
  type ScriptedStep,
} from "@llmspell/core";
import { FunctionRef, type ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";

const secret = t.union(t.string, t.object({ env: t.string }));

export const configFields = {
  type: t.optional(t.string),
  name: t.optional(t.string),
  api_key: t.optional(secret),
  base_url: t.optional(t.string),
  headers: t.optional(t.table),
  default_model: t.optional(t.string),
  embedding_model: t.optional(t.string),
  options: t.optional(t.table),
  limits: t.optional(t.table),
};

/** What a provider is configured with. A key is a text, or the name of an environment variable: `{ env = "MY_KEY" }`. */
export const configType = t.object(configFields, "ProviderConfig");
export type ScriptConfig = ReturnType<typeof configType.check>;

const answer = t.object(
  {
    content: t.optional(t.string),
    text: t.optional(t.string),
    chunks: t.optional(t.list(t.string)),
    tool_calls: t.optional(t.list(t.object({ name: t.string, args: t.optional(t.any), id: t.optional(t.string) }))),
    finish_reason: t.optional(t.oneOf("stop", "length", "content-filter", "tool-calls", "error", "other")),
    error: t.optional(t.string),
    delay: t.optional(t.duration),
    usage: t.optional(
      t.object({ prompt_tokens: t.optional(t.integer(0)), completion_tokens: t.optional(t.integer(0)) }),
    ),
  },
  "MockResponse",
);
const answered = t.union(t.string, answer);
const step = t.union(t.string, t.fn, answer);

/** What a scripted provider says: to the first call the first, and so on; or a function that answers every call. */
export const responsesType = t.union(t.fn, t.list(step));
type Answer = ReturnType<typeof answer.check>;
type Step = string | FunctionRef | Answer;

/** Providers as a spell may see them: never a key, an address or a header. */
export function describe(info: ProviderInfo): ScriptObject {
  return {
    name: info.name,
    type: info.type,
    configured: info.configured,
    default_model: info.defaultModel ?? null,
    capabilities: info.capabilities,
  };
}

const asProvider = ({ name }: ModelPool): ProviderInfo => ({
  name,
  type: "pool",
  configured: true,
  capabilities: ["chat", "streaming", "tools"],
});

export function allProviders(run: RunContext): ProviderInfo[] {
  return [...run.models.list(), ...run.models.pools.list().map(asProvider)];
}

/** The name that a provider is known by. */
export const providerName = (name: string): string => (name === "gemini" ? "google" : name);

/** @throws SpellError `NOT_FOUND`. */
export function findAny(run: RunContext, name: string): ProviderInfo {
  const wanted = providerName(name);
  const found = allProviders(run).find((candidate) => candidate.name === wanted);
  if (found !== undefined) return found;
  throw new SpellError("NOT_FOUND", `there is no provider named '${name}'`, { details: { provider: name } });
}

/** A configuration as the framework has it. */
export function coreConfig(type: string, name: string, config: ScriptConfig): NewProvider {
  const { api_key, base_url, default_model, embedding_model, headers, options, limits } = config;
  const fields = {
    apiKey: api_key,
    baseURL: base_url,
    headers,
    defaultModel: default_model,
    embeddingModel: embedding_model,
    options,
    limits,
  };
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { type, name, ...Object.fromEntries(given) } as NewProvider;
}

/**
 * Whether the run may configure such a provider. A variable that goes to an address of the spell's
 * choice, or to another provider than the one that it is for, must be granted, and so must the address.
 */
export function authorizeConfig(run: RunContext, fn: string, provider: NewProvider): void {
  const { name, type, baseURL } = provider;
  run.authorize(fn, "provider", name ?? type);
  const { name: known, type: really, variables } = run.models.check(provider);
  const names = run.models.types.discover().flatMap((each) => (each.type === really ? [] : each.providers));
  const ownKey = baseURL === undefined && !names.includes(known);
  const refers = [provider.apiKey, ...Object.values(provider.headers ?? {}), ...Object.values(provider.options ?? {})];
  const free = ownKey && refers.every((value) => typeof value !== "object");
  if (baseURL !== undefined) run.authorize(fn, "network", new URL(baseURL).hostname);
  if (!free) for (const variable of variables) run.authorize(fn, "env", variable);
}

export function createProvider(
  run: RunContext,
  fn: string,
  type: string,
  name: string,
  config: ScriptConfig,
): ProviderInfo {
  const provider = coreConfig(type, name, config);
  authorizeConfig(run, fn, provider);
  return run.models.create(provider);
}

/** A provider whose answers the spell makes. */
export function createMock(
  run: RunContext,
  fn: string,
  name: string,
  responses: FunctionRef | readonly Step[],
): ProviderInfo {
  run.authorize(fn, "provider", name);
  const steps =
    responses instanceof FunctionRef ? callback(run, responses) : responses.map((each) => scriptedStep(run, each));
  const model = createScriptedModel(steps, { provider: name, modelId: "mock" });
  return run.models.register(name, { type: "custom", create: () => model, defaultModel: "mock" });
}

function scriptedStep(run: RunContext, given: Step): ScriptedStep {
  if (typeof given === "string") return given;
  return given instanceof FunctionRef ? callback(run, given) : scriptedAnswer(given);
}

function scriptedAnswer(given: Answer): ScriptedAnswer {
  const { content, text = content, chunks, tool_calls, finish_reason, error, delay, usage } = given;
  const fields = {
    text,
    chunks,
    toolCalls: tool_calls,
    finishReason: finish_reason,
    // As of a server that fails in a way of its own, which is not tried again.
    error: error === undefined ? undefined : new Error(error),
    delayMs: delay,
    usage: usage && { inputTokens: usage.prompt_tokens ?? 0, outputTokens: usage.completion_tokens ?? 0 },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Asks a function of the spell for each answer. */
function callback(run: RunContext, fn: FunctionRef): Extract<ScriptedStep, (...args: never[]) => unknown> {
  return async ({ prompt, abortSignal }, call) => {
    const messages = prompt.map(({ role, content }) => ({
      role,
      content:
        typeof content === "string" ? content : content.map((part) => (part.type === "text" ? part.text : "")).join(""),
    }));
    const last = messages.at(-1)?.content ?? "";
    const said = await run.callGuest(fn, [{ prompt: last, messages }, call], abortSignal);
    const checked = answered.check(said, ["the answer of the mock"], run.handles);
    return typeof checked === "string" ? checked : scriptedAnswer(checked);
  };
}
