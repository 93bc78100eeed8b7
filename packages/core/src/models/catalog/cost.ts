import type { ModelInfo } from "./model-info.js";

/** Tokens that were used. Those read from or written to a cache are part of `inputTokens`. */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens?: number;
  cacheWriteTokens?: number;
}

/** USD. `total` is the sum of the other two. */
export interface Cost {
  input: number;
  output: number;
  total: number;
}

/**
 * What one call costs at the list price of its model; undefined when no price is known, which is
 * not the same as nothing. Calls are priced one by one: a long one may have another price.
 */
export function costOf(usage: TokenUsage, model: Pick<ModelInfo, "price"> | undefined): Cost | undefined {
  if (model?.price === undefined) return undefined;
  const { longContext } = model.price;
  const price = longContext !== undefined && usage.inputTokens > longContext.above ? longContext : model.price;
  const { cachedInputTokens: cached = 0, cacheWriteTokens: written = 0 } = usage;
  const plain = Math.max(0, usage.inputTokens - cached - written);
  const { cachedInput = price.input, cacheWrite = price.input } = price;
  // Added up before the division, which is not exact.
  const input = plain * price.input + cached * cachedInput + written * cacheWrite;
  const output = usage.outputTokens * price.output;
  return { input: input / 1e6, output: output / 1e6, total: (input + output) / 1e6 };
}
