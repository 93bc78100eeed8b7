import { describe, expect, it } from "vitest";
import { resolveLimits } from "../index.js";
import { FuelGauge } from "./fuel.js";

function gauge(
  fuel: number,
  timeMs = 60_000,
): { counter: WebAssembly.Global<"i32">; gauge: FuelGauge; burn(n: number): void } {
  const counter = new WebAssembly.Global({ value: "i32", mutable: true }, 0);
  return {
    counter,
    gauge: new FuelGauge(counter, resolveLimits({ fuel, timeMs })),
    burn: (n) => {
      counter.value -= n;
    },
  };
}

describe("FuelGauge", () => {
  it("counts what was used across slices", () => {
    const { gauge: fuel, burn } = gauge(10_000_000);
    burn(400);
    expect(fuel.used).toBe(400);
    burn(999_601);
    expect(fuel.refill(false)).toBeUndefined();
    expect(fuel.used).toBe(1_000_001);
    burn(9);
    expect(fuel.used).toBe(1_000_010);
  });

  it("gives no more than the limit", () => {
    const { gauge: fuel, counter, burn } = gauge(100);
    expect(counter.value).toBe(100);
    burn(101);
    expect(fuel.refill(false)).toBe("fuel");
    const large = gauge(1_500_000);
    large.burn(1_000_001);
    expect(large.gauge.refill(false)).toBeUndefined();
    expect(large.counter.value).toBe(499_999);
  });

  it("says when the time is over, but not before the first turn", () => {
    const { gauge: fuel, burn } = gauge(10_000_000, 1);
    burn(1_000_001);
    expect(fuel.refill(false)).toBeUndefined();
    expect(fuel.msLeft).toBe(1);
    fuel.begin();
    const start = performance.now();
    while (performance.now() - start < 3);
    burn(1_000_001);
    expect(fuel.msLeft).toBe(0);
    expect(fuel.refill(false)).toBe("timeMs");
  });

  it("starts the clock once", () => {
    const { gauge: fuel } = gauge(100, 50_000);
    fuel.begin();
    const left = fuel.msLeft;
    fuel.begin();
    expect(fuel.msLeft).toBeLessThanOrEqual(left);
  });

  it("does not count the grace, and the grace ends", () => {
    const { gauge: fuel, counter, burn } = gauge(1_000);
    burn(1_200);
    expect(fuel.refill(false)).toBe("fuel");
    fuel.startGrace();
    expect(fuel.used).toBe(1_000);
    let given = counter.value;
    while (fuel.grace()) given += counter.value;
    expect(fuel.used).toBe(1_000);
    expect(given).toBeGreaterThan(1_000_000);
    expect(given).toBeLessThanOrEqual(4_000_000);
  });

  it("can make the next charge call the host without losing count", () => {
    const { gauge: fuel, counter, burn } = gauge(1_000_000);
    burn(10);
    fuel.exhaust();
    expect(counter.value).toBe(0);
    expect(fuel.used).toBe(10);
    burn(1);
    expect(fuel.refill(false)).toBeUndefined();
    expect(fuel.used).toBe(11);
    expect(counter.value).toBe(999_989);
  });
});
