import { describe, expect, it } from "vitest";
import { FairScheduler, createTenant, type Tenant } from "../index.js";
import { Seat } from "./seat.js";

const SLICE = 1_000_000;

/** A scheduler whose turns of the event loop the test makes. */
function makeScheduler() {
  const turns: (() => void)[] = [];
  const delays: number[] = [];
  const scheduler = new FairScheduler({
    defer: (run) => void turns.push(run),
    delay: (run, ms) => {
      delays.push(ms);
      turns.push(run);
    },
  });
  const order: string[] = [];
  const loop = (count: number): void => {
    for (let i = 0; i < count; i++) turns.shift()?.();
  };
  /** A guest that computes for ever: `fuel` in each slice. */
  const endless = (name: string, tenant: Tenant, fuel = SLICE): void => {
    const seat = new Seat(tenant, {});
    const pause = scheduler.pauseFor(tenant);
    const slice = (): void => {
      order.push(name);
      seat.spend(fuel);
      pause(slice);
    };
    pause(slice);
  };
  return { scheduler, turns, delays, order, loop, endless };
}

const count = (order: readonly string[], name: string): number => order.filter((other) => other === name).length;

/** The most slices of others between two of `name`. */
function longestWait(order: readonly string[], name: string): number {
  const at = order.flatMap((other, i) => (other === name ? [i] : []));
  return Math.max(...at.slice(1).map((position, i) => position - (at[i] ?? 0) - 1));
}

describe("FairScheduler", () => {
  it("gives turns to tenants, however many guests one has", () => {
    const { order, loop, endless } = makeScheduler();
    const [hostile, nice] = [createTenant({ name: "hostile" }), createTenant({ name: "nice" })];
    for (let i = 0; i < 100; i++) endless("hostile", hostile);
    endless("nice", nice);
    loop(1_000);
    expect(longestWait(order, "nice")).toBe(1);
    expect(count(order, "nice")).toBe(500);
  });

  it("gives turns to the guests of one tenant in order", () => {
    const { order, loop, endless } = makeScheduler();
    const tenant = createTenant({ name: "t" });
    for (const name of ["a", "b", "c"]) endless(name, tenant);
    loop(6);
    expect(order.join("")).toBe("abcabc");
  });

  it("makes a tenant wait for what it took at a time without a pause", () => {
    const { order, loop, endless } = makeScheduler();
    endless("greedy", createTenant({ name: "greedy" }), 10 * SLICE);
    endless("nice", createTenant({ name: "nice" }));
    loop(110);
    expect(count(order, "greedy")).toBe(10);
    expect(longestWait(order, "nice")).toBe(1);
  });

  it("counts what guests use beside their slices", () => {
    const { order, loop, endless } = makeScheduler();
    const [busy, nice] = [createTenant({ name: "busy" }), createTenant({ name: "nice" })];
    endless("busy", busy);
    endless("nice", nice);
    loop(2);
    new Seat(busy, {}).spend(20 * SLICE);
    loop(18);
    expect(order.slice(2).every((name) => name === "nice")).toBe(true);
  });

  it("gives by weight", () => {
    const { order, loop, endless } = makeScheduler();
    endless("heavy", createTenant({ name: "heavy", weight: 3 }));
    endless("light", createTenant({ name: "light" }));
    loop(400);
    expect(count(order, "heavy")).toBe(300);
  });

  it("does not let a tenant that was away take all turns", () => {
    const { order, loop, endless } = makeScheduler();
    endless("old", createTenant({ name: "old" }));
    loop(1_000);
    order.length = 0;
    endless("new", createTenant({ name: "new" }));
    loop(20);
    expect(count(order, "new")).toBe(10);
  });

  it("passes over guests that were killed while they waited", () => {
    const { scheduler, order, loop, endless } = makeScheduler();
    const dead = createTenant({ name: "dead" });
    for (let i = 0; i < 50; i++) scheduler.pauseFor(dead)(() => {});
    endless("alive", createTenant({ name: "alive" }));
    loop(2);
    expect(order).toContain("alive");
  });

  it("lets guests without a tenant share one turn", () => {
    const { scheduler, order, loop, endless } = makeScheduler();
    endless("tenant", createTenant({ name: "t" }));
    const pause = scheduler.pauseFor();
    for (let i = 0; i < 10; i++) {
      const slice = (): void => {
        order.push("none");
        pause(slice);
      };
      pause(slice);
    }
    loop(100);
    expect(count(order, "tenant")).toBe(50);
  });

  it("keeps a tenant waiting until it has fuel again, and nobody else", () => {
    const time = { now: 0 };
    const { order, turns, delays, loop, endless } = makeScheduler();
    const limited = createTenant({ name: "limited", limits: { fuelPerSecond: SLICE }, clock: () => time.now });
    endless("limited", limited);
    loop(2);
    expect([order, delays]).toEqual([["limited"], [100, 100]]);
    endless("free", createTenant({ name: "free" }));
    loop(10);
    expect(turns).toHaveLength(1);
    expect([count(order, "limited"), count(order, "free")]).toEqual([1, 9]);
    time.now = 1_000;
    loop(10);
    expect([count(order, "limited"), count(order, "free")]).toEqual([2, 18]);
  });

  it("goes on when a guest fails in its slice", () => {
    const { scheduler, turns, order, loop, endless } = makeScheduler();
    scheduler.pauseFor(createTenant({ name: "bad" }))(() => {
      throw new Error("x");
    });
    endless("good", createTenant({ name: "good" }));
    expect(() => turns.shift()?.()).toThrow("x");
    loop(2);
    expect(count(order, "good")).toBe(2);
  });
});
