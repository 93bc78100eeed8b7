import { SpellError, toSpellError } from "@llmspell/errors";
import { throwIfAborted } from "../abort.js";
import type { AgentResponse } from "../agent/response.js";
import { generate, type GenerateOptions, type GenerateRequest } from "../generate.js";
import { defined } from "../json.js";
import { costOfAnswer } from "./analytics.js";
import type { Cost } from "./catalog/cost.js";
import type { Usage } from "./model-ref.js";
import type { Models } from "./models.js";

/** What one of the compared models did; either `response` or `error` is there. */
export interface Compared {
  /** `provider:model`. */
  model: string;
  response?: AgentResponse;
  error?: SpellError;
  durationMs: number;
  usage?: Usage;
  /** Undefined when the price is not known. */
  cost?: Cost;
}

export interface CompareOptions extends Omit<GenerateOptions, "onEvent"> {
  now?: () => number;
}

/**
 * Asks several models the same at the same time, for a comparison side by side. A model that
 * fails does not stop the others.
 *
 * @example
 * const results = await compareModels(models, { prompt: "Say hello" }, ["openai:gpt-5-mini", "anthropic"]);
 * results.map(({ model, durationMs, cost, response, error }) => [model, durationMs, cost?.total, response?.content ?? error?.message]);
 * @throws SpellError `NOT_FOUND`, `PROVIDER_AUTH` before anything is asked, when a model is not at
 *   hand; `CANCELLED` or the signal's own reason.
 */
export async function compareModels(
  models: Models,
  request: Omit<GenerateRequest, "model" | "provider">,
  ids: readonly string[],
  { now = () => performance.now(), ...options }: CompareOptions = {},
): Promise<Compared[]> {
  if (ids.length === 0) throw new SpellError("INVALID_ARGUMENT", "there are no models to compare");
  const refs = ids.map((id) => models.resolve(id));
  return await Promise.all(
    refs.map(async ({ id }): Promise<Compared> => {
      const started = now();
      try {
        const response = await generate(models, { ...request, model: id }, options);
        const { usage, answeredBy } = response;
        const cost = costOfAnswer(usage, answeredBy?.model ?? id, { catalog: models.catalog, answeredBy });
        return { model: id, response, durationMs: now() - started, usage, ...defined({ cost }) };
      } catch (error) {
        throwIfAborted(options.signal);
        return { model: id, error: toSpellError(error), durationMs: now() - started };
      }
    }),
  );
}
