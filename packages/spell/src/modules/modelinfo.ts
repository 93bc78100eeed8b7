import {
  defined,
  exportModels,
  MODEL_CAPABILITIES,
  needsOfTask,
  rankModels,
  recommendModels,
  type ModelInfo,
  type ModelNeeds,
  type ModelPerformance,
} from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import type { RunContext } from "../run/context.js";
import { analyticsOf } from "../run/core-context.js";
import { findAny } from "./provider/describe.js";
import { scriptModel, toScript } from "./shapes.js";

const capability = t.oneOf(...MODEL_CAPABILITIES);
const criteria = t.object(
  Object.fromEntries(
    (["price", "context", "output", "capabilities", "released", "knowledge"] as const).map((name) => [
      name,
      t.optional(t.number),
    ]),
  ),
  "RankWeights",
);

const filterFields = {
  provider: t.optional(t.string),
  kind: t.optional(t.oneOf("chat", "embedding", "unknown")),
  capabilities: t.optional(t.list(capability)),
  min_context: t.optional(t.integer(1)),
  min_output: t.optional(t.integer(1)),
  max_input_price: t.optional(t.number),
  max_output_price: t.optional(t.number),
  text: t.optional(t.string),
};
const filterType = t.object(filterFields, "ModelFilter");
const needsType = t.object(
  {
    ...filterFields,
    /** USD of a call of 1000 tokens in and 1000 out. */
    max_cost: t.optional(t.number),
    providers: t.optional(t.list(t.string)),
    prefer: t.optional(criteria),
  },
  "ModelNeeds",
);

function coreNeeds(given: ReturnType<typeof needsType.check>): ModelNeeds {
  const { min_context, min_output, max_input_price, max_output_price, max_cost, ...rest } = given;
  return defined({
    ...rest,
    minContext: min_context,
    minOutput: min_output,
    maxInputPrice: max_input_price,
    maxOutputPrice: max_output_price,
    budget: max_cost === undefined ? undefined : { usd: max_cost },
  }) as ModelNeeds;
}

/** The providers of the catalog, or one that is known. */
function catalogOf(run: RunContext, provider: string | undefined): ModelInfo[] {
  const filter =
    provider === undefined
      ? {}
      : { provider: run.models.catalog.list({ provider }).length > 0 ? provider : findAny(run, provider).name };
  return run.models.catalog.list(filter);
}

/** Asks providers which models they have: all that are configured, or one. */
async function scan(run: RunContext, fn: string, provider: string | undefined, signal: AbortSignal) {
  const names =
    provider === undefined
      ? run.models.list().flatMap(({ name, configured }) => (configured ? [name] : []))
      : [findAny(run, provider).name];
  for (const name of names) run.authorize(fn, "provider", name);
  return await Promise.all(
    names.map(async (name) => {
      const before = run.models.catalog.list({ provider: name }).map(({ id }) => id);
      const { models, added } = await run.models.scan(name, { signal });
      const now = new Set(models.map(({ id }) => id));
      return { models, added, removed: before.filter((id) => !now.has(id)) };
    }),
  );
}

function performance({ p50Ms, p95Ms, inputTokens, outputTokens, errorRate, errorCodes, ...rest }: ModelPerformance) {
  return toScript({
    ...rest,
    error_rate: errorRate,
    error_codes: errorCodes,
    latency_p50: p50Ms,
    latency_p95: p95Ms,
    tokens_in: inputTokens,
    tokens_out: outputTokens,
  });
}

const models = t.list(t.string);
const provider = t.optional(t.string);

