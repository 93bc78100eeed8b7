import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEvent, eventFromJson, eventToJson, SEVERITIES } from "./event.js";

describe("events", () => {
  it("EVT-1: have all their parts and survive JSON", () => {
    const event = createEvent(
      { type: "order.paid", payload: { sum: 3 }, severity: "warning", source: "shop", correlationId: "c1" },
      { now: () => 42 },
    );
    expect(event).toEqual({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      type: "order.paid",
      category: "order",
      severity: "warning",
      source: "shop",
      timestamp: 42,
      correlationId: "c1",
      payload: { sum: 3 },
    });
    expect(eventFromJson(eventToJson(event))).toEqual(event);
  });

  it("EVT-1: survive JSON whatever they carry", () => {
    // JSON has no -0.
    const payload = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(payload, text, fc.constantFrom(...SEVERITIES), (value, source, severity) => {
        const event = createEvent({ type: "a.b", payload: value, source, severity });
        expect(eventFromJson(eventToJson(event))).toEqual(event);
      }),
    );
  });

  it("have defaults and ids of their own", () => {
    const [a, b] = [createEvent({ type: "x" }), createEvent({ type: "x" })];
    expect(a).toMatchObject({ severity: "info", source: "app", payload: null });
    expect(a.id).not.toBe(b.id);
  });

  it.each(["", ".", "a..b", "a.*", "a b", "x".repeat(201)])("refuse the type %j", (type) => {
    expect(() => createEvent({ type })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("that are malformed are refused by name of the field", () => {
    const good = createEvent({ type: "x" }) as unknown as Record<string, unknown>;
    const read = (change: object) => () => eventFromJson(JSON.stringify({ ...good, ...change }));
    expect(read({})).not.toThrow();
    for (const change of [
      { id: 1 },
      { type: "*" },
      { severity: "loud" },
      { timestamp: "now" },
      { payload: undefined },
    ]) {
      expect(read(change)).toThrow(`'${Object.keys(change)[0]}' of the event is malformed`);
    }
    expect(() => eventFromJson("[]")).toThrow("an event must be a JSON object");
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => eventToJson(createEvent({ type: "x", payload: cycle }))).toThrow(
      "the payload of event 'x' is not JSON",
    );
  });
});
