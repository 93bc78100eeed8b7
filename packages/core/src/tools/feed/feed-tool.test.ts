import { describe, expect, it } from "vitest";
import { serve } from "../../testing/loopback.js";
import { NOT_IN_XML } from "../../formats/xml.js";
import { executeTool } from "../execute.js";
import { createFeedTool } from "./feed-tool.js";

const RSS = `<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>News &amp; more</title><link>http://a.test/</link><description>All of it</description><language>en</language>
<lastBuildDate>Tue, 07 Jan 2020 10:00:00 GMT</lastBuildDate>
<item><title><![CDATA[Tea <leaves>]]></title><link>http://a.test/1</link><guid isPermaLink="false">n1</guid>
<pubDate>Mon, 06 Jan 2020 10:00:00 +0100</pubDate><description>About &lt;b&gt;tea&lt;/b&gt;</description>
<content:encoded><![CDATA[<p>All about tea</p>]]></content:encoded><category>Drinks</category><category>Plants</category>
<dc:creator>Ann</dc:creator><enclosure url="http://a.test/1.mp3" length="12" type="audio/mpeg"/></item>
<item><title>Coffee</title><link>http://a.test/2</link><pubDate>Tue, 07 Jan 2020 09:00:00 GMT</pubDate></item>
<item><title>Old</title><pubDate>not a date</pubDate></item>
</channel></rss>`;

const ATOM = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Log</title><subtitle>Of things</subtitle><id>urn:l</id>
<updated>2021-02-03T04:05:06Z</updated><link rel="self" href="http://b.test/feed"/><link href="http://b.test/"/>
<entry><title type="html">&lt;i&gt;One&lt;/i&gt;</title><id>urn:l:1</id><updated>2021-02-03T04:05:06+01:00</updated>
<published>2021-02-01T00:00:00Z</published><link rel="alternate" href="http://b.test/1"/>
<link rel="enclosure" href="http://b.test/1.ogg" type="audio/ogg" length="7"/>
<author><name>Bob</name></author><category term="log"/><summary>Short</summary><content type="html">&lt;p&gt;Long&lt;/p&gt;</content></entry></feed>`;

const JSON_FEED = JSON.stringify({
  version: "https://jsonfeed.org/version/1.1",
  title: "Notes",
  home_page_url: "http://c.test/",
  items: [
    {
      id: "1",
      url: "http://c.test/1",
      content_text: "Hello",
      date_published: "2022-01-01T00:00:00Z",
      authors: [{ name: "Cy" }],
      tags: ["hi"],
      attachments: [{ url: "http://c.test/1.png", mime_type: "image/png", size_in_bytes: 9 }],
    },
  ],
});

const RDF = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="http://d.test/"><title>Old feed</title><link>http://d.test/</link><description>d</description></channel>
<item rdf:about="http://d.test/1"><title>First</title><link>http://d.test/1</link><dc:date>2001-01-01</dc:date></item></rdf:RDF>`;

const tool = createFeedTool({ maxBytes: 100_000 });
const context = { signal: new AbortController().signal };
const call = (operation: string, content: string, more: object = {}): Promise<Record<string, unknown>> =>
  executeTool(tool, { operation, content, ...more }, context) as Promise<Record<string, unknown>>;

