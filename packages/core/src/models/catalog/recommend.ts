import { SpellError } from "@llmspell/errors";
import { didYouMean } from "../../suggest.js";
import { unmet, type Catalog, type ModelFilter } from "./catalog.js";
import { costOf, type TokenUsage } from "./cost.js";
import type { ModelInfo } from "./model-info.js";

/** What makes one model better than another. */
export type RankCriterion = keyof typeof CRITERIA;

export interface RankedModel {
  model: ModelInfo;
  /** From 0 up to 1, among the models that were compared. */
  score: number;
}

/** What a model is wanted for. */
export interface ModelNeeds extends ModelFilter {
  /** What one call may cost, in USD, and how many tokens it has; 1000 in and 1000 out by default. */
  budget?: { usd: number; usage?: TokenUsage };
  /** How much each criterion counts; `{ price: 3, released: 2, context: 1 }` by default. */
  prefer?: Partial<Record<RankCriterion, number>>;
  /** Only these providers, e.g. those that are configured. */
  providers?: readonly string[];
}

export interface Recommendation {
  /** Best first. */
  models: (RankedModel & { reasons: string[] })[];
  /** Models of the wanted kind and providers that do not fit, those that miss least first, and what they miss; at most 10. */
  rejected: { model: ModelInfo; problems: string[] }[];
}

/** Kinds of work, and what a model needs for them. */
const MODEL_TASKS = {
  chat: {},
  agent: { capabilities: ["tools"], prefer: { released: 3, price: 2, context: 1 } },
  code: { capabilities: ["tools", "reasoning"], prefer: { released: 3, output: 2, context: 1 } },
  reasoning: { capabilities: ["reasoning"], prefer: { released: 3, knowledge: 2, price: 1 } },
  extraction: { capabilities: ["structured-output"], prefer: { price: 3, released: 1 } },
  vision: { capabilities: ["vision"] },
  audio: { capabilities: ["audio"] },
  documents: { capabilities: ["pdf"], prefer: { context: 3, price: 2, released: 1 } },
  summary: { prefer: { context: 2, price: 3 } },
  embeddings: { capabilities: ["embeddings"], prefer: { price: 1 } },
} as const satisfies Readonly<Record<string, ModelNeeds>>;
type ModelTask = keyof typeof MODEL_TASKS;

/**
 * What is needed for a kind of work, and besides.
 *
 * @throws SpellError `INVALID_ARGUMENT` for one that is not known.
 */
export function needsOfTask(task: string, besides: ModelNeeds = {}): ModelNeeds {
  const known = Object.keys(MODEL_TASKS);
  if (!known.includes(task))
    throw new SpellError(
      "INVALID_ARGUMENT",
      `there is no task '${task}'${didYouMean(task, known)} (known: ${known.join(", ")})`,
    );
  const needs: ModelNeeds = MODEL_TASKS[task as ModelTask];
  return {
    ...needs,
    ...besides,
    capabilities: [...new Set([...(needs.capabilities ?? []), ...(besides.capabilities ?? [])])],
  };
}

/** Higher is better; undefined is worst. */
const CRITERIA = {
  /** Cheaper; three tokens in for one token out. */
  price: ({ price }: ModelInfo) => (price === undefined ? undefined : -(3 * price.input + price.output)),
  context: ({ contextWindow }: ModelInfo) => contextWindow,
  output: ({ maxOutputTokens }: ModelInfo) => maxOutputTokens,
  capabilities: ({ capabilities }: ModelInfo) => capabilities.length,
  released: ({ released }: ModelInfo) => (released === undefined ? undefined : Date.parse(released)),
  knowledge: ({ knowledge }: ModelInfo) => (knowledge === undefined ? undefined : Date.parse(knowledge)),
};

/**
 * Orders models, best first; equally good ones by id. The score is the weighted mean of the
 * share of the others that a model beats or equals in each criterion.
 *
 * @throws SpellError `INVALID_ARGUMENT` for an unknown criterion or a weight that is not above 0.
 */
