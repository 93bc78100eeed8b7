import { formats } from "../formats/formats.js";
import { defined, tryParseJson } from "../json.js";
import {
  createHttpClient,
  HTTP_METHODS,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
} from "../http/client.js";
import { defineTool, type Tool } from "./tool.js";

/** Settings of {@link createHttpTool}; those of the client, whose policy decides what can be reached at all. */
export interface HttpToolOptions extends HttpClientOptions {
  /** Milliseconds that a call may ask for at most, for one try; 120 000 by default. */
  maxTimeoutMs?: number;
}

/**
 * The built-in tool `http_request`. Without a policy it reaches public addresses only.
 *
 * The result is `{status, ok, url, redirects, headers, body}`. `body` is text, or by
 * `parse`: `json` and `xml` (the value), `base64` (bytes), or `auto` (default): JSON and
 * text by the content type, else base64. `encoding` says which it is.
 *
 * Each host is asked for as power `network` with the host as scope, also one that
 * is redirected to.
 *
 * Dispose it to close its connections.
 */
export function createHttpTool(options: HttpToolOptions = {}): Tool & AsyncDisposable {
  const { maxTimeoutMs = 120_000, ...settings } = options;
  const client = createHttpClient(settings);
  const tool = defineTool({
    name: "http_request",
    description: "Sends an HTTP request and returns status, headers and body of the answer",
    version: "1.0.0",
    category: "network",
    tags: ["http", "web", "io"],
    features: ["cancellable"],
    permissions: ["network"],
    parameters: {
      type: "object",
      properties: {
        url: { type: "string", minLength: 1, maxLength: 8192, description: "http or https" },
        method: { enum: HTTP_METHODS, description: "GET by default" },
        headers: { type: "object", additionalProperties: { type: "string" } },
        json: { description: "A value that is sent as JSON" },
        body: { type: "string", description: "A text that is sent as it is" },
        auth: {
          type: "object",
          properties: { bearer: { type: "string" }, username: { type: "string" }, password: { type: "string" } },
          oneOf: [{ required: ["bearer"] }, { required: ["username", "password"] }],
          additionalProperties: false,
        },
        timeoutMs: { type: "number", exclusiveMinimum: 0, maximum: maxTimeoutMs, description: "For one try" },
        maxRedirects: { type: "integer", minimum: 0, maximum: 20 },
        parse: {
          enum: ["auto", "json", "xml", "text", "base64"],
          description: "How the body is given back; auto by default",
        },
      },
      required: ["url"],
      additionalProperties: false,
    },
    output: {
      type: "object",
      properties: { status: { type: "integer" }, headers: { type: "object" }, encoding: { type: "string" } },
      required: ["status", "ok", "url", "redirects", "headers", "encoding", "body"],
    },
    examples: [{ description: "Get JSON", args: { url: "https://api.example.com/items", parse: "json" } }],
    // What is no URL is refused by the client, before anything is sent.
    capabilities: ({ url }) => [{ capability: "network", scope: hostOf(String(url)) }],
    async execute({ parse = "auto", ...args }, { signal, authorize }) {
      const request = defined(args) as unknown as HttpRequest;
      const answer = await client.request({
        ...request,
        signal,
        ...(authorize === undefined
          ? {}
          : { onRedirect: (url: URL) => authorize({ capability: "network", scope: url.hostname }) }),
      });
      const { status, ok, url, redirects, headers } = answer;
      const encoding = parse === "auto" ? encodingOf(answer) : (parse as keyof typeof BODIES);
      const body = await BODIES[encoding](answer);
      return { status, ok, url, redirects, headers, encoding, body };
    },
  });
  return Object.assign(tool, { [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() });
}

const BODIES = {
  json: (answer: HttpResponse): unknown => answer.json(),
  xml: (answer: HttpResponse): unknown => formats.xml.parse(answer.text()),
  text: (answer: HttpResponse): unknown => answer.text(),
  base64: (answer: HttpResponse): unknown => Buffer.from(answer.bytes).toString("base64"),
};

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : "";
}

function encodingOf({ headers, bytes, text }: HttpResponse): "json" | "text" | "base64" {
  const contentType = headers["content-type"] ?? "";
  if (/^application\/(.{0,100}\+)?json\b/i.test(contentType))
    return tryParseJson(text()) === undefined ? "text" : "json";
  const isText = /^text\/|^application\/(.{0,100}\+)?(xml|yaml|javascript|x-www-form-urlencoded)\b/i.test(contentType);
  return isText || bytes.length === 0 ? "text" : "base64";
}
