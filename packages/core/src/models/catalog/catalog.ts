import { SpellError } from "@llmspell/errors";
import { isRecord } from "../../json.js";
import { didYouMean } from "../../suggest.js";
import { costOf, type Cost, type TokenUsage } from "./cost.js";
import { MODEL_DATA } from "./data.js";
import { MODEL_CAPABILITIES, modelInfo, type ModelCapability, type ModelData, type ModelInfo } from "./model-info.js";

/** Which models are meant; all that is given must hold. What is not known of a model does not hold. */
export interface ModelFilter {
  provider?: string;
  kind?: ModelInfo["kind"];
  capabilities?: readonly ModelCapability[];
  /** Tokens. */
  minContext?: number;
  minOutput?: number;
  /** USD per million tokens of input, and of output. */
  maxInputPrice?: number;
  maxOutputPrice?: number;
  /** A part of the id or name, in any case. */
  text?: string;
}

/** An entry of one's own: it takes the place of what is known of the model, field by field. */
export interface ModelEntry extends ModelData {
  provider: string;
}

/** What is known of a model as an entry of another catalog. */
export function asEntry({ id: _id, capabilities, ...rest }: ModelInfo): ModelEntry {
  return { ...rest, can: capabilities };
}

/** What is known of models. */
export interface Catalog {
  /** By `provider:model`, or by `model` alone where one provider has it; also by another name that it has. */
  find(id: string): ModelInfo | undefined;
  /** @throws SpellError `NOT_FOUND` with the names most like it. */
  get(id: string): ModelInfo;
  /** By id. */
  list(filter?: ModelFilter): ModelInfo[];
  /** @throws SpellError `NOT_FOUND`; `INVALID_ARGUMENT` for an unknown capability. */
  hasCapability(id: string, capability: ModelCapability): boolean;
  /** Of one call, in USD; undefined when the price or the model is not known. */
  costOf(usage: TokenUsage, id: string): Cost | undefined;
  /** Adds models, or changes what is known of them. @throws SpellError `INVALID_ARGUMENT` naming the field. */
  add(...entries: ModelEntry[]): void;
}

/**
 * Makes a catalog of the models that this package knows, and of `entries`.
 *
 * @example
 * const catalog = createCatalog([{ provider: "mine", model: "big", contextWindow: 32_000 }]);
 * catalog.get("mine:big").contextWindow;
 */
export function createCatalog(
  entries: readonly ModelEntry[] = [],
  /** The provider that really answers under a name, e.g. `openai` for one that is configured as `work`. */
  really: (provider: string) => string | undefined = () => undefined,
): Catalog {
  const data = new Map<string, ModelEntry>();
  let known: Map<string, ModelInfo> | undefined;
  let names = new Map<string, string>();

  const all = (): Map<string, ModelInfo> => {
    if (known !== undefined) return known;
    const infos = [...data.values()].map(({ provider, ...rest }) => modelInfo(provider, rest));
    known = new Map(infos.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((info) => [info.id, info]));
    names = shortNames(known.values());
    return known;
  };
  const put = (entry: ModelEntry): void => {
    checkEntry(entry);
    const id = `${entry.provider}:${entry.model}`;
    data.set(id, { ...data.get(id), ...entry });
    known = undefined;
  };
  const find = (id: string): ModelInfo | undefined => {
    const models = all();
    const found = models.get(id) ?? models.get(names.get(id) ?? "");
    if (found !== undefined) return found;
    const provider = id.slice(0, Math.max(0, id.indexOf(":")));
    const other = really(provider);
    const model =
      other === undefined || other === provider ? undefined : find(`${other}:${id.slice(provider.length + 1)}`);
    return model && { ...model, provider, id: `${provider}:${model.model}` };
  };
  const get = (id: string): ModelInfo => {
    const found = find(id);
    if (found !== undefined) return found;
    const hint = didYouMean(id, [...all().keys(), ...names.keys()]);
    throw new SpellError("NOT_FOUND", `nothing is known of a model '${id}'${hint}`, { details: { model: id } });
  };

  for (const [provider, models] of Object.entries(MODEL_DATA)) {
    for (const model of models) data.set(`${provider}:${model.model}`, { provider, ...model });
  }
  for (const entry of entries) put(entry);

  return {
    find,
    get,
    list: (filter = {}) => [...all().values()].filter((info) => unmet(info, filter).length === 0),
    hasCapability(id, capability) {
      checkCapability(capability);
      return get(id).capabilities.includes(capability);
    },
    costOf: (usage, id) => costOf(usage, find(id)),
    add: (...added) => added.forEach(put),
  };
}

