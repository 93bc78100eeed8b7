import { isErrorCode, SpellError } from "@llmspell/errors";
import { deadline, raceAbort } from "../abort.js";
import { bounded, isRecord, tryParseJson } from "../json.js";
import type { Hook, HookContext } from "./hook.js";
import type { HookPoint } from "./points.js";

/** Carries one request to where the hook is and its answer back, e.g. by HTTP or a pipe. Caps what it reads. */
export type RpcTransport = (request: string, signal: AbortSignal) => Promise<string>;

/** A hook that is somewhere else; not around an operation, which cannot be done from there. */
export interface RpcHookOptions extends Pick<Hook, "name" | "priority" | "filter" | "onError" | "background"> {
  point: Exclude<HookPoint, `${string}.around`>;
  send: RpcTransport;
  /** `hook` by default. */
  method?: string;
  /** Milliseconds for one call; 5000 by default. */
  timeoutMs?: number;
}

let calls = 0;

/**
 * A hook in another process or language, called by JSON-RPC 2.0. Its `params` are
 * `{ point, about, data, runId, correlationId }`; its `result` is what a hook returns: `null`,
 * `{ data }` or `{ stop: true, result?, reason? }`. An error is data as `{ code, message, details? }`.
 *
 * @example
 * const hook = rpcHook({
 *   name: "policy",
 *   point: "tool.before",
 *   send: async (body, signal) => await (await fetch(url, { method: "POST", body, signal })).text(),
 * });
 * @throws (in the operation) SpellError `SCRIPT_ERROR` with the error that was answered,
 *   `VALIDATION_FAILED` for a malformed answer, `TIMEOUT`.
 */
export function rpcHook({ send, method = "hook", timeoutMs = 5000, ...hook }: RpcHookOptions): Hook {
  const run = async ({ point, about, data = null, run: inner }: HookContext): Promise<unknown> => {
    const id = ++calls;
    const { runId, correlationId } = inner;
    const request = { jsonrpc: "2.0", id, method, params: { point, about, data, runId, correlationId } };
    using limit = deadline(`hook '${hook.name}'`, timeoutMs, inner.signal);
    const text = await raceAbort(send(JSON.stringify(request), limit.signal), limit.signal);
    const decision = answerOf(hook.name, text, id);
    return point.endsWith(".error") && "data" in decision ? { data: errorOf(hook.name, decision["data"]) } : decision;
  };
  // What comes over the wire has the types of the point only if the other side keeps to them.
  return { ...hook, run } as unknown as Hook;
}

function answerOf(name: string, text: string, id: number): Record<string, unknown> {
  const answer = tryParseJson(text)?.value;
  if (!isRecord(answer) || answer["jsonrpc"] !== "2.0" || answer["id"] !== id)
    throw malformed(name, "it is no answer in JSON-RPC 2.0 to this request");
  const { error, result = null } = answer;
  if (isRecord(error)) {
    const message = bounded(String(error["message"]), 500);
    const details = { hook: name, rpcCode: error["code"] };
    throw new SpellError("SCRIPT_ERROR", `hook '${name}' failed: ${message}`, { details });
  }
  if (result === null) return {};
  if (!isRecord(result)) throw malformed(name, "its result is no decision of a hook");
  return result;
}

function errorOf(name: string, data: unknown): SpellError {
  if (!isRecord(data) || !isErrorCode(data["code"]) || typeof data["message"] !== "string")
    throw malformed(name, "an error needs a known 'code' and a 'message'");
  const details = isRecord(data["details"]) ? { details: data["details"] } : {};
  return new SpellError(data["code"], bounded(data["message"], 2000), details);
}

function malformed(name: string, reason: string): SpellError {
  const details = { hook: name };
  return new SpellError("VALIDATION_FAILED", `the answer of hook '${name}' cannot be used: ${reason}`, { details });
}
