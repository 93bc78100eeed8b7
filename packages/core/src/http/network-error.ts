import { SpellError, isSpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";

// What may have passed by the next try.
const PASSING = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/** What `fetch` threw as `NETWORK_ERROR` with `{host, reason, retryable}`; a refusal of the guard as it is. */
export function networkError(error: unknown, url: URL): SpellError {
  let reason: string | undefined;
  let cause: unknown = error;
  for (let depth = 0; isRecord(cause) && depth < 8; depth++) {
    if (isSpellError(cause)) return cause;
    const { code, errors } = cause as { code?: unknown; errors?: unknown };
    if (typeof code === "string") reason = code;
    cause = cause["cause"] ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  const said = error instanceof Error ? String(error.cause) : "";
  reason ??= /bad port/.test(said) ? "BAD_PORT" : /unexpected redirect/.test(said) ? "REDIRECT" : "UNKNOWN";
  return new SpellError("NETWORK_ERROR", `cannot get an answer from '${url.host}' (${reason})`, {
    details: { host: url.host, reason, retryable: PASSING.has(reason) },
  });
}
