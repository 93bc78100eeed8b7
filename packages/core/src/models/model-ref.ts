import type { LanguageModelV3Usage } from "@ai-sdk/provider";

/** A resolved model. `id` is `provider:model`, e.g. `openai:gpt-4`. */
export interface ModelRef {
  id: string;
  provider: string;
  model: string;
  /** Whether this is the built-in stand-in that needs no network. */
  offline: boolean;
}

/** Tokens used by one or more calls. `totalTokens` is the sum of the first two. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** Of the input, what the provider had in its cache; only when it says so. */
  cachedInputTokens?: number;
  /** Of the input, what the provider has put into its cache, which may cost more; only when it says so. */
  cacheWriteTokens?: number;
  /** Of the output, what was spent on reasoning; only when the provider says so. */
  reasoningTokens?: number;
}

/** `a` and `b` together. */
export function addUsage(a: Usage, b: Usage): Usage {
  return combined(a, b, 1);
}

/** `a` without `b`. */
export function subtractUsage(a: Usage, b: Usage): Usage {
  return combined(a, b, -1);
}

function combined(a: Usage, b: Usage, sign: 1 | -1): Usage {
  const of = (field: keyof Usage): number => (a[field] ?? 0) + sign * (b[field] ?? 0);
  const sum: Usage = {
    inputTokens: of("inputTokens"),
    outputTokens: of("outputTokens"),
    totalTokens: of("totalTokens"),
  };
  for (const field of ["cachedInputTokens", "cacheWriteTokens", "reasoningTokens"] as const) {
    const count = of(field);
    if (count !== 0) sum[field] = count;
  }
  return sum;
}

/** What a provider says that a call used. */
export function usageOf({ inputTokens: input, outputTokens: output }: LanguageModelV3Usage): Usage {
  const [inputTokens, outputTokens] = [input.total ?? 0, output.total ?? 0];
  return addUsage(NO_USAGE, {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cachedInputTokens: input.cacheRead ?? 0,
    cacheWriteTokens: input.cacheWrite ?? 0,
    reasoningTokens: output.reasoning ?? 0,
  });
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
