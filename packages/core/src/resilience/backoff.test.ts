import { describe, expect, it } from "vitest";
import { backoffMs, type BackoffStrategy } from "./backoff.js";

describe("backoffMs", () => {
  it.each<[BackoffStrategy, number[]]>([
    ["fixed", [100, 100, 100, 100, 100]],
    ["linear", [100, 200, 300, 400, 500]],
    ["exponential", [100, 200, 400, 800, 1000]],
    ["fibonacci", [100, 100, 200, 300, 500]],
  ])("grows %s", (strategy, expected) => {
    const options = { strategy, initialDelayMs: 100, maxDelayMs: 1000, jitter: false };
    expect(expected.map((_, index) => backoffMs(index + 1, options))).toEqual(expected);
  });

  it("takes up to half off at random", () => {
    const options = { initialDelayMs: 100 };
    expect(backoffMs(1, { ...options, random: () => 0 })).toBe(100);
    expect(backoffMs(1, { ...options, random: () => 0.5 })).toBe(75);
    expect(backoffMs(1, { ...options, random: () => 0.999 })).toBeGreaterThan(50);
  });

  it.each<BackoffStrategy>(["linear", "exponential", "fibonacci"])(
    "stays below its limit for ever (%s)",
    (strategy) => {
      expect(backoffMs(1e6, { strategy, initialDelayMs: 1, jitter: false })).toBe(30_000);
    },
  );

  it("names the strategies it knows", () => {
    expect(() => backoffMs(1, { strategy: "toString" as BackoffStrategy })).toThrow(
      "there is no backoff strategy 'toString' (known: fixed, linear, exponential, fibonacci)",
    );
  });
});
