/** A feed of any format. What a feed does not say is left out. Times are ISO 8601. */
export interface Feed {
  title?: string;
  description?: string;
  /** The page that the feed belongs to. */
  link?: string;
  language?: string;
  updated?: string;
  items: FeedItem[];
}

export interface FeedItem {
  id?: string;
  title?: string;
  link?: string;
  summary?: string;
  /** Mostly HTML: of a stranger, never to be shown as it is. */
  content?: string;
  published?: string;
  updated?: string;
  authors?: string[];
  categories?: string[];
  enclosures?: { url: string; type?: string; length?: number }[];
}

/** `rdf` is RSS 1.0 and 0.90; it is read but not written. */
export type FeedFormat = "rss" | "atom" | "json" | "rdf";

/** Which items are wanted; every given field must fit. */
export interface FeedFilter {
  /** Words that each occur in title, summary or content. Case is no difference. */
  search?: string;
  category?: string;
  author?: string;
  /** Times; an item without one does not fit. */
  after?: string;
  before?: string;
  /** The newest so many, in the order of the feed. */
  limit?: number;
}

export function filterItems(items: readonly FeedItem[], filter: FeedFilter): FeedItem[] {
  const { search = "", category, author, after, before, limit = items.length } = filter;
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const found = items.filter((item) => {
    const text = [item.title, item.summary, item.content].join("\n").toLowerCase();
    const time = timeOf(item);
    return (
      words.every((word) => text.includes(word)) &&
      (category === undefined || has(item.categories, category)) &&
      (author === undefined || has(item.authors, author)) &&
      (after === undefined || time > Date.parse(after)) &&
      (before === undefined || time < Date.parse(before))
    );
  });
  const newest = new Set(found.toSorted((a, b) => newer(a, b)).slice(0, limit));
  return found.filter((item) => newest.has(item));
}

const timeOf = ({ published, updated }: FeedItem): number => Date.parse(published ?? updated ?? "");
const has = (values: readonly string[] = [], wanted: string): boolean =>
  values.some((value) => value.toLowerCase() === wanted.toLowerCase());

function newer(a: FeedItem, b: FeedItem): number {
  const [left, right] = [timeOf(a) || 0, timeOf(b) || 0];
  return right - left;
}
