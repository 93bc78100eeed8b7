import { SpellError } from "@llmspell/errors";
import type { Dispatcher, Headers, RequestInit, fetch } from "undici";
import { abortError, deadline, raceAbort, throwIfAborted } from "../abort.js";
import { tryParseJson, tryWriteJson } from "../json.js";
import { retryAfterMs, withRetry, type RetryOptions } from "../resilience/retry.js";
import { decodeText, readBody, tooLarge } from "./body.js";
import { networkError } from "./network-error.js";
import { createPools, type OriginStats, type PoolOptions, type Pools } from "./pools.js";
import { bareHost, createUrlGuard, type Resolve, type UrlGuard, type UrlPolicy } from "./url-guard.js";

/** Credentials of a request. Like most headers they go to its origin only, not to another one that it redirects to. */
export type HttpAuth = { bearer: string } | { username: string; password: string };

export const HTTP_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] as const;

export interface HttpRequest {
  url: string | URL;
  /** `GET` by default. */
  method?: (typeof HTTP_METHODS)[number];
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. At most one of `json` and `body`. */
  json?: unknown;
  body?: string | Uint8Array;
  auth?: HttpAuth;
  /** Milliseconds for one try, body included; 30 000 by default. */
  timeoutMs?: number;
  /** Bytes that an answer may have, after decompression; 10 MiB by default. */
  maxBytes?: number;
  /** Redirects that are followed; 5 by default, 0 to get the redirect itself. */
  maxRedirects?: number;
  /**
   * Tries for network errors and for the statuses 408, 429, 500, 502, 503, 504, with the
   * server's Retry-After. Given explicitly it also holds for POST and PATCH, which are
   * else sent once.
   */
  retry?: RetryOptions;
  signal?: AbortSignal;
  /** Told of every URL that is redirected to, before it is asked; throws to refuse it. */
  onRedirect?: (url: URL) => void | Promise<void>;
}

export interface HttpResponse {
  status: number;
  ok: boolean;
  /** Names in lower case; several values of one name are joined with `, `. */
  headers: Record<string, string>;
  /** Where the answer came from, after redirects. */
  url: string;
  redirects: number;
  /** Tries that were needed. */
  attempts: number;
  bytes: Uint8Array;
  text(): string;
  /** @throws SpellError `VALIDATION_FAILED` when it is not JSON. */
  json(): unknown;
}

/** Settings of a client; those of a request come before them. */
export interface HttpClientOptions
  extends PoolOptions, Pick<HttpRequest, "headers" | "timeoutMs" | "maxBytes" | "maxRedirects" | "retry"> {
  policy?: UrlPolicy;
  /** Looks hosts up in place of the system's resolver. */
  resolve?: Resolve;
}

export interface HttpClient extends AsyncDisposable {
  /**
   * Asks and reads the whole answer, whatever its status.
   *
   * @throws SpellError `PERMISSION_DENIED` when the policy forbids the URL, one that it
   *   redirects to, or an address of its host; `NETWORK_ERROR`; `TIMEOUT`; `CANCELLED`;
   *   `TOO_LARGE`; `INVALID_ARGUMENT`.
   */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** The platform's `fetch` under the policy of this client, for libraries that want one: no retries, no caps, redirects are refused. */
  fetch(url: string | URL, init?: globalThis.RequestInit): Promise<Response>;
  /** Connections by origin; empty with a proxy. */
  stats(): OriginStats[];
}

