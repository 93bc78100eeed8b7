import { retryAfterMs } from "../resilience/retry.js";

/** One quota of a provider. */
export interface RateLimit {
  limit?: number;
  remaining?: number;
  /** When it is full again, in milliseconds since 1970. */
  resetsAt?: number;
}

/** The quotas that a provider told with its last answer that told any. */
export interface RateLimits {
  /** When it told them, in milliseconds since 1970. */
  at: number;
  requests?: RateLimit;
  tokens?: RateLimit;
  inputTokens?: RateLimit;
  outputTokens?: RateLimit;
  /** Until when the provider wants no more requests: its Retry-After. */
  retryAt?: number;
}

const QUOTAS = {
  requests: "requests",
  tokens: "tokens",
  inputTokens: "input-tokens",
  outputTokens: "output-tokens",
} as const;

/**
 * Reads the headers of an answer: `x-ratelimit-limit-requests` and its kin (OpenAI and
 * those that imitate it; resets are durations such as `6m0s`) and
 * `anthropic-ratelimit-requests-limit` and its kin (resets are times as of RFC 3339).
 * `undefined` when there are none; Google and Ollama send none.
 */
export function readRateLimits(headers: Headers, now = Date.now()): RateLimits | undefined {
  const limits: RateLimits = { at: now };
  for (const [field, name] of Object.entries(QUOTAS) as [keyof typeof QUOTAS, string][]) {
    const value = (part: string): string | null =>
      headers.get(`x-ratelimit-${part}-${name}`) ?? headers.get(`anthropic-ratelimit-${name}-${part}`);
    const quota: RateLimit = {};
    const [limit, remaining] = [count(value("limit")), count(value("remaining"))];
    const resetsAt = moment(value("reset"), now);
    if (limit !== undefined) quota.limit = limit;
    if (remaining !== undefined) quota.remaining = remaining;
    if (resetsAt !== undefined) quota.resetsAt = resetsAt;
    if (Object.keys(quota).length > 0) limits[field] = quota;
  }
  const wait = retryAfterMs(Object.fromEntries(headers), now);
  if (wait !== undefined) limits.retryAt = now + wait;
  return Object.keys(limits).length > 1 ? limits : undefined;
}

function count(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

const DURATION =
  /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?$/;

function moment(text: string | null, now: number): number | undefined {
  const given = text?.trim() ?? "";
  if (given === "") return undefined;
  if (/^\d{1,15}(\.\d{1,9})?$/.test(given)) return now + Number(given) * 1000;
  const [, d = 0, h = 0, m = 0, s = 0, ms = 0] = DURATION.exec(given) ?? [];
  if (DURATION.test(given))
    return now + ((Number(d) * 24 + Number(h)) * 60 + Number(m)) * 60_000 + Number(s) * 1000 + Number(ms);
  const time = Date.parse(given);
  return Number.isNaN(time) ? undefined : time;
}
