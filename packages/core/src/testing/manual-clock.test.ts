import { describe, expect, it } from "vitest";
import { createManualClock } from "./manual-clock.js";

describe("a manual clock", () => {
  it("wakes all who sleep at their moment, those of one moment in the order in which they came", async () => {
    const clock = createManualClock(100);
    const woken: string[] = [];
    const sleep = async (name: string, ...waits: number[]): Promise<void> => {
      for (const ms of waits) {
        await clock.sleep(ms);
        woken.push(`${name}${clock.now()}`);
      }
    };
    void Promise.all([sleep("a", 10, 5), sleep("b", 12), sleep("c", 15), sleep("d", 10)]);
    const stop = new AbortController();
    const aborted = clock.sleep(11, stop.signal);
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ code: "CANCELLED" });
    await clock.advance(20);
    expect([woken, clock.now()]).toEqual([["a110", "d110", "b112", "c115", "a115"], 120]);
  });

  it("has time for many", async () => {
    const clock = createManualClock();
    let awake = 0;
    for (let i = 0; i < 10_000; i++) void clock.sleep((i * 7919) % 10_007).then(() => awake++);
    await clock.advance(10_007);
    expect(awake).toBe(10_000);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("does not move by %s", async (ms) => {
    const clock = createManualClock(5);
    await expect(clock.advance(ms)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(clock.now()).toBe(5);
  });
});
