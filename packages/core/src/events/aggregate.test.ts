import { describe, expect, it } from "vitest";
import { aggregateEvents } from "./aggregate.js";
import { createEmitter } from "./emitter.js";

describe("an aggregate", () => {
  it("EVT-6: counts, sums and averages a field", () => {
    let now = 0;
    const events = createEmitter();
    using figures = aggregateEvents(events, { pattern: "tool.*", field: "payload.ms", clock: { now: () => now } });
    expect(figures.values()).toMatchObject({ count: 0, sum: 0, average: undefined, min: undefined, rate: 0 });
    for (const ms of [10, 20, 60]) events.emit({ type: "tool.completed", payload: { ms } });
    events.emit({ type: "tool.completed", payload: { ms: "no number" } });
    events.emit({ type: "tool.completed" });
    events.emit({ type: "agent.completed", payload: { ms: 1000 } });
    now = 2000;
    expect(figures.values()).toEqual({ count: 5, sum: 90, average: 30, min: 10, max: 60, rate: 2.5 });
  });

  it("EVT-6: the rate over a window is the rate of emission", () => {
    let now = 0;
    const events = createEmitter();
    using figures = aggregateEvents(events, { windowMs: 1000, clock: { now: () => now } });
    // 100 a second for five seconds, then 50 a second for two.
    for (; now < 5000; now += 10) events.emit({ type: "x" });
    now -= 10;
    expect(figures.values().rate).toBe(100);
    for (now = 5000; now < 7000; now += 20) events.emit({ type: "x" });
    now -= 20;
    expect(figures.values()).toMatchObject({ count: 50, rate: 50 });
    now += 5000;
    expect(figures.values()).toMatchObject({ count: 0, rate: 0 });
  });

  it("counts only what passes the filter and ends with its scope", () => {
    const events = createEmitter();
    {
      using figures = aggregateEvents(events, { filter: ({ payload }) => payload === 1 });
      for (const payload of [1, 2, 1]) events.emit({ type: "x", payload });
      expect(figures.values().count).toBe(2);
    }
    expect(events.size).toBe(0);
    expect(() => aggregateEvents(events, { windowMs: 0 })).toThrow("'windowMs'");
  });

  it("tells the figures of each step of its window", () => {
    let now = 0;
    const events = createEmitter();
    using figures = aggregateEvents(events, { field: "payload", windowMs: 1000, clock: { now: () => now } });
    events.emit({ type: "x", payload: 4 });
    now = 500;
    events.emit({ type: "x" });
    expect(figures.buckets()).toEqual([
      { start: 0, count: 1, sum: 4, average: 4, min: 4, max: 4 },
      { start: 500, count: 1, sum: 0, average: undefined, min: undefined, max: undefined },
    ]);
  });
});