export function rankModels(
  models: readonly ModelInfo[],
  criteria: RankCriterion | Partial<Record<RankCriterion, number>>,
): RankedModel[] {
  const weights = Object.entries(typeof criteria === "string" ? { [criteria]: 1 } : criteria);
  for (const [name, weight] of weights) checkCriterion(name, weight);
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  const columns = weights.map(([name, weight]) => {
    const read = CRITERIA[name as RankCriterion];
    const sorted = models.map((model) => read(model) ?? Number.NEGATIVE_INFINITY).toSorted((a, b) => a - b);
    return { read, weight, sorted };
  });
  const scoreOf = (model: ModelInfo): number =>
    columns.reduce((sum, { read, weight, sorted }) => {
      const value = read(model);
      const beaten = value === undefined ? 0 : sorted.findLastIndex((other) => other <= value);
      return sum + (weight / total) * (models.length < 2 ? 1 : beaten / (models.length - 1));
    }, 0);
  return models
    .map((model) => ({ model, score: scoreOf(model) }))
    .toSorted((a, b) => b.score - a.score || (a.model.id < b.model.id ? -1 : 1));
}

/**
 * Recommends models for what they are needed for, with reasons. The same catalog and needs give
 * the same answer.
 *
 * @example
 * recommendModels(models.catalog, { capabilities: ["tools", "vision"], budget: { usd: 0.01 } }).models[0]?.model.id;
 * @throws SpellError `INVALID_ARGUMENT`.
 */
export function recommendModels(catalog: Catalog, needs: ModelNeeds = {}): Recommendation {
  const { prefer = { price: 3, released: 2, context: 1 }, budget, providers, ...given } = needs;
  const filter: ModelFilter = { kind: given.capabilities?.includes("embeddings") ? "embedding" : "chat", ...given };
  const atHand = catalog
    .list({ kind: filter.kind ?? "chat" })
    .filter(({ provider }) => providers?.includes(provider) ?? true);
  const judged = atHand.map((model) => {
    const problems = unmet(model, filter);
    if (budget !== undefined) problems.push(...overBudget(model, budget));
    return { model, problems };
  });
  const fitting = judged.filter(({ problems }) => problems.length === 0).map(({ model }) => model);
  const ranked = rankModels(fitting, prefer);
  return {
    models: ranked.map(({ model, score }) => ({ model, score, reasons: reasonsFor(model, needs, fitting) })),
    rejected: judged
      .filter(({ problems }) => problems.length > 0)
      .toSorted((a, b) => a.problems.length - b.problems.length)
      .slice(0, 10),
  };
}

const TYPICAL: TokenUsage = { inputTokens: 1000, outputTokens: 1000 };

function overBudget(model: ModelInfo, { usd, usage = TYPICAL }: NonNullable<ModelNeeds["budget"]>): string[] {
  const cost = costOf(usage, model);
  if (cost === undefined) return ["its price is not known"];
  return cost.total <= usd ? [] : [`a call costs $${figure(cost.total)}, at most $${figure(usd)}`];
}

function reasonsFor(model: ModelInfo, { capabilities, minContext, budget }: ModelNeeds, among: ModelInfo[]): string[] {
  const { price, contextWindow } = model;
  const best = (criterion: RankCriterion): boolean =>
    among.length > 1 && rankModels(among, criterion)[0]?.model.id === model.id;
  const cost = budget === undefined ? undefined : costOf(budget.usage ?? TYPICAL, model);
  return [
    ...(capabilities?.length ? [`it has ${capabilities.join(", ")}`] : []),
    ...(minContext === undefined ? [] : [`its context window is ${contextWindow} tokens`]),
    ...(cost === undefined ? [] : [`a call costs $${figure(cost.total)}`]),
    ...(price === undefined ? [] : [`$${price.input} in and $${price.output} out per million tokens`]),
    ...(best("price") ? [`the cheapest of ${among.length} that fit`] : []),
    ...(best("context") ? ["the largest context window of them"] : []),
    ...(best("released") ? ["the newest of them"] : []),
  ];
}

function figure(usd: number): string {
  return String(Number(usd.toPrecision(3)));
}

function checkCriterion(name: string, weight: number): void {
  const known = Object.keys(CRITERIA);
  if (!known.includes(name)) {
    const hint = didYouMean(name, known);
    throw new SpellError("INVALID_ARGUMENT", `there is no criterion '${name}'${hint} (known: ${known.join(", ")})`);
  }
  if (!(weight > 0)) throw new SpellError("INVALID_ARGUMENT", `the weight of '${name}' must be above 0`);
}
