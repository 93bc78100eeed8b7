import { SpellError } from "@llmspell/errors";
import { NOT_IN_XML } from "../../formats/xml.js";
import { defined } from "../../json.js";
import type { Feed, FeedItem } from "./feed.js";

/**
 * A feed as RSS 2.0, Atom or JSON Feed 1.1. What a format demands is made up of what
 * is there: an id of the link, a time of the newest item. Characters that XML cannot have are left out.
 *
 * @throws SpellError `UNSUPPORTED` for what cannot be written.
 */
export async function writeFeed(feed: Feed, format: "rss" | "atom" | "json"): Promise<string> {
  const feedsmith = await import("feedsmith");
  try {
    if (format === "json") return JSON.stringify(feedsmith.generateJsonFeed(jsonFeed(feed) as never), null, 2);
    const xml =
      format === "rss"
        ? feedsmith.generateRssFeed(rssFeed(feed) as never)
        : feedsmith.generateAtomFeed(atomFeed(feed) as never);
    // One such character, and no reader takes any of the feed.
    return xml.replaceAll(new RegExp(NOT_IN_XML, "gu"), "");
  } catch {
    throw new SpellError("UNSUPPORTED", `this feed cannot be written as ${format}`);
  }
}

const idOf = ({ id, link }: FeedItem, index: number): string => id ?? link ?? `item-${index + 1}`;
const dated = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

function updatedOf({ updated, items }: Feed): string {
  const times = items.flatMap((item) => item.updated ?? item.published ?? []);
  return updated ?? times.toSorted().at(-1) ?? new Date(0).toISOString();
}

function rssFeed(feed: Feed): unknown {
  const { title = "", link = "", description = title, language, items } = feed;
  return {
    ...defined({ language, lastBuildDate: dated(feed.updated) }),
    title,
    link,
    description,
    items: items.map((item) =>
      defined({
        guid: item.id === undefined ? undefined : { value: item.id, isPermaLink: item.id === item.link },
        title: item.title,
        link: item.link,
        description: item.summary,
        content: item.content === undefined ? undefined : { encoded: item.content },
        pubDate: dated(item.published ?? item.updated),
        authors: item.authors?.map((name) => ({ name })),
        categories: item.categories?.map((name) => ({ name })),
        enclosures: item.enclosures?.map(({ url, type = "application/octet-stream", length = 0 }) => ({
          url,
          type,
          length,
        })),
      }),
    ),
  };
}

function atomFeed(feed: Feed): unknown {
  const updated = updatedOf(feed);
  return {
    ...defined({ subtitle: feed.description === undefined ? undefined : { value: feed.description } }),
    title: { value: feed.title ?? "" },
    id: feed.link ?? "urn:llmspell:feed",
    updated: new Date(updated),
    links: feed.link === undefined ? [] : [{ href: feed.link, rel: "alternate" }],
    entries: feed.items.map((item, index) =>
      defined({
        id: idOf(item, index),
        title: { value: item.title ?? "" },
        updated: dated(item.updated ?? item.published ?? updated),
        published: dated(item.published),
        summary: item.summary === undefined ? undefined : { value: item.summary, type: "html" },
        content: item.content === undefined ? undefined : { value: item.content, type: "html" },
        authors: item.authors?.map((name) => ({ name })),
        categories: item.categories?.map((term) => ({ term })),
        links: [
          ...(item.link === undefined ? [] : [{ href: item.link, rel: "alternate" }]),
          ...(item.enclosures ?? []).map(({ url, ...rest }) => ({ href: url, rel: "enclosure", ...rest })),
        ],
      }),
    ),
  };
}

function jsonFeed(feed: Feed): unknown {
  return {
    ...defined({ description: feed.description, language: feed.language, home_page_url: feed.link }),
    title: feed.title ?? "",
    items: feed.items.map((item, index) =>
      defined({
        id: idOf(item, index),
        title: item.title,
        url: item.link,
        summary: item.summary,
        content_html: item.content,
        // An item must have a content.
        content_text: item.content === undefined ? (item.summary ?? item.title ?? "") : undefined,
        date_published: dated(item.published),
        date_modified: dated(item.updated),
        authors: item.authors?.map((name) => ({ name })),
        tags: item.categories,
        attachments: item.enclosures?.map(({ url, type = "application/octet-stream", length }) => ({
          url,
          mime_type: type,
          ...defined({ size_in_bytes: length }),
        })),
      }),
    ),
  };
}
