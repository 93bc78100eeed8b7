import { SpellError } from "@llmspell/errors";
import { defined, isRecord } from "../../json.js";
import type { Feed, FeedFormat, FeedItem } from "./feed.js";

export interface ParsedFeed {
  format: FeedFormat;
  feed: Feed;
  /** What the format demands and the feed has not. */
  problems: string[];
}

/**
 * Reads RSS (0.90 to 2.0), Atom and JSON Feed; which one it is shows in the text.
 * Entities of an own document type are not expanded.
 *
 * @throws SpellError `VALIDATION_FAILED` for anything else.
 */
export async function parseFeed(text: string): Promise<ParsedFeed> {
  const feedsmith = await import("feedsmith");
  let parsed: { format: FeedFormat; feed: unknown };
  try {
    // A document type is of no use in a feed, and the door for tricks with entities.
    if (/<!DOCTYPE[^>]{0,1000}[[<]/i.test(text)) throw new Error("a document type of its own");
    parsed = feedsmith.parseFeed(text);
  } catch {
    throw new SpellError("VALIDATION_FAILED", "this is no feed: neither RSS nor Atom nor JSON Feed");
  }
  const { format } = parsed;
  const raw = new Reader(parsed.feed);
  const feed = READERS[format](raw);
  return { format, feed, problems: problemsOf(format, raw, feed) };
}

/** A value of unknown shape, of which every part may be missing. */
class Reader {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  at(...path: (string | number)[]): Reader {
    let value = this.#value;
    for (const key of path) {
      const known = isRecord(value) || Array.isArray(value);
      value =
        known && Object.hasOwn(value as object, key) ? (value as Record<string | number, unknown>)[key] : undefined;
    }
    return new Reader(value);
  }

  /** A text that says something, or the first of several that do. */
  text(...others: Reader[]): string | undefined {
    const own = typeof this.#value === "string" && this.#value.trim() !== "" ? this.#value : undefined;
    return own ?? others[0]?.text(...others.slice(1));
  }

  number(): number | undefined {
    return typeof this.#value === "number" ? this.#value : undefined;
  }

  list(): Reader[] {
    return Array.isArray(this.#value) ? this.#value.map((item) => new Reader(item)) : [];
  }

  texts(...path: string[]): string[] | undefined {
    const found = this.list().flatMap((item) => item.at(...path).text() ?? []);
    return found.length === 0 ? undefined : found;
  }

  /** ISO 8601, or undefined for what is no time. */
  time(...others: Reader[]): string | undefined {
    const text = this.text();
    const time = new Date(text ?? "");
    return Number.isNaN(time.getTime()) ? others[0]?.time(...others.slice(1)) : time.toISOString();
  }
}

type Fields<T> = { [K in keyof T]?: T[K] | undefined };
const feedOf = (fields: Fields<Feed>, items: Fields<FeedItem>[]): Feed => ({
  ...(defined(fields) as Partial<Feed>),
  items: items.map((item) => defined(item) as FeedItem),
});

function readRss(feed: Reader): Feed {
  return feedOf(
    {
      title: feed.at("title").text(feed.at("dc", "titles", 0)),
      description: feed.at("description").text(),
      link: feed.at("link").text(),
      language: feed.at("language").text(feed.at("dc", "languages", 0)),
      updated: feed.at("lastBuildDate").time(feed.at("pubDate"), feed.at("dc", "dates", 0)),
    },
    feed
      .at("items")
      .list()
      .map((item) => ({
        id: item.at("guid", "value").text(item.at("rdf", "about")),
        title: item.at("title").text(),
        link: item.at("link").text(),
        summary: item.at("description").text(),
        content: item.at("content", "encoded").text(),
        published: item.at("pubDate").time(item.at("dc", "dates", 0)),
        authors: item.at("authors").texts("name") ?? item.at("dc", "creators").texts(),
        categories: item.at("categories").texts("name") ?? item.at("dc", "subjects").texts(),
        enclosures: enclosures(item.at("enclosures").list(), "url", "type", "length"),
      })),
  );
}

function readAtom(feed: Reader): Feed {
  const page = (links: Reader): string | undefined =>
    links
      .list()
      .find((link) => (link.at("rel").text() ?? "alternate") === "alternate")
      ?.at("href")
      .text();
  return feedOf(
    {
      title: feed.at("title", "value").text(),
      description: feed.at("subtitle", "value").text(),
      link: page(feed.at("links")),
      updated: feed.at("updated").time(),
    },
    feed
      .at("entries")
      .list()
      .map((entry) => ({
        id: entry.at("id").text(),
        title: entry.at("title", "value").text(),
        link: page(entry.at("links")),
        summary: entry.at("summary", "value").text(),
        content: entry.at("content", "value").text(),
        published: entry.at("published").time(),
        updated: entry.at("updated").time(),
        authors: entry.at("authors").texts("name"),
        categories: entry.at("categories").texts("term"),
        enclosures: enclosures(
          entry
            .at("links")
            .list()
            .filter((link) => link.at("rel").text() === "enclosure"),
          "href",
          "type",
          "length",
        ),
      })),
  );
}

function readJson(feed: Reader): Feed {
  return feedOf(
    {
      title: feed.at("title").text(),
      description: feed.at("description").text(),
      link: feed.at("home_page_url").text(),
      language: feed.at("language").text(),
    },
    feed
      .at("items")
      .list()
      .map((item) => ({
        id: item.at("id").text(),
        title: item.at("title").text(),
        link: item.at("url").text(item.at("external_url")),
        summary: item.at("summary").text(),
        content: item.at("content_html").text(item.at("content_text")),
        published: item.at("date_published").time(),
        updated: item.at("date_modified").time(),
        authors: item.at("authors").texts("name"),
        categories: item.at("tags").texts(),
        enclosures: enclosures(item.at("attachments").list(), "url", "mime_type", "size_in_bytes"),
      })),
  );
}

const READERS: Readonly<Record<FeedFormat, (feed: Reader) => Feed>> = {
  rss: readRss,
  rdf: readRss,
  atom: readAtom,
  json: readJson,
};

function enclosures(found: Reader[], url: string, type: string, length: string): FeedItem["enclosures"] {
  const read = found.flatMap((item) => {
    const address = item.at(url).text();
    return address === undefined
      ? []
      : [{ url: address, ...defined({ type: item.at(type).text(), length: item.at(length).number() }) }];
  });
  return read.length === 0 ? undefined : read;
}

/** RSS 2.0, RFC 4287 and JSON Feed 1.1, as far as their demands can be seen here. */
function problemsOf(format: FeedFormat, raw: Reader, feed: Feed): string[] {
  const atom = format === "atom";
  const missing = [
    ...(feed.title === undefined ? ["the feed has no title"] : []),
    ...(atom && raw.at("id").text() === undefined ? ["the feed has no id"] : []),
    ...(atom && feed.updated === undefined ? ["the feed has no time of its last update"] : []),
    ...((format === "rss" || format === "rdf") && feed.link === undefined ? ["the feed has no link"] : []),
    ...((format === "rss" || format === "rdf") && feed.description === undefined
      ? ["the feed has no description"]
      : []),
  ];
  for (const [index, item] of feed.items.entries()) {
    const say = (what: string): number => missing.push(`item ${index + 1} has no ${what}`);
    if (format !== "rss" && format !== "rdf" && item.id === undefined) say("id");
    if (format === "rss" && item.title === undefined && item.summary === undefined) say("title and no description");
    if ((atom || format === "rdf") && item.title === undefined) say("title");
    if (atom && item.updated === undefined) say("time of its last update");
    if (format === "rdf" && item.link === undefined) say("link");
    if (format === "json" && item.content === undefined) say("content");
  }
  return missing;
}