describe("feed", () => {
  it("TOOL-16: reads RSS 2.0 with all that it says", async () => {
    expect(await call("parse", RSS)).toEqual({
      format: "rss",
      feed: {
        title: "News & more",
        description: "All of it",
        link: "http://a.test/",
        language: "en",
        updated: "2020-01-07T10:00:00.000Z",
        items: [
          {
            id: "n1",
            title: "Tea <leaves>",
            link: "http://a.test/1",
            summary: "About <b>tea</b>",
            content: "<p>All about tea</p>",
            published: "2020-01-06T09:00:00.000Z",
            authors: ["Ann"],
            categories: ["Drinks", "Plants"],
            enclosures: [{ url: "http://a.test/1.mp3", type: "audio/mpeg", length: 12 }],
          },
          { title: "Coffee", link: "http://a.test/2", published: "2020-01-07T09:00:00.000Z" },
          { title: "Old" },
        ],
      },
    });
  });

  it("TOOL-16: reads Atom, JSON Feed and RSS 1.0 into the same shape", async () => {
    expect(await call("parse", ATOM)).toEqual({
      format: "atom",
      feed: {
        title: "Log",
        description: "Of things",
        link: "http://b.test/",
        updated: "2021-02-03T04:05:06.000Z",
        items: [
          {
            id: "urn:l:1",
            title: "<i>One</i>",
            link: "http://b.test/1",
            summary: "Short",
            content: "<p>Long</p>",
            published: "2021-02-01T00:00:00.000Z",
            updated: "2021-02-03T03:05:06.000Z",
            authors: ["Bob"],
            categories: ["log"],
            enclosures: [{ url: "http://b.test/1.ogg", type: "audio/ogg", length: 7 }],
          },
        ],
      },
    });
    expect(await call("parse", JSON_FEED)).toMatchObject({
      format: "json",
      feed: {
        title: "Notes",
        link: "http://c.test/",
        items: [
          {
            content: "Hello",
            authors: ["Cy"],
            categories: ["hi"],
            enclosures: [{ url: "http://c.test/1.png", type: "image/png", length: 9 }],
          },
        ],
      },
    });
    expect(await call("parse", RDF)).toMatchObject({
      format: "rdf",
      feed: { items: [{ id: "http://d.test/1", title: "First", published: "2001-01-01T00:00:00.000Z" }] },
    });
    for (const [content, format] of [
      [RSS, "rss"],
      [ATOM, "atom"],
      [JSON_FEED, "json"],
      [RDF, "rdf"],
    ] as const)
      expect(await call("detect", content)).toEqual({ format });
  });

  it("TOOL-16: filters and extracts", async () => {
    const titles = async (filter: object): Promise<unknown[]> =>
      ((await call("extract", RSS, { filter, fields: ["title"] }))["items"] as { title: string }[]).map(
        ({ title }) => title,
      );
    expect(await titles({})).toEqual(["Tea <leaves>", "Coffee", "Old"]);
    expect(await titles({ search: "ALL tea" })).toEqual(["Tea <leaves>"]);
    expect(await titles({ category: "plants", author: "ann" })).toEqual(["Tea <leaves>"]);
    expect(await titles({ after: "2020-01-06T12:00:00Z" })).toEqual(["Coffee"]);
    expect(await titles({ before: "2020-01-06T12:00:00Z" })).toEqual(["Tea <leaves>"]);
    expect(await titles({ limit: 1 })).toEqual(["Coffee"]);
    expect(await call("extract", RSS, { filter: { limit: 1 } })).toEqual({
      items: [{ title: "Coffee", link: "http://a.test/2", published: "2020-01-07T09:00:00.000Z" }],
    });
    await expect(titles({ after: "yesterday" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("TOOL-16: says what a feed lacks", async () => {
    expect(await call("validate", ATOM)).toEqual({ format: "atom", valid: true, problems: [] });
    expect(await call("validate", RSS)).toMatchObject({ valid: true });
    expect(await call("validate", '<rss version="2.0"><channel><item><link>x</link></item></channel></rss>')).toEqual({
      format: "rss",
      valid: false,
      problems: [
        "the feed has no title",
        "the feed has no link",
        "the feed has no description",
        "item 1 has no title and no description",
      ],
    });
    expect(
      await call(
        "validate",
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><summary>x</summary></entry></feed>',
      ),
    ).toMatchObject({ problems: { length: 5 } });
    const bare = '{"version":"https://jsonfeed.org/version/1","items":[{"url":"http://x"}]}';
    expect(await call("validate", bare)).toMatchObject({ problems: { length: 3 } });
  });

  it("TOOL-16: converts between the formats and keeps what both can say", async () => {
    const original = (await call("parse", RSS))["feed"];
    for (const to of ["rss", "atom", "json"] as const) {
      const { content } = await call("convert", RSS, { to, filter: { category: "drinks" } });
      const back = (await call("parse", String(content)))["feed"] as { items: object[] };
      const [item] = (original as { items: Record<string, unknown>[] }).items;
      const same = to === "rss" ? { ...item, authors: ["Ann"] } : item;
      expect(back.items).toHaveLength(1);
      expect(back.items[0]).toMatchObject(same ?? {});
      expect(await call("validate", String(content))).toMatchObject({ format: to, valid: true });
    }
    for (const to of ["rss", "atom", "json"])
      expect(await call("validate", String((await call("convert", RDF, { to }))["content"]))).toMatchObject({
        valid: true,
      });
    await expect(call("convert", RSS)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("TOOL-16: writes XML that others read, whatever is in the feed", async () => {
    const item = { id: "1", title: "a \u0000\u001b]]> b", content_text: "\uffff<c>" };
    const feed = JSON.stringify({ version: "https://jsonfeed.org/version/1.1", title: "t", items: [item] });
    for (const to of ["rss", "atom"]) {
      const { content } = await call("convert", feed, { to });
      expect(content).not.toMatch(NOT_IN_XML);
      expect(await call("parse", String(content))).toMatchObject({
        feed: { items: [{ title: "a ]]> b", content: "<c>" }] },
      });
    }
  });

  it("TOOL-16: refuses what is no feed, too large, or a trick", async () => {
    for (const content of [
      "<html></html>",
      "{}",
      "",
      "<rss",
      '<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><rss version="2.0"><channel><title>&b;</title></channel></rss>',
      '<!DOCTYPE r SYSTEM "file:///etc/passwd" [<!ENTITY % x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel/></rss>',
    ])
      await expect(call("parse", content), `${content}`).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(call("parse", `${RSS}${" ".repeat(100_000)}`)).rejects.toMatchObject({ code: "TOO_LARGE" });
    const named = '{"version":"https://jsonfeed.org/version/1","title":"x","__proto__":{"polluted":1},"items":[]}';
    await call("parse", named);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it("TOOL-16: fetches a feed, under the policy and with its cap", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/gone") response.statusCode = 404;
      if (request.url === "/large") response.end("x".repeat(200_000));
      else response.end(RSS);
    });
    await using fetching = createFeedTool({ maxBytes: 100_000, policy: { addresses: ["127.0.0.1"] } });
    const asked: unknown[] = [];
    const authorize = (request: object): void => void asked.push(request);
    const get = (url: string): Promise<unknown> =>
      executeTool(fetching, { operation: "detect", url }, { ...context, authorize });
    expect(await get(server.url)).toEqual({ format: "rss" });
    expect(asked).toEqual([{ capability: "network", scope: "127.0.0.1" }]);
    await expect(get(`${server.url}/gone`)).rejects.toMatchObject({ code: "HTTP_STATUS", details: { status: 404 } });
    await expect(get(`${server.url}/large`)).rejects.toMatchObject({ code: "TOO_LARGE" });
    await expect(executeTool(tool, { operation: "detect", url: server.url }, context)).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    await expect(executeTool(tool, { operation: "detect" }, context)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
  });
});
