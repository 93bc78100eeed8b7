import { SpellError } from "@llmspell/errors";
import { createHttpClient, type HttpClientOptions } from "../../http/client.js";
import { defineTool, type Tool, type ToolContext } from "../tool.js";
import { filterItems, type FeedFilter, type FeedItem } from "./feed.js";
import { parseFeed } from "./parse-feed.js";
import { writeFeed } from "./write-feed.js";

/** Settings of {@link createFeedTool}; those of the client, whose policy decides what can be reached at all. */
export interface FeedToolOptions extends Omit<HttpClientOptions, "maxBytes"> {
  /** Bytes that a feed may have; 2 MiB by default. */
  maxBytes?: number;
}

const OPERATIONS = ["detect", "parse", "extract", "validate", "convert"] as const;
const TARGETS = ["rss", "atom", "json"] as const;
const FIELDS = [
  "id",
  "title",
  "link",
  "summary",
  "content",
  "published",
  "updated",
  "authors",
  "categories",
  "enclosures",
] as const satisfies readonly (keyof FeedItem)[];

/**
 * The built-in tool `feed`: RSS, Atom and JSON Feed, as a text or from a URL.
 *
 * `detect` `{format}`; `parse` `{format, feed}`; `extract` `{items}` with only the wanted
 * `fields`; `validate` `{format, valid, problems}`; `convert` `{format, content}`. A `filter`
 * holds for all of them. A feed in another format has the same shape: see `Feed`.
 *
 * Power: `network` with the host as scope, when there is a URL.
 */
export function createFeedTool(options: FeedToolOptions = {}): Tool & AsyncDisposable {
  const { maxBytes = 2 * 1024 * 1024, ...settings } = options;
  const client = createHttpClient({ ...settings, maxBytes });
  const fetchText = async (url: string, { signal, authorize }: ToolContext): Promise<string> => {
    const answer = await client.request({
      url,
      signal,
      headers: { accept: "application/rss+xml, application/atom+xml, application/feed+json, */*;q=0.5" },
      onRedirect: (next) => authorize?.({ capability: "network", scope: next.hostname }),
    });
    if (answer.ok) return answer.text();
    throw new SpellError("HTTP_STATUS", `'${new URL(answer.url).host}' answered ${answer.status}`, {
      details: { status: answer.status },
    });
  };
  const tool = defineTool({
    name: "feed",
    description: "Reads RSS, Atom and JSON feeds from a URL or a text: detect, parse, extract, validate, convert",
    version: "1.0.0",
    category: "network",
    tags: ["feed", "rss", "atom"],
    permissions: ["network"],
    parameters: {
      type: "object",
      properties: {
        operation: { enum: OPERATIONS, description: "What to do" },
        url: { type: "string", minLength: 1, maxLength: 8192, description: "Where the feed is" },
        content: { type: "string", description: "The feed itself, in place of a URL" },
        filter: {
          type: "object",
          properties: {
            search: { type: "string", maxLength: 1000 },
            category: { type: "string" },
            author: { type: "string" },
            after: { type: "string", format: "date-time" },
            before: { type: "string", format: "date-time" },
            limit: { type: "integer", minimum: 0 },
          },
          additionalProperties: false,
        },
        fields: { type: "array", items: { enum: FIELDS }, description: "For extract" },
        to: { enum: TARGETS, description: "For convert" },
      },
      required: ["operation"],
      oneOf: [{ required: ["url"] }, { required: ["content"] }],
      anyOf: [{ properties: { operation: { not: { const: "convert" } } } }, { required: ["to"] }],
      additionalProperties: false,
    },
    output: { type: "object" },
    examples: [{ args: { operation: "extract", url: "https://example.com/feed.xml", fields: ["title", "link"] } }],
    capabilities: ({ url }) =>
      url === undefined
        ? []
        : [{ capability: "network", scope: URL.canParse(String(url)) ? new URL(String(url)).hostname : "" }],
    async execute(given, context) {
      const args = given as unknown as FeedArgs;
      const text = args.content ?? (await fetchText(args.url ?? "", context));
      if (Buffer.byteLength(text) > maxBytes)
        throw new SpellError("TOO_LARGE", `the feed is larger than ${maxBytes} bytes`, { details: { most: maxBytes } });
      const { format, feed: whole, problems } = await parseFeed(text);
      const feed = args.filter === undefined ? whole : { ...whole, items: filterItems(whole.items, args.filter) };
      switch (args.operation) {
        case "detect":
          return { format };
        case "parse":
          return { format, feed };
        case "extract":
          return { items: feed.items.map((item) => picked(item, args.fields ?? FIELDS)) };
        case "validate":
          return { format, valid: problems.length === 0, problems: problems.slice(0, 100) };
        case "convert": {
          const to = args.to ?? "rss";
          return { format: to, content: await writeFeed(feed, to) };
        }
      }
    },
  });
  return Object.assign(tool, { [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() });
}

interface FeedArgs {
  operation: (typeof OPERATIONS)[number];
  url?: string;
  content?: string;
  filter?: FeedFilter;
  fields?: (typeof FIELDS)[number][];
  to?: (typeof TARGETS)[number];
}

function picked(item: FeedItem, fields: readonly (typeof FIELDS)[number][]): Partial<FeedItem> {
  return Object.fromEntries(fields.flatMap((field) => (item[field] === undefined ? [] : [[field, item[field]]])));
}
