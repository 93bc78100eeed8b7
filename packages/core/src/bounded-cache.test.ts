import { describe, expect, it } from "vitest";
import { createBoundedCache } from "./bounded-cache.js";
import { createManualClock } from "./testing/manual-clock.js";

describe("createBoundedCache", () => {
  it("lets go of what was used longest ago", () => {
    const cache = createBoundedCache<number>({ maxEntries: 2 });
    cache.set("a", 1);
    cache.set("b", 2);
    expect(cache.get("a")).toBe(1);
    cache.set("c", 3);
    expect([cache.get("a"), cache.get("b"), cache.get("c"), cache.entries]).toEqual([1, undefined, 3, 2]);
  });

  it("keeps so much and no more", () => {
    const cache = createBoundedCache<string>({ maxSize: 10 });
    cache.set("a", "a", { size: 6 });
    cache.set("b", "b", { size: 4 });
    cache.set("a", "A", { size: 5 });
    expect([cache.size, cache.get("b")]).toEqual([9, "b"]);
    cache.set("c", "c", { size: 3 });
    expect([cache.size, cache.get("a"), cache.get("b")]).toEqual([7, undefined, "b"]);
    expect(() => cache.set("d", "d", { size: 11 })).toThrow("too large for a cache of 10");
    expect([cache.delete("b"), cache.delete("b"), cache.size]).toEqual([true, false, 3]);
    cache.clear();
    expect([cache.size, cache.entries]).toEqual([0, 0]);
  });

  it("forgets what is too old", async () => {
    const clock = createManualClock();
    const cache = createBoundedCache<number>({ ttlMs: 100, clock });
    cache.set("a", 1);
    cache.set("b", 2, { ttlMs: 200 });
    await clock.advance(100);
    expect([cache.get("a"), cache.get("b"), cache.entries]).toEqual([undefined, 2, 1]);
    expect(() => cache.set("a", 1, { ttlMs: 0 })).toThrow("'ttlMs' of a cache must be above 0");
    expect(() => createBoundedCache({ maxEntries: 0 })).toThrow("'maxEntries'");
  });
});