export const modelinfoModule = defineModule({
  name: "modelinfo",
  doc: "What is known of models: windows, limits, what they can do, list prices; which one is right for what, and how they did here.",
  aliases: ["models"],
  functions: {
    scan: awaitable({
      doc: "Asks the configured providers, or one, which models they have; the catalog learns those that it does not know.",
      mayNeed: { provider: "each provider that is asked" },
      params: { opts: t.optional(t.object({ provider }, "ScanOptions")) },
      result: "list<ModelInfo>",
      aliases: ["discovery_scan"],
      example: 'return modelinfo.scan({ provider = "offline" })[1].id',
      async call(run, { opts }, signal) {
        const scanned = await scan(run, "modelinfo.scan", opts?.provider, signal);
        return scanned.flatMap(({ models: found }) => found.map(scriptModel));
      },
    }),
    refresh: awaitable({
      doc: "As scan, but tells what has changed: the models that the catalog has learned, and those that it knows and their provider no longer lists.",
      mayNeed: { provider: "each provider that is asked" },
      params: { provider },
      result: "{added: list<string>, removed: list<string>}",
      aliases: ["discovery_refresh"],
      example: 'return #modelinfo.refresh("offline").added',
      async call(run, args, signal) {
        const scanned = await scan(run, "modelinfo.refresh", args.provider, signal);
        return {
          added: scanned.flatMap(({ added }) => added),
          removed: scanned.flatMap(({ removed }) => removed),
        };
      },
    }),
    get_providers: sync({
      doc: "The providers whose models the catalog knows.",
      result: "list<string>",
      aliases: ["discovery_get_providers"],
      example: "return #modelinfo.get_providers() > 0",
      call: (run) => [...new Set(run.models.catalog.list().map((info) => info.provider))],
    }),
    get_models: sync({
      doc: "The models that the catalog knows, of all providers or of one.",
      params: { provider },
      result: "list<ModelInfo>",
      aliases: ["discovery_get_models"],
      example: 'return modelinfo.get_models("offline")[1].id',
      call: (run, args) => catalogOf(run, args.provider).map(scriptModel),
    }),
    check_capability: sync({
      doc: "Whether a model can do something.",
      params: { model: t.string, capability },
      result: "boolean",
      aliases: ["capabilities_check"],
      example: 'return modelinfo.check_capability("openai:gpt-5", "tools")',
      call: (run, { model, capability: wanted }) => run.models.catalog.hasCapability(model, wanted),
    }),
    list_capabilities: sync({
      doc: "What a model can do, or everything that can be asked of models.",
      params: { model: t.optional(t.string) },
      result: "list<string>",
      aliases: ["capabilities_list"],
      example: 'return modelinfo.list_capabilities("openai:gpt-5")[1]',
      call: (run, { model }) => [
        ...(model === undefined ? MODEL_CAPABILITIES : run.models.catalog.get(model).capabilities),
      ],
    }),
    compare: sync({
      doc: "Models side by side, by the names given: for each its ModelInfo, and in `has` whether it has each capability.",
      params: { models, capabilities: t.optional(t.list(capability)) },
      result: "table",
      aliases: ["capabilities_compare"],
      example:
        'return modelinfo.compare({ "openai:gpt-5", "offline:demo" }, { "vision" })["offline:demo"].has.vision == false',
      call(run, { models: names, capabilities = MODEL_CAPABILITIES }) {
        const compared = names.map((name) => {
          const info = run.models.catalog.get(name);
          const has = Object.fromEntries(capabilities.map((each) => [each, info.capabilities.includes(each)]));
          return [name, { ...scriptModel(info), has }];
        });
        return Object.fromEntries(compared) as ScriptObject;
      },
    }),
    get_details: sync({
      doc: "All that is known of a model.",
      params: { model: t.string, provider },
      result: "ModelInfo",
      aliases: ["capabilities_get_details", "llm.model_info"],
      example: 'return modelinfo.get_details("openai:gpt-5").context_window',
      call(run, { model, provider: own }) {
        const id = own === undefined || model.startsWith(`${own}:`) ? model : `${own}:${model}`;
        return scriptModel(run.models.catalog.get(id));
      },
    }),
    find: sync({
      doc: "The best model that meets every requirement, or nil; `max_cost` is in USD, of a call of 1000 tokens in and 1000 out.",
      params: { requirements: needsType },
      result: "ModelInfo or nil",
      aliases: ["selection_find", "llm.find_model"],
      example: 'return modelinfo.find({ capabilities = { "vision", "tools" }, min_context = 200000 }).id',
      call(run, { requirements }) {
        const [best] = recommendModels(run.models.catalog, coreNeeds(requirements)).models;
        return best === undefined ? null : scriptModel(best.model);
      },
    }),
    rank: sync({
      doc: "Models in order, the best first, by price, context, output, capabilities, released or knowledge, or by several with their weights; equally good ones by id.",
      params: { criteria: t.union(t.string, criteria), models: t.optional(models) },
      result: "list<{model: string, score: number}>",
      aliases: ["selection_rank"],
      example: 'return modelinfo.rank("price", { "openai:gpt-5", "openai:gpt-5-nano" })[1].model',
      call(run, { criteria: by, models: names }) {
        const { catalog } = run.models;
        const given = names?.map((name) => catalog.get(name)) ?? catalog.list({ kind: "chat" });
        return rankModels(given, by as Parameters<typeof rankModels>[1]).map(({ model, score }) => ({
          model: model.id,
          score,
        }));
      },
    }),
    filter: sync({
      doc: "Every model of the catalog that meets all that is given; prices are in USD per million tokens.",
      params: { spec: filterType },
      result: "list<ModelInfo>",
      aliases: ["selection_filter"],
      example: 'return #modelinfo.filter({ provider = "openai", capabilities = { "embeddings" } })',
      call: (run, { spec }) => run.models.catalog.list(coreNeeds(spec)).map(scriptModel),
    }),
    recommend: sync({
      doc: "The model for a kind of work (chat, agent, code, reasoning, extraction, vision, audio, documents, summary, embeddings), why, and what else would do.",
      params: { task: t.string, constraints: t.optional(needsType) },
      result: "{model: ModelInfo or nil, reasons: list<string>, alternatives: list<string>}",
      aliases: ["selection_recommend"],
      example: 'return modelinfo.recommend("vision", { provider = "openai" }).model.id',
      call(run, { task, constraints = {} }) {
        const needs = needsOfTask(task, coreNeeds(constraints));
        const [best, ...others] = recommendModels(run.models.catalog, needs).models;
        return {
          model: best === undefined ? null : scriptModel(best.model),
          reasons: best?.reasons ?? [],
          alternatives: others.slice(0, 5).map(({ model }) => model.id),
        };
      },
    }),
    get_analytics: sync({
      doc: "How the models that this run has asked did, or one of them, or nil if it was not asked; with `window` of the calls that ended within that time.",
      params: { model: t.optional(t.string), window: t.optional(t.duration) },
      result: "list<ModelPerformance> or ModelPerformance or nil",
      example: 'llm.generate("Hi")\nreturn modelinfo.get_analytics("offline:demo").calls',
      call(run, { model, window }) {
        const found = analyticsOf(run)
          .list(defined({ model, windowMs: window }))
          .map(performance);
        return model === undefined ? found : (found[0] ?? null);
      },
    }),
    export_catalog: awaitable({
      doc: "The catalog as a text: JSON, YAML, CSV, or an OpenAPI document.",
      params: { format: t.oneOf("json", "yaml", "csv", "openapi") },
      result: "string",
      example: 'return #modelinfo.export_catalog("csv") > 0',
      call: async (run, { format }) => await exportModels(run.models.catalog.list(), format),
    }),
  },
});