/** What of `filter` does not hold for a model, in words. @throws SpellError `INVALID_ARGUMENT`. */
export function unmet(info: ModelInfo, filter: ModelFilter): string[] {
  const { provider, kind, capabilities = [], minContext, minOutput, maxInputPrice, maxOutputPrice, text } = filter;
  const problems: string[] = [];
  const demand = (holds: boolean, problem: string): void => void (holds || problems.push(problem));
  const atLeast = (value: number | undefined, least: number | undefined, what: string): void => {
    if (least !== undefined) demand((value ?? 0) >= least, `${what} is ${value ?? "not known"}, wanted ${least}`);
  };
  const atMost = (value: number | undefined, most: number | undefined, what: string): void => {
    if (most !== undefined)
      demand((value ?? Number.POSITIVE_INFINITY) <= most, `${what} is ${value ?? "not known"}, at most ${most}`);
  };
  if (provider !== undefined) demand(info.provider === provider, `it is of '${info.provider}'`);
  if (kind !== undefined) demand(info.kind === kind, `it is for ${info.kind}`);
  for (const capability of capabilities) {
    checkCapability(capability);
    demand(info.capabilities.includes(capability), `it has no ${capability}`);
  }
  atLeast(info.contextWindow, minContext, "its context window");
  atLeast(info.maxOutputTokens, minOutput, "its longest answer");
  atMost(info.price?.input, maxInputPrice, "its price of input");
  atMost(info.price?.output, maxOutputPrice, "its price of output");
  if (text !== undefined) {
    const within = `${info.id} ${info.name}`.toLowerCase();
    demand(within.includes(text.toLowerCase()), `its name has no '${text}'`);
  }
  return problems;
}

function shortNames(infos: Iterable<ModelInfo>): Map<string, string> {
  const names = new Map<string, string>();
  const shared = new Set<string>();
  for (const { id, provider, model, aliases = [] } of infos) {
    for (const alias of aliases) names.set(`${provider}:${alias}`, id);
    for (const name of [model, ...aliases]) {
      if (names.has(name)) shared.add(name);
      names.set(name, id);
    }
  }
  for (const name of shared) names.delete(name);
  return names;
}

function checkCapability(capability: string): void {
  if (MODEL_CAPABILITIES.some((known) => known === capability)) return;
  const hint = didYouMean(capability, MODEL_CAPABILITIES);
  throw new SpellError(
    "INVALID_ARGUMENT",
    `there is no capability '${capability}'${hint} (known: ${MODEL_CAPABILITIES.join(", ")})`,
  );
}

const KINDS: readonly ModelInfo["kind"][] = ["chat", "embedding", "unknown"];
const COUNTS = ["contextWindow", "maxOutputTokens", "dimension"];
const PRICES = ["input", "output", "cachedInput", "cacheWrite"];

function checkEntry(entry: unknown): void {
  if (!isRecord(entry)) throw invalid("an entry", "must be an object");
  for (const field of ["provider", "model"]) {
    if (typeof entry[field] !== "string" || entry[field] === "") throw invalid(`'${field}'`, "must be a text");
  }
  const where = `'${String(entry["provider"])}:${String(entry["model"])}'`;
  for (const field of COUNTS) {
    const value = entry[field];
    if (value !== undefined && !(Number.isSafeInteger(value) && (value as number) > 0))
      throw invalid(`'${field}' of ${where}`, "must be a whole number above 0");
  }
  const { price, kind, can = [], input = [] } = entry;
  if (kind !== undefined && !KINDS.some((known) => known === kind))
    throw invalid(`'kind' of ${where}`, `must be one of ${KINDS.join(", ")}`);
  for (const [field, list] of Object.entries({ can, input })) {
    if (!Array.isArray(list)) throw invalid(`'${field}' of ${where}`, "must be a list");
  }
  for (const capability of can as unknown[]) checkCapability(String(capability));
  if (price === undefined) return;
  const checked = isRecord(price) ? [price, ...(price["longContext"] === undefined ? [] : [price["longContext"]])] : [];
  if (checked.length === 0) throw invalid(`'price' of ${where}`, "must be an object");
  for (const each of checked) {
    const values = isRecord(each) ? each : {};
    for (const field of PRICES) {
      const value = values[field];
      const optional = field === "cachedInput" || field === "cacheWrite";
      if (value === undefined ? !optional : !(typeof value === "number" && value >= 0 && Number.isFinite(value)))
        throw invalid(`'price.${field}' of ${where}`, "must be USD per million tokens");
    }
  }
}

function invalid(what: string, problem: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", `${what} ${problem}`);
}
