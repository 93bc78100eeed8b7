/** A resolved model. `id` is `provider:model`, e.g. `openai:gpt-4`. */
export interface ModelRef {
  id: string;
  provider: string;
  model: string;
  /** Whether this is the built-in stand-in that needs no network. */
  offline: boolean;
}

/** Tokens used by one or more calls. `totalTokens` is the sum of the other two. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
}

/** `a` and `b` together. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}

/** `a` without `b`. */
export function subtractUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens - b.inputTokens,
    outputTokens: a.outputTokens - b.outputTokens,
    totalTokens: a.totalTokens - b.totalTokens,
  };
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
