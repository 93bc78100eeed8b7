import { describe, expect, it } from "vitest";
import { limitedBody } from "./limited-body.js";

const read = (text: string, type: string): Promise<string> =>
  limitedBody(new Response(text, { headers: { "content-type": type } }), 10).text();

describe("limitedBody", () => {
  it("bounds a body as a whole", async () => {
    expect(await read("0123456789", "application/json")).toBe("0123456789");
    await expect(read("0123456789\n\n0", "application/json")).rejects.toMatchObject({ code: "TOO_LARGE" });
    expect(limitedBody(new Response(null, { status: 204 }), 10).status).toBe(204);
  });

  it("bounds each event of a stream of events", async () => {
    for (const end of ["\n\n", "\r\n\r\n"]) {
      const events = `data: 1${end}`.repeat(100);
      expect(await read(events, "text/event-stream; charset=utf-8")).toBe(events);
    }
    for (const long of ["data: 0123456789", "data:1\ndata:2\n", "a\nb\nc\nd\ne\nf\n"])
      await expect(read(long, "text/event-stream"), `${long}`).rejects.toMatchObject({ code: "TOO_LARGE" });
  });
});