/**
 * An HTTP client with pooled connections that goes only where its policy allows.
 *
 * @example
 * await using http = createHttpClient({ policy: { hosts: ["api.example.com"] } });
 * const { status } = await http.request({ url: "https://api.example.com/items", auth: { bearer: key } });
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  let parts: Promise<Parts> | undefined;
  let opened: Pools | undefined;
  const load = (): Promise<Parts> =>
    (parts ??= (async () => {
      const guard = await createUrlGuard(options.policy, options.resolve);
      const [undici, pools] = await Promise.all([import("undici"), createPools(guard, options)]);
      opened = pools;
      return { fetch: undici.fetch, pools, guard, proxied: options.proxy !== undefined };
    })());

  return {
    async request(request) {
      const { policy: _policy, ...defaults } = options;
      const headers = { ...defaults.headers, ...request.headers };
      return await ask(await load(), { ...defaults, ...request, headers }, request.retry !== undefined);
    },
    async fetch(url, init = {}) {
      const { fetch, pools, guard } = await load();
      const target = guard.check(url);
      // The types of the package and of the platform differ in name only.
      const call = { ...init, redirect: "error", dispatcher: pools.for(target.origin) } as unknown as RequestInit;
      return (await fetch(target, call).catch((error: unknown) => {
        if (init.signal?.aborted === true) throw error;
        throw networkError(error, target);
      })) as unknown as Response;
    },
    stats: () => opened?.stats() ?? [],
    async [Symbol.asyncDispose]() {
      await (await parts)?.pools.close();
    },
  };
}

interface Parts {
  fetch: typeof fetch;
  pools: Pools;
  guard: UrlGuard;
  proxied: boolean;
}

const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const SENT_ONCE = new Set(["POST", "PATCH"]);

async function ask(parts: Parts, request: HttpRequest, explicitRetry: boolean): Promise<HttpResponse> {
  const { method = "GET", signal, retry } = request;
  if (!HTTP_METHODS.includes(method)) throw invalid(`the method must be one of ${HTTP_METHODS.join(", ")}`);
  const send = prepare(request);
  let attempts = 0;
  let last: HttpResponse | undefined;
  const attempt = async (): Promise<HttpResponse> => {
    throwIfAborted(signal);
    attempts++;
    last = undefined;
    const answer = await once(parts, request, method, send);
    if (!RETRYABLE.has(answer.status)) return answer;
    last = answer;
    const wait = retryAfterMs(answer.headers);
    const details = { status: answer.status, retryable: true, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
    throw new SpellError("HTTP_STATUS", `'${new URL(answer.url).host}' answered ${answer.status}`, { details });
  };
  const once_ = SENT_ONCE.has(method) && !explicitRetry;
  try {
    return { ...(await withRetry(attempt, once_ ? { maxAttempts: 1 } : retry, signal)), attempts };
  } catch (error) {
    // The last answer is an answer like any other.
    if (last !== undefined && signal?.aborted !== true) return { ...(last as HttpResponse), attempts };
    throw error;
  }
}

interface Prepared {
  headers: Record<string, string>;
  body: string | Uint8Array | undefined;
}

// Decided by the connection. `host` could ask a server for another site than the one that was checked.
const OWN_HEADERS =
  /^(host|connection|keep-alive|content-length|transfer-encoding|te|trailer|upgrade|expect|proxy-.*)$/i;

function prepare({ headers = {}, json, body, auth, method = "GET" }: HttpRequest): Prepared {
  const sent: Record<string, string> = { "user-agent": "llmspell" };
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_HEADERS.test(name)) throw invalid(`the header '${name}' is set by the client`);
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\u0020-\u007e\u0080-\u00ff]/.test(String(value)))
      throw invalid("a header holds characters that are not allowed");
    sent[name.toLowerCase()] = String(value);
  }
  if (json !== undefined && body !== undefined) throw invalid("a request has either 'json' or 'body'");
  if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array))
    throw invalid("'body' must be a text or bytes; a value goes into 'json'");
  const content = json === undefined ? body : jsonText(json);
  if (content !== undefined && (method === "GET" || method === "HEAD")) throw invalid(`${method} has no body`);
  if (json !== undefined) sent["content-type"] ??= "application/json";
  if (auth !== undefined) sent["authorization"] = authorization(auth);
  return { headers: sent, body: content };
}

function jsonText(value: unknown): string {
  const text = tryWriteJson(value);
  if (text === undefined) throw invalid("'json' holds what cannot be written as JSON");
  return text;
}

function authorization(auth: HttpAuth): string {
  if ("bearer" in auth) {
    if (!/^[\u0021-\u007e]+$/.test(auth.bearer ?? ""))
      throw invalid("the bearer token is empty or holds characters that are not allowed");
    return `Bearer ${auth.bearer}`;
  }
  const { username, password } = auth;
  // A key that is not set must not go out as the word 'undefined'.
  if (typeof username !== "string" || typeof password !== "string")
    throw invalid("'auth' needs a 'bearer', or a 'username' and a 'password'");
  if (username.includes(":")) throw invalid("a user name must not hold ':'");
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** One try: the request and every redirect it leads to. */
async function once(
  parts: Parts,
  request: HttpRequest,
  firstMethod: string,
  prepared: Prepared,
): Promise<HttpResponse> {
  const { maxRedirects = 5, maxBytes = 10 * 1024 * 1024, timeoutMs = 30_000, signal } = request;
  if (!(maxBytes >= 0)) throw invalid("'maxBytes' must be a number of bytes, 0 or more");
  let [method, { headers, body }] = [firstMethod, prepared];
  let url = parts.guard.check(request.url);
  using limit = deadline(`the request to '${url.host}'`, timeoutMs, signal);
  try {
    for (let redirects = 0; ; redirects++) {
      const answer = await hop(parts, url, { method, headers, ...(body === undefined ? {} : { body }) }, limit.signal);
      const location = locationOf(answer.headers);
      if (!REDIRECTS.has(answer.status) || location === null || maxRedirects === 0) {
        if (Number(answer.headers.get("content-length") ?? 0) > maxBytes && method !== "HEAD") {
          answer.body?.cancel().catch(() => {});
          throw tooLarge(maxBytes);
        }
        const bytes = await readBody(answer.body as ReadableStream<Uint8Array> | null, maxBytes);
        return response(answer.status, headersOf(answer.headers), url, redirects, bytes);
      }
      answer.body?.cancel().catch(() => {});
      if (redirects >= maxRedirects)
        throw new SpellError("NETWORK_ERROR", `'${url.host}' redirects more than ${maxRedirects} times`, {
          details: { host: url.host, reason: "REDIRECTS", retryable: false },
        });
      if (!URL.canParse(location, url)) throw networkError({ code: "BAD_REDIRECT" }, url);
      const next = parts.guard.check(new URL(location, url));
      await raceAbort(told(request.onRedirect, next), limit.signal);
      // RFC 9110 15.4: what everybody does with a POST that is redirected, and what 303 asks for.
      if ((answer.status === 303 && method !== "HEAD") || (answer.status < 303 && method === "POST")) {
        [method, body] = ["GET", undefined];
        const { "content-type": _type, ...rest } = headers;
        headers = rest;
      }
      // What was meant for one origin is not for another.
      if (next.origin !== url.origin) headers = onlyHarmless(headers);
      url = next;
    }
  } catch (error) {
    if (limit.signal.aborted) throw abortError(limit.signal);
    throw error instanceof Refusal ? error.cause : networkError(error, url);
  }
}

