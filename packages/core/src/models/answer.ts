import { SpellError } from "@llmspell/errors";
import type {
  LanguageModelV3,
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
  SharedV3ProviderMetadata,
} from "@ai-sdk/provider";
import { tryParseJson } from "../json.js";
import type { ContentPart, ProviderData } from "../messages.js";
import { readAnsweredBy, type AnsweredBy } from "./answered-by.js";
import { usageOf, type Usage } from "./model-ref.js";

/** A call that the model asks for. `invalid` is the text of arguments that are no JSON; `input` is then `{}`. */
export interface ModelToolCall {
  id: string;
  name: string;
  input: unknown;
  invalid?: string;
  providerData?: ProviderData;
}

export type FinishReason = LanguageModelV3FinishReason["unified"];

/** A complete answer of a model. */
export interface ModelAnswer {
  text: string;
  reasoning?: string;
  toolCalls: ModelToolCall[];
  finishReason: FinishReason;
  usage: Usage;
  /** Text and reasoning in order, with what the provider wants back. */
  parts: ContentPart[];
  /** When the model is a pool. */
  answeredBy?: AnsweredBy;
}

/** What a streamed answer brings piece by piece. */
export type ModelPart =
  | { type: "text"; text: string }
  | { type: "reasoning"; text: string }
  | { type: "tool_call"; call: ModelToolCall };

type TextPart = Extract<ContentPart, { type: "text" | "reasoning" }>;

/** Puts an answer together, from whole parts or from streamed ones. */
export class AnswerBuilder {
  readonly #parts: TextPart[] = [];
  readonly #open = new Map<string, TextPart>();
  readonly #calls: ModelToolCall[] = [];

  add(part: LanguageModelV3Content): ModelToolCall | undefined {
    if (part.type === "text" || part.type === "reasoning") {
      this.#parts.push({ type: part.type, text: part.text, ...dataOf(part.providerMetadata) });
    }
    if (part.type !== "tool-call" || part.providerExecuted === true) return undefined;
    const parsed = part.input.trim() === "" ? { value: {} } : tryParseJson(part.input);
    // Results are matched by id, so a model that repeats one must not mix them up.
    const taken = this.#calls.some(({ id }) => id === part.toolCallId) || part.toolCallId === "";
    const call: ModelToolCall = {
      id: taken ? `${part.toolCallId}#${this.#calls.length + 1}` : part.toolCallId,
      name: part.toolName,
      input: parsed === undefined ? {} : parsed.value,
      ...(parsed === undefined ? { invalid: part.input } : {}),
      ...dataOf(part.providerMetadata),
    };
    this.#calls.push(call);
    return call;
  }

  addStreamed(part: LanguageModelV3StreamPart): ModelPart | undefined {
    switch (part.type) {
      case "text-start":
      case "text-delta":
      case "text-end":
        return this.#extend("text", part);
      case "reasoning-start":
      case "reasoning-delta":
      case "reasoning-end":
        return this.#extend("reasoning", part);
      case "tool-call": {
        const call = this.add(part);
        return call === undefined ? undefined : { type: "tool_call", call };
      }
      default:
        return undefined;
    }
  }

  #extend(
    type: "text" | "reasoning",
    event: { id: string; delta?: string; providerMetadata?: ProviderData },
  ): ModelPart | undefined {
    const key = `${type} ${event.id}`;
    const part: TextPart = this.#open.get(key) ?? { type, text: "" };
    if (!this.#open.has(key)) this.#parts.push(part);
    this.#open.set(key, part);
    Object.assign(part, dataOf(event.providerMetadata));
    if (event.delta === undefined || event.delta === "") return undefined;
    part.text += event.delta;
    return { type, text: event.delta };
  }

  finish(
    model: LanguageModelV3,
    { unified, raw }: LanguageModelV3FinishReason,
    usage: LanguageModelV3Usage,
    metadata?: SharedV3ProviderMetadata,
  ): ModelAnswer {
    if (unified === "error") {
      const details = { provider: model.provider, model: model.modelId, retryable: true };
      throw new SpellError(
        "PROVIDER_SERVER",
        `'${model.provider}' could not finish the answer (${raw ?? "no reason given"})`,
        { details },
      );
    }
    const parts = this.#parts.filter((part) => part.text !== "" || part.providerData !== undefined);
    const join = (type: "text" | "reasoning"): string =>
      parts.map((part) => (part.type === type ? part.text : "")).join("");
    const reasoning = join("reasoning");
    const answeredBy = readAnsweredBy(metadata);
    return {
      text: join("text"),
      ...(reasoning === "" ? {} : { reasoning }),
      toolCalls: this.#calls,
      finishReason: unified,
      usage: usageOf(usage),
      parts,
      ...(answeredBy === undefined ? {} : { answeredBy }),
    };
  }
}

function dataOf(metadata: ProviderData | undefined): { providerData?: ProviderData } {
  return metadata === undefined ? {} : { providerData: metadata };
}
