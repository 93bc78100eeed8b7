import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEmitter, type Emitter, type Subscription } from "./emitter.js";
import { compilePattern } from "./pattern.js";

describe("patterns", () => {
  it.each([
    ["agent.*", "agent.started", true],
    ["agent.*", "agent.tool.called", false],
    ["agent.*", "agent", false],
    ["**", "agent.tool.called", true],
    ["agent.**", "agent.tool.called", true],
    ["agent.**", "agent", true],
    ["agent.**", "agents.x", false],
    ["**.failed", "tool.failed", true],
    ["**.failed", "failed", true],
    ["**.failed", "tool.failed.twice", false],
    ["*.step.**.done", "workflow.step.a.b.done", true],
    ["*.step.**.done", "workflow.step.done", true],
    ["**.a.**.b", "a.a.b.a.b", true],
    ["**.a.*.b", "a.x.a.y.b", true],
    ["**.a.*.b", "a.x.a.y.z.b", false],
    ["exact.name", "exact.name", true],
    ["exact.name", "exact", false],
  ])("EVT-2: %s and %s: %s", (pattern, type, expected) => {
    expect(compilePattern(pattern)(type)).toBe(expected);
  });

  it.each(["", "a..b", "a*", "***", "a b", "x".repeat(201), 3 as unknown as string])("refuse %j", (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("EVT-2: match as the definition says, word by word", () => {
    const defined = (pattern: readonly string[], type: readonly string[]): boolean => {
      const [first, ...rest] = pattern;
      if (first === undefined) return type.length === 0;
      if (first === "**") return defined(rest, type) || (type.length > 0 && defined(pattern, type.slice(1)));
      return type.length > 0 && (first === "*" || first === type[0]) && defined(rest, type.slice(1));
    };
    const patterns = fc.array(fc.constantFrom("a", "b", "*", "**"), { minLength: 1, maxLength: 6 });
    const types = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(patterns, types, (pattern, type) => {
        expect(compilePattern(pattern.join("."))(type.join("."))).toBe(defined(pattern, type));
      }),
      { numRuns: 2000 },
    );
  });

  it("take few steps for what makes a naive matcher try for ever", () => {
    const matches = compilePattern(
      Array.from({ length: 50 }, () => "**.a")
        .join(".")
        .slice(0, 199),
    );
    expect(matches(`${"a.".repeat(90)}b`)).toBe(false);
  });
});

/** What a listener heard, as one text. */
function listen(events: Emitter, pattern: string, options = {}): string[] {
  const heard: string[] = [];
  events.on(pattern, ({ type }) => void heard.push(type), options);
  return heard;
}

describe("an emitter", () => {
  it("EVT-2: calls those who listen to the type, by priority and then by subscription", () => {
    const events = createEmitter();
    const order: string[] = [];
    for (const [name, priority] of [
      ["late", 5],
      ["first", -1],
      ["a", 0],
      ["b", 0],
    ] as const) {
      events.on("x.*", () => void order.push(name), { priority });
    }
    const other = listen(events, "y");
    events.emit({ type: "x.y" });
    expect(order).toEqual(["first", "a", "b", "late"]);
    expect(other).toEqual([]);
  });

  it("EVT-2: delivers later to asynchronous listeners, one event after the other", async () => {
    const events = createEmitter();
    const steps: string[] = [];
    events.on(
      "n",
      async ({ payload }) => {
        steps.push(`begin ${String(payload)}`);
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`end ${String(payload)}`);
      },
      { delivery: "async" },
    );
    for (const payload of [1, 2]) events.emit({ type: "n", payload });
    expect(steps).toEqual([]);
    await events.flush();
    expect(steps).toEqual(["begin 1", "end 1", "begin 2", "end 2"]);
  });

  it("EVT-2: keeps the order of priority for events that listeners emit", async () => {
    const events = createEmitter();
    const order: string[] = [];
    const hear = (
      name: string,
      priority: number,
      pattern: string,
      then: (type: string) => Promise<void> = async () => {},
    ): void => {
      const listener = async ({ type }: { type: string }): Promise<void> => {
        order.push(`${name} ${type}`);
        await then(type);
      };
      events.on(pattern, listener, { delivery: "async", priority });
    };
    hear("high", -1, "**", async (type) => {
      if (type === "a") events.emit({ type: "b" });
    });
    hear("normal", 0, "b");
    hear("low", 1, "b");
    events.emit({ type: "a" });
    await events.flush();
    expect(order).toEqual(["high a", "high b", "normal b", "low b"]);
  });

  it("does not hold up others for a listener of higher priority that waits", async () => {
    const events = createEmitter();
    const order: string[] = [];
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    events.on("**", async ({ type }) => (order.push(`high ${type}`), await held), { delivery: "async", priority: -1 });
    events.on("b", () => (order.push("low b"), go()), { delivery: "async" });
    for (const type of ["a", "b"]) events.emit({ type });
    await events.flush();
    expect(order).toEqual(["high a", "low b", "high b"]);
  });

  it("waits in flush for the one event of a listener that hears no more", async () => {
    const events = createEmitter();
    let done = 0;
    const listener = async (): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      done++;
    };
    events.on("x", listener, { delivery: "async", once: true });
    for (const type of ["x", "x"]) events.emit({ type });
    await events.flush();
    expect(done).toBe(1);
  });

  it("drops what waits for a listener that is ended", async () => {
    const events = createEmitter();
    const heard: unknown[] = [];
    const subscription = events.on(
      "x",
      ({ payload }) => {
        heard.push(payload);
        subscription.off();
      },
      { delivery: "async" },
    );
    for (const payload of [1, 2, 3]) events.emit({ type: "x", payload });
    await events.flush();
    expect([heard, subscription.stats]).toMatchObject([[1], { delivered: 1, failed: 0, dropped: 2 }]);
  });

  it("waits in flush for what synchronous listeners promised", async () => {
    const events = createEmitter();
    let done = false;
    events.on("x", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done = true;
    });
    events.emit({ type: "x" });
    expect(done).toBe(false);
    await events.flush();
    expect(done).toBe(true);
  });

  it("bounds what waits for a slow listener", async () => {
    const events = createEmitter();
    const heard: unknown[] = [];
    const { stats } = events.on("x", ({ payload }) => void heard.push(payload), { delivery: "async", maxQueue: 2 });
    for (const payload of [1, 2, 3]) events.emit({ type: "x", payload });
    await events.flush();
    expect([heard, stats]).toMatchObject([[1, 2], { delivered: 2, failed: 0, dropped: 1 }]);
  });

  it("goes on when a listener or a filter throws, and says so", async () => {
    const failures: unknown[] = [];
    const events = createEmitter({
      onError: (error) => {
        failures.push((error as Error).message);
        throw new Error("also this");
      },
    });
    const fail = (message: string) => () => {
      throw new Error(message);
    };
    const { stats } = events.on("x", fail("sync"));
    events.on("x", async () => fail("promised")());
    events.on("x", () => {}, { filter: fail("filter") });
    const heard = listen(events, "x");
    events.emit({ type: "x" });
    await events.flush();
    expect(heard).toEqual(["x"]);
    expect(failures).toEqual(["sync", "filter", "promised"]);
    expect(stats).toMatchObject({ delivered: 1, failed: 1 });
  });

  it("can be changed from inside a listener", () => {
    const events = createEmitter();
    const order: string[] = [];
    events.on("x", () => {
      order.push("a");
      second.off();
      events.on("x", () => void order.push("new"));
    });
    const second = events.on("x", () => void order.push("b"));
    events.emit({ type: "x" });
    expect(order).toEqual(["a"]);
    events.emit({ type: "x" });
    expect(order).toEqual(["a", "a", "new"]);
  });

  it("ends subscriptions by off, once and using", () => {
    const events = createEmitter();
    const once = listen(events, "x", { once: true, filter: () => true });
    {
      using _scoped = events.on("x", () => {});
      expect([events.size, events.hears("x"), events.hears("y")]).toEqual([2, true, false]);
    }
    events.emit({ type: "x" });
    events.emit({ type: "x" });
    expect([once, events.size, events.hears("x")]).toEqual([["x"], 0, false]);
  });

  it("keeps no more types in mind than it must", () => {
    const events = createEmitter();
    const heard = listen(events, "a.*");
    for (let index = 0; index < 3000; index++) events.emit({ type: `a.${index}` });
    expect(heard).toHaveLength(3000);
  });

  it("refuses what is no listener", () => {
    const events = createEmitter();
    expect(() => events.on("x", "no" as never)).toThrow("a listener must be a function");
    expect(() => events.on("x", () => {}, { priority: Number.NaN })).toThrow("'priority'");
  });
});

