import { formats } from "../../formats/formats.js";
import type { JsonSchema } from "../../json.js";
import { MODEL_CAPABILITIES, type ModelInfo } from "./model-info.js";

const usd = (description: string): JsonSchema => ({ type: "number", minimum: 0, description });
const tokens = (description: string): JsonSchema => ({ type: "integer", exclusiveMinimum: 0, description });
const TEXT: JsonSchema = { type: "string" };
const PRICES = {
  input: usd("USD per million tokens in"),
  output: usd("USD per million tokens out"),
  cachedInput: usd("USD per million tokens read from the cache"),
  cacheWrite: usd("USD per million tokens written to the cache"),
};

/** JSON Schema of a {@link ModelInfo}. */
export const MODEL_SCHEMA: JsonSchema = {
  type: "object",
  description: "A model; what is left out is not known.",
  required: ["id", "provider", "model", "name", "kind", "input", "capabilities"],
  additionalProperties: false,
  properties: {
    id: { type: "string", description: "provider:model" },
    provider: TEXT,
    model: TEXT,
    name: TEXT,
    kind: { enum: ["chat", "embedding", "unknown"] },
    contextWindow: tokens("Tokens of a conversation, the answer included"),
    maxOutputTokens: tokens("Tokens of one answer"),
    input: { type: "array", items: { enum: ["text", "image", "audio", "video", "pdf"] } },
    capabilities: { type: "array", items: { enum: [...MODEL_CAPABILITIES] } },
    price: {
      type: "object",
      required: ["input", "output"],
      additionalProperties: false,
      properties: {
        ...PRICES,
        longContext: {
          type: "object",
          description: "The price of a call with more tokens in than `above`",
          required: ["above", "input", "output"],
          additionalProperties: false,
          properties: { above: tokens("Tokens in"), ...PRICES },
        },
      },
    },
    dimension: tokens("Numbers in a vector"),
    knowledge: { type: "string", description: "Date or month" },
    released: { type: "string", description: "Date" },
    aliases: { type: "array", items: TEXT },
  },
};

export type CatalogFormat = "json" | "yaml" | "csv" | "openapi";

/**
 * Models as text: their data as JSON, YAML or a CSV table, or an OpenAPI 3.1 document (as JSON)
 * of a service that has them, with their schema and the models as example.
 */
export async function exportModels(models: readonly ModelInfo[], format: CatalogFormat = "json"): Promise<string> {
  if (format === "csv") return await formats.csv.stringify(models.map(row));
  if (format === "yaml") return await formats.yaml.stringify({ models });
  return await formats.json.stringify(format === "openapi" ? openApi(models) : { models }, { indent: 2 });
}

function row({ price, input, capabilities, aliases: _aliases, ...rest }: ModelInfo): Record<string, unknown> {
  return {
    id: rest.id,
    name: rest.name,
    kind: rest.kind,
    contextWindow: rest.contextWindow ?? null,
    maxOutputTokens: rest.maxOutputTokens ?? null,
    inputPrice: price?.input ?? null,
    outputPrice: price?.output ?? null,
    cachedInputPrice: price?.cachedInput ?? null,
    dimension: rest.dimension ?? null,
    knowledge: rest.knowledge ?? null,
    released: rest.released ?? null,
    input: input.join(" "),
    capabilities: capabilities.join(" "),
  };
}

function openApi(models: readonly ModelInfo[]): Record<string, unknown> {
  const content = (schema: JsonSchema, example: unknown): unknown => ({ "application/json": { schema, example } });
  const model = { $ref: "#/components/schemas/Model" };
  return {
    openapi: "3.1.0",
    info: { title: "Models", version: "1", description: "What is known of language and embedding models." },
    paths: {
      "/models": {
        get: {
          operationId: "listModels",
          responses: {
            200: {
              description: "All models, by id",
              content: content(
                { type: "object", required: ["models"], properties: { models: { type: "array", items: model } } },
                { models },
              ),
            },
          },
        },
      },
      "/models/{id}": {
        get: {
          operationId: "getModel",
          parameters: [{ name: "id", in: "path", required: true, schema: { $ref: "#/components/schemas/ModelId" } }],
          responses: {
            200: { description: "One model", content: content(model, models[0]) },
            404: { description: "Nothing is known of it" },
          },
        },
      },
    },
    components: {
      schemas: { Model: MODEL_SCHEMA, ModelId: { type: "string", enum: models.map(({ id }) => id) } },
    },
  };
}
