/**
 * Every error code of llmspell, with the category it belongs to.
 *
 * Codes are part of the public interface: programs match on them, so a code is
 * never renamed or given another meaning. `LIMIT_*` codes and `INTERRUPTED` are
 * decided by the host alone; a guest can neither forge nor catch them away.
 */
export const ERROR_CODES = {
  INVALID_ARGUMENT: "usage",
  NOT_FOUND: "usage",
  ALREADY_EXISTS: "usage",
  VALIDATION_FAILED: "usage",
  SYNTAX_ERROR: "script",
  SCRIPT_ERROR: "script",
  ASSERTION_FAILED: "script",
  INVALID_STATE: "state",
  DEADLOCK: "state",
  CIRCUIT_OPEN: "state",
  CANCELLED: "state",
  INTERRUPTED: "state",
  TIMEOUT: "timeout",
  UNSUPPORTED: "usage",
  PERMISSION_DENIED: "permission",
  CONTENT_BLOCKED: "safety",
  IO_ERROR: "io",
  NETWORK_ERROR: "io",
  HTTP_STATUS: "io",
  TOO_LARGE: "io",
  CONFIG_INVALID: "usage",
  SNAPSHOT_INVALID: "usage",
  PROVIDER_AUTH: "provider",
  PROVIDER_RATE_LIMIT: "provider",
  PROVIDER_NETWORK: "provider",
  PROVIDER_CONTEXT_LENGTH: "provider",
  PROVIDER_BAD_REQUEST: "provider",
  PROVIDER_SERVER: "provider",
  TOOL_FAILED: "tool",
  TOOL_OUTPUT_INVALID: "tool",
  BUDGET_EXCEEDED: "budget",
  RATE_LIMITED: "budget",
  AGGREGATE: "aggregate",
  LIMIT_FUEL: "limit",
  LIMIT_MEMORY: "limit",
  LIMIT_TIME: "limit",
  LIMIT_CALLS: "limit",
  LIMIT_PENDING: "limit",
  LIMIT_VALUE: "limit",
  LIMIT_OUTPUT: "limit",
  LIMIT_DEPTH: "limit",
  LIMIT_GUESTS: "limit",
  INTERNAL: "internal",
} as const;

/** A stable error code, e.g. `LIMIT_FUEL`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The family an error code belongs to, e.g. `limit`. */
export type ErrorCategory = (typeof ERROR_CODES)[ErrorCode];

/** Whether `code` is one of {@link ERROR_CODES}. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_CODES, code);
}
