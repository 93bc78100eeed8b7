import { ERROR_CODES, type ErrorCategory, type ErrorCode, type Recovery } from "./codes.js";
import { isSpellError, type SpellError } from "./error.js";

/**
 * What to do about `error`. Its `details.retryable` says more than its code: the same code
 * may pass by itself or not. Whatever is no {@link SpellError} is to be handed on.
 */
export function recoveryOf(error: unknown): Recovery {
  if (!isSpellError(error)) return "propagate";
  const { retryable } = error.details;
  const [category, recovery] = ERROR_CODES[error.code];
  if (retryable === true) return "retry";
  if (retryable === false && recovery === "retry") return category === "provider" ? "fallback" : "propagate";
  return recovery;
}

/** Whether the cause of `error` may pass by itself. */
export function isRetryable(error: unknown): error is SpellError {
  return recoveryOf(error) === "retry";
}

/** How bad `error` is, in the words of events: `warning` when it may pass, `info` when somebody wanted it. */
export function severityOf(error: unknown): "info" | "warning" | "error" {
  const recovery = recoveryOf(error);
  return recovery === "ignore" ? "info" : recovery === "retry" ? "warning" : "error";
}

/** What went wrong, in the few words that reports and dashboards sort by. */
export type ErrorFamily =
  | "validation"
  | "network"
  | "auth"
  | "rate_limit"
  | "timeout"
  | "resource"
  | "script"
  | "internal";

const OF_CODE: Partial<Record<ErrorCode, ErrorFamily>> = {
  HTTP_STATUS: "network",
  NETWORK_ERROR: "network",
  PROVIDER_AUTH: "auth",
  PROVIDER_BAD_REQUEST: "validation",
  PROVIDER_CONTEXT_LENGTH: "validation",
  PROVIDER_CONTENT_FILTER: "validation",
  PROVIDER_NOT_FOUND: "validation",
  PROVIDER_RATE_LIMIT: "rate_limit",
  PROVIDER_TIMEOUT: "timeout",
  LIMIT_TIME: "timeout",
  RATE_LIMITED: "rate_limit",
};

const OF_CATEGORY: Record<ErrorCategory, ErrorFamily> = {
  usage: "validation",
  script: "script",
  state: "script",
  timeout: "timeout",
  permission: "auth",
  safety: "validation",
  io: "resource",
  provider: "network",
  tool: "script",
  budget: "resource",
  aggregate: "internal",
  limit: "resource",
  internal: "internal",
};

/** The family of an error; of several together the one that all have, else `internal`. */
export function familyOf(error: unknown): ErrorFamily {
  if (!isSpellError(error)) return "internal";
  if (error.code === "AGGREGATE") return familyOfAll(error.details["failures"]);
  return OF_CODE[error.code] ?? OF_CATEGORY[error.category];
}

function familyOfAll(failures: unknown): ErrorFamily {
  const codes = Array.isArray(failures) ? failures.map((failure: { code?: unknown }) => failure.code) : [];
  const families = new Set(codes.map((code) => familyOfCode(code)));
  const [only = "internal"] = families;
  return families.size === 1 ? only : "internal";
}

function familyOfCode(code: unknown): ErrorFamily {
  if (typeof code !== "string" || !Object.hasOwn(ERROR_CODES, code)) return "internal";
  return OF_CODE[code as ErrorCode] ?? OF_CATEGORY[ERROR_CODES[code as ErrorCode][0]];
}
