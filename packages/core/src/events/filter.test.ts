import { describe, expect, it } from "vitest";
import { createEvent } from "./event.js";
import { compileFilter, compilePlainFilter, type EventFilter } from "./filter.js";

const event = createEvent({
  type: "tool.completed",
  severity: "info",
  timestamp: 1000,
  payload: { name: "weather", durationMs: 120, tags: ["net", "slow"], nested: { deep: { value: null } } },
});

const passes = async (filter: unknown): Promise<boolean> => (await compileFilter(filter as EventFilter))(event);
const field = (name: string, op: string, value?: unknown): unknown => ({ field: name, op, value });

describe("filters", () => {
  it.each([
    [field("payload.name", "eq", "weather"), true],
    [field("payload.name", "ne", "weather"), false],
    [field("payload.durationMs", "gt", 119), true],
    [field("payload.durationMs", "gt", 120), false],
    [field("payload.durationMs", "gte", 120), true],
    [field("payload.durationMs", "lt", 120), false],
    [field("payload.durationMs", "lte", 120), true],
    [field("payload.durationMs", "gt", "1"), false],
    [field("payload.name", "lt", "x"), true],
    [field("severity", "in", ["info", "error"]), true],
    [field("payload.tags", "contains", "net"), true],
    [field("payload.name", "contains", "eat"), true],
    [field("payload.name", "contains", 3), false],
    [field("payload.durationMs", "contains", 1), false],
    [field("payload.nested.deep", "eq", { value: null }), true],
    [field("payload.nested.deep", "eq", { value: 0 }), false],
    [field("payload.tags", "eq", ["net", "slow"]), true],
    [field("payload.tags", "eq", { 0: "net", 1: "slow" }), false],
    [field("payload.missing", "exists"), false],
    [field("payload.nested.deep.value", "exists"), true],
    [field("payload.missing", "exists", false), true],
    // Only own properties: the prototype is no part of an event.
    [field("payload.constructor", "exists"), false],
    [field("payload.name", "matches", "^wea.*r$"), true],
    [field("payload.durationMs", "matches", "120"), false],
    [{ type: "tool.*" }, true],
    [{ type: "agent.*" }, false],
    [{ not: { type: "agent.*" } }, true],
    [{ and: [{ type: "tool.*" }, field("payload.durationMs", "gt", 100)] }, true],
    [{ and: [{ type: "tool.*" }, field("payload.durationMs", "gt", 200)] }, false],
    [{ or: [{ type: "x" }, { not: { and: [{ type: "y" }] } }] }, true],
    [{ and: [] }, true],
    [{ or: [] }, false],
  ])("EVT-3: %j gives %s", async (filter, expected) => {
    expect(await passes(filter)).toBe(expected);
  });

  it("EVT-3: a regular expression cannot take for ever", async () => {
    const hostile = createEvent({ type: "x", payload: `${"a".repeat(99_999)}!` });
    const filter = await compileFilter({ field: "payload", op: "matches", value: "^(a+)+$" });
    expect(filter(hostile)).toBe(false);
    const all = await compileFilter({ field: "payload", op: "matches", value: "a" });
    expect(all(hostile)).toBe(true);
    expect(all({ ...hostile, payload: "a".repeat(100_001) })).toBe(false);
  });

  it("EVT-3: the larger a regular expression, the shorter the texts that it is tried on", async () => {
    const of = async (value: string) => await compileFilter({ field: "payload", op: "matches", value });
    const text = (length: number) => createEvent({ type: "x", payload: "ab".repeat(length / 2) });
    // Nearly a thousand instructions, all of them at work at every character.
    const large = await of("(?:[ab]?.?){490}[ab]$");
    expect([large(text(1000)), large(text(2000)), large(text(20_000))]).toEqual([true, true, false]);
    expect((await of("^(a|b)+$"))(text(100_000))).toBe(true);
  });

  it("refuse what contains itself", async () => {
    const filter: { and: unknown[] } = { and: [] };
    for (let index = 0; index < 50; index++) filter.and.push(filter);
    await expect(passes(filter)).rejects.toThrow("too large");
  });

  it.each([
    [null, "filter must be an object"],
    [{ and: {} }, "filter.and must be a list"],
    [{ or: [{ and: [3] }] }, "filter.or[0].and[0] must be an object"],
    [{ op: "eq" }, "filter needs a 'field'"],
    [field("a", "contain", 1), "'contain' is unknown, did you mean 'contains'"],
    [field("a", "toString", 1), "is unknown"],
    [field("a", "in", 3), "'in' takes a list"],
    [field("a", "gt", null), "take a number or a text"],
    [field("a", "matches", "(?=x)"), "is no regular expression"],
    [field("a", "matches", 5), "must be a regular expression"],
    [{ type: "a..b" }, "no pattern of events"],
    [{ and: Array.from({ length: 2000 }, () => ({ type: "x" })) }, "too large"],
  ])("name what is wrong with %j", async (filter, message) => {
    await expect(passes(filter)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it("refuse depth", async () => {
    let filter: unknown = { type: "x" };
    for (let depth = 0; depth < 5000; depth++) filter = { not: filter };
    await expect(passes(filter)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("are compiled at once when they have no regular expression", () => {
    const test = compilePlainFilter({ field: "payload", op: "gt", value: 1 });
    expect([1, 2].map((payload) => test(createEvent({ type: "x", payload })))).toEqual([false, true]);
    expect(() => compilePlainFilter({ field: "type", op: "matches", value: "x" })).toThrow("made first");
  });
});