/** Keeps an error of whoever is told of a redirect apart from those of the network. */
class Refusal extends Error {}

async function told(onRedirect: HttpRequest["onRedirect"], url: URL): Promise<void> {
  try {
    await onRedirect?.(url);
  } catch (cause) {
    throw new Refusal("the redirect is refused", { cause });
  }
}

async function hop(
  { fetch, pools, guard, proxied }: Parts,
  url: URL,
  init: { method: string; headers: Record<string, string>; body?: string | Uint8Array },
  signal: AbortSignal,
): Promise<Awaited<ReturnType<typeof fetch>>> {
  // Behind a proxy no lookup of ours happens at the connection.
  if (proxied) await guard.resolve(bareHost(url));
  const dispatcher: Dispatcher = pools.for(url.origin);
  return await fetch(url, { ...init, redirect: "manual", dispatcher, signal });
}

function headersOf(headers: Headers): Record<string, string> {
  const byName = Object.fromEntries(headers);
  // The one name that is told once for each of its values.
  const cookies = headers.getSetCookie();
  return cookies.length === 0 ? byName : { ...byName, "set-cookie": cookies.join(", ") };
}

/** Bytes of a location are UTF-8, as browsers read them; a header has them as Latin-1. */
function locationOf(headers: Headers): string | null {
  const location = headers.get("location");
  return location === null ? null : Buffer.from(location, "latin1").toString("utf8");
}

function response(
  status: number,
  headers: Record<string, string>,
  url: URL,
  redirects: number,
  bytes: Uint8Array,
): HttpResponse {
  const text = (): string => decodeText(bytes, headers["content-type"]);
  return {
    status,
    ok: status >= 200 && status < 300,
    headers,
    url: url.href,
    redirects,
    attempts: 1,
    bytes,
    text,
    json() {
      const parsed = tryParseJson(text());
      if (parsed === undefined) throw new SpellError("VALIDATION_FAILED", `the answer of '${url.host}' is not JSON`);
      return parsed.value;
    },
  };
}

// Any other header may be a key, whatever its name.
const HARMLESS = new Set(["accept", "accept-language", "content-type", "user-agent"]);

function onlyHarmless(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => HARMLESS.has(name)));
}

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
