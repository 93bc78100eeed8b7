/**
 * What to do about an error: try the same `retry`, try another way (`fallback`, e.g. another
 * provider), hand it to the caller (`propagate`), or nothing, as somebody wanted it (`ignore`).
 */
export type Recovery = "retry" | "fallback" | "propagate" | "ignore";

/**
 * Every error code of llmspell: its category, what to do about it unless the error itself
 * knows better, and what it means. The registry: code that raises another does not compile.
 *
 * Codes are part of the public interface: programs match on them, so a code is
 * never renamed or given another meaning. `LIMIT_*` codes and `INTERRUPTED` are
 * decided by the host alone; a guest can neither forge nor catch them away.
 */
export const ERROR_CODES = {
  INVALID_ARGUMENT: ["usage", "propagate", "An argument is missing, of a wrong type or out of range."],
  NOT_FOUND: ["usage", "propagate", "A name, id, file or route does not exist."],
  ALREADY_EXISTS: ["usage", "propagate", "The name is taken."],
  VALIDATION_FAILED: ["usage", "propagate", "Data does not match its schema."],
  UNSUPPORTED: ["usage", "propagate", "This cannot be done here, e.g. by this model or engine."],
  CONFIG_INVALID: ["usage", "propagate", "The configuration holds a mistake; the message names the field."],
  SNAPSHOT_INVALID: ["usage", "propagate", "A saved state is damaged, or of another version or spell."],
  SYNTAX_ERROR: ["script", "propagate", "The source of a script cannot be parsed."],
  SCRIPT_ERROR: ["script", "propagate", "A script raised an error that it did not catch."],
  ASSERTION_FAILED: ["script", "propagate", "An assertion of a script does not hold."],
  INVALID_STATE: ["state", "propagate", "The call is not possible in the present state, e.g. after closing."],
  DEADLOCK: ["state", "propagate", "All that could go on waits for each other."],
  CIRCUIT_OPEN: ["state", "fallback", "A circuit breaker lets no calls through at present."],
  CANCELLED: ["state", "ignore", "Somebody wanted the work to end."],
  INTERRUPTED: ["state", "propagate", "The host stopped the guest."],
  TIMEOUT: ["timeout", "propagate", "The time that the caller gave is over."],
  PERMISSION_DENIED: ["permission", "propagate", "A policy, a grant or the system forbids it."],
  AUTH_FAILED: ["permission", "propagate", "Credentials, a token or an authorization are not right."],
  CONTENT_BLOCKED: ["safety", "propagate", "A guardrail of this program refuses what was said."],
  IO_ERROR: ["io", "propagate", "A file or database cannot be read or written."],
  NETWORK_ERROR: ["io", "retry", "No answer came from a server."],
  HTTP_STATUS: ["io", "propagate", "A server answered with a status that is no success."],
  TOO_LARGE: ["io", "propagate", "Data has more bytes than allowed."],
  PROVIDER_AUTH: ["provider", "fallback", "The key is missing or refused."],
  PROVIDER_RATE_LIMIT: ["provider", "retry", "Too many requests; `retryAfterMs` when the provider names a wait."],
  PROVIDER_NETWORK: ["provider", "retry", "The provider cannot be reached, or the connection ended within the answer."],
  PROVIDER_TIMEOUT: [
    "provider",
    "fallback",
    "The answer, or its next part, took longer than the limits of the provider allow.",
  ],
  PROVIDER_CONTEXT_LENGTH: ["provider", "fallback", "The conversation is longer than the model can take."],
  PROVIDER_CONTENT_FILTER: ["provider", "fallback", "The provider refuses the content of the request."],
  PROVIDER_NOT_FOUND: ["provider", "fallback", "The provider has no such model or address."],
  PROVIDER_BAD_REQUEST: ["provider", "fallback", "The provider refuses the request for another reason."],
  PROVIDER_SERVER: [
    "provider",
    "retry",
    "The provider failed by itself; or its answer cannot be read, which is not tried again.",
  ],
  TOOL_FAILED: ["tool", "propagate", "A tool threw an error."],
  TOOL_OUTPUT_INVALID: ["tool", "propagate", "The result of a tool does not match what it promises."],
  BUDGET_EXCEEDED: ["budget", "propagate", "A run needs more steps, tokens or calls than it has."],
  RATE_LIMITED: ["budget", "retry", "A limiter of this program lets no more calls through at present."],
  AGGREGATE: ["aggregate", "propagate", "Several things failed; `details.failures` has each."],
  LIMIT_FUEL: ["limit", "propagate", "A guest used up its fuel."],
  LIMIT_MEMORY: ["limit", "propagate", "A guest wants more memory than it may have."],
  LIMIT_TIME: ["limit", "propagate", "A guest ran longer than it may."],
  LIMIT_CALLS: ["limit", "propagate", "A guest called the host too often."],
  LIMIT_PENDING: ["limit", "propagate", "A guest waits for too many calls at a time."],
  LIMIT_VALUE: ["limit", "propagate", "A value is too large to cross between guest and host."],
  LIMIT_OUTPUT: ["limit", "propagate", "A guest printed too much."],
  LIMIT_DEPTH: ["limit", "propagate", "Calls or values are nested too deeply."],
  LIMIT_GUESTS: ["limit", "propagate", "There are as many guests as there may be."],
  INTERNAL: ["internal", "propagate", "A mistake in llmspell itself. Please report it."],
} as const satisfies Record<string, readonly [category: string, recovery: Recovery, meaning: string]>;

/** A stable error code, e.g. `LIMIT_FUEL`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** The family an error code belongs to, e.g. `limit`. */
export type ErrorCategory = (typeof ERROR_CODES)[ErrorCode][0];

/** Whether `code` is one of {@link ERROR_CODES}. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERROR_CODES, code);
}
