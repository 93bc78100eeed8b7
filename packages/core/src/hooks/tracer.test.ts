import { describe, expect, it } from "vitest";
import { createTracer } from "./tracer.js";

describe("createTracer", () => {
  it("STD-30: spans nest across awaits, beside each other too", async () => {
    const tracer = createTracer();
    const step = (name: string, ms: number): Promise<void> =>
      tracer.within(name, async () => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        await tracer.within(`${name}.inner`, async (span) => {
          expect(tracer.current).toBe(span);
          await new Promise((resolve) => setTimeout(resolve, ms));
        });
      });
    await tracer.within("root", () => Promise.all([step("a", 4), step("b", 1)]));
    expect(tracer.current).toBeUndefined();
    const spans = tracer.trace()?.spans ?? [];
    const idOf = (wanted: string): string | undefined => spans.find(({ name }) => name === wanted)?.span_id;
    expect(Object.fromEntries(spans.map(({ name, parent_id }) => [name, parent_id]))).toEqual({
      root: undefined,
      a: idOf("root"),
      b: idOf("root"),
      "a.inner": idOf("a"),
      "b.inner": idOf("b"),
    });
    expect(new Set(spans.map(({ trace_id }) => trace_id)).size).toBe(1);
  });

  it("ends on errors, with events and attributes; once ended it stays", async () => {
    let now = 5;
    const tracer = createTracer({ clock: { now: () => now++ } });
    const failing = tracer.within("work", async (span) => {
      span.setAttribute("n", 1);
      span.addEvent("half", { at: "here" });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    const span = tracer.start("own", { kind: "client", attributes: { a: 1 } });
    expect(tracer.trace()?.spans).toMatchObject([
      {
        name: "work",
        status: "error",
        message: "no",
        attributes: { n: 1 },
        events: [{ name: "half", time: 6 }],
        end: 7,
      },
    ]);
    span.end("ok");
    expect(() => span.end()).toThrow("the span 'own' has ended");
    expect(tracer.trace(span.data.trace_id)?.spans[0]).toMatchObject({ kind: "client", status: "ok" });
    expect(tracer.trace("none")).toBeUndefined();
    expect(createTracer().trace()).toBeUndefined();
  });

  it("gives headers of W3C Trace Context", async () => {
    const tracer = createTracer();
    await tracer.within("work", async ({ data }) => {
      expect(tracer.headers().traceparent).toBe(`00-${data.trace_id}-${data.span_id}-01`);
    });
    expect(tracer.headers().traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
  });
});
