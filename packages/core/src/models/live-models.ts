import { SpellError } from "@llmspell/errors";
import { deadline, throwIfAborted } from "../abort.js";
import { isRecord, tryParseJson } from "../json.js";
import type { ModelEntry } from "./catalog/catalog.js";
import { providerError } from "./provider-error.js";
import type { BuiltInType, ProviderSettings } from "./providers.js";
import { keepSecrets } from "../secrets.js";

/** How a provider is asked which models it has. */
interface ModelList {
  path: string;
  key: (apiKey: string) => Record<string, string>;
  /** The field of the answer with the list. */
  field: string;
  read: (model: Record<string, unknown>) => Omit<ModelEntry, "provider"> | undefined;
}

// Models for speech, pictures and vectors are in the same list.
const byId: ModelList["read"] = ({ id }) => (typeof id === "string" ? { model: id, kind: "unknown" } : undefined);

// https://platform.openai.com/docs/api-reference/models, https://docs.anthropic.com/en/api/models-list,
// https://ai.google.dev/api/models
const openai: ModelList = {
  path: "/models",
  key: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  field: "data",
  read: byId,
};
const LISTS: Readonly<Partial<Record<string, ModelList>>> = {
  openai,
  "openai-compatible": openai,
  anthropic: {
    path: "/models?limit=1000",
    key: (apiKey) => ({ "x-api-key": apiKey, "anthropic-version": "2023-06-01" }),
    field: "data",
    read: ({ id, display_name: name }) =>
      typeof id === "string" ? { model: id, ...(typeof name === "string" ? { name } : {}) } : undefined,
  },
  google: {
    path: "/models?pageSize=1000",
    key: (apiKey) => ({ "x-goog-api-key": apiKey }),
    field: "models",
    read: ({ name, inputTokenLimit, outputTokenLimit, displayName, supportedGenerationMethods: methods }) => {
      const chats = Array.isArray(methods) && methods.includes("generateContent");
      if (typeof name !== "string" || !chats) return undefined;
      return {
        model: name.replace(/^models\//, ""),
        ...(typeof displayName === "string" ? { name: displayName } : {}),
        ...(isCount(inputTokenLimit) ? { contextWindow: inputTokenLimit } : {}),
        ...(isCount(outputTokenLimit) ? { maxOutputTokens: outputTokenLimit } : {}),
      };
    },
  },
} satisfies Partial<Record<BuiltInType, ModelList>>;

/** Milliseconds until the list must be there. */
const TIMEOUT_MS = 30_000;

/**
 * The models that a provider says it has, with what it tells of them; undefined when it cannot be asked.
 *
 * @throws SpellError `PROVIDER_*` by cause, `TIMEOUT` after 30 s, `CANCELLED`.
 */
export async function liveModels(
  type: string,
  settings: ProviderSettings,
  { secrets, signal }: { secrets: readonly (string | undefined)[]; signal: AbortSignal | undefined },
): Promise<ModelEntry[] | undefined> {
  const list = LISTS[type];
  if (list === undefined) return undefined;
  const { name, baseURL, apiKey, headers, fetch } = settings;
  const key = apiKey === undefined ? {} : list.key(apiKey);
  const url = `${baseURL.replace(/\/$/, "")}${list.path}`;
  using limit = deadline(`the list of models of '${name}'`, TIMEOUT_MS, signal);
  const asked = { provider: name, modelId: "" };
  keepSecrets(asked, secrets);
  try {
    const response = await fetch(url, { headers: { ...key, ...headers }, signal: limit.signal });
    const text = await response.text();
    if (!response.ok) throw await refusal(url, response, text);
    const body = tryParseJson(text)?.value;
    const models: unknown = isRecord(body) ? body[list.field] : undefined;
    if (!Array.isArray(models)) throw malformed(name);
    return models.flatMap((model) => {
      const entry = isRecord(model) ? list.read(model) : undefined;
      return entry === undefined || entry.model === "" ? [] : [{ provider: name, ...entry }];
    });
  } catch (error) {
    throwIfAborted(limit.signal);
    throw await providerError(error, asked, "request");
  }
}

/** The error that a model call would have, so that it is told in the same words. */
async function refusal(url: string, response: Response, responseBody: string): Promise<Error> {
  const { APICallError } = await import("@ai-sdk/provider");
  const body = tryParseJson(responseBody)?.value;
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"]["message"] : undefined;
  return new APICallError({
    message: typeof error === "string" ? error : response.statusText,
    url,
    requestBodyValues: {},
    statusCode: response.status,
    responseHeaders: Object.fromEntries(response.headers),
    responseBody,
  });
}

function malformed(name: string): SpellError {
  return new SpellError("PROVIDER_SERVER", `'${name}' sent a list of models that cannot be read`, {
    details: { provider: name, retryable: false },
  });
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