describe("a subscription", () => {
  it("is paused, moved and asked whether it is on", async () => {
    const heard: string[] = [];
    const events = createEmitter();
    const hear = (name: string): Subscription => events.on("x", () => void heard.push(name));
    const [a, b] = [hear("a"), hear("b")];
    a.priority = 1;
    events.emit({ type: "x" });
    b.paused = true;
    events.emit({ type: "x" });
    b.paused = false;
    a.off();
    events.emit({ type: "x" });
    expect([heard, a.on, b.on, a.priority, b.paused]).toEqual([["b", "a", "a", "b"], false, true, 1, false]);
    a.priority = 5;
    expect(events.size).toBe(1);
    expect(() => (b.priority = Number.NaN)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("asks a condition that waits when the event has its turn, and ends once with the first that fits", async () => {
    const heard: unknown[] = [];
    const errors: unknown[] = [];
    const events = createEmitter({ onError: (error) => errors.push(error) });
    const { stats } = events.on("x", ({ payload }) => void heard.push(payload), {
      delivery: "async",
      once: true,
      when: async ({ payload }) => {
        if (payload === 0) throw new Error("bad condition");
        return payload === 2;
      },
    });
    for (const payload of [0, 1, 2, 2]) events.emit({ type: "x", payload });
    await events.flush();
    expect([heard, events.size, errors.length]).toEqual([[2], 0, 1]);
    expect(stats).toMatchObject({ delivered: 1, failed: 1, dropped: 1, lastError: new Error("bad condition") });
    expect(() => events.on("x", () => {}, { when: () => true })).toThrow("'when' needs");
  });
});
