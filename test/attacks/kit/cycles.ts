import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { TestHost } from "@llmspell/engine/conformance";
import { endOf, type Target } from "./arena.js";
import type { AttackClass } from "./attack.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const CYCLES = 10_000;
/** After so many cycles everything that is made once has been made. */
const WARM = 2_000;
/** What is in use after a collection differs by less than this between any two moments of a process that leaks nothing. */
const NOISE = 4 * 1024 * 1024;

/** @param good sources that end fine. */
export function cyclesSuite(target: Target, classes: readonly AttackClass[], good: readonly string[]): void {
  const hostile = classes.flatMap(({ attacks }) => attacks.filter(({ level = "basic" }) => level === "basic"));

  it("10,000 guests, good and hostile, leave memory flat", async () => {
    const engine = target.createEngine({ pool: { max: 4 } });
    const used = async (): Promise<{ heap: number; external: number }> => {
      // The memory of an instance goes some turns after the last that knew of it.
      for (let i = 0; i < 3; i++) {
        collect();
        await new Promise((resolve) => void setImmediate(resolve));
      }
      const { heapUsed, external } = process.memoryUsage();
      return { heap: heapUsed, external };
    };
    // A text that was put together takes its memory when it is first read.
    for (const { source } of hostile) source.charCodeAt(source.length - 1);
    let warm = await used();
    let answers = 0;
    for (let i = 1; i <= CYCLES; i++) {
      const isHostile = i % 4 === 0;
      const host = new TestHost();
      const guest = engine.createGuest({
        bindings: target.bindings,
        host,
        limits: { fuel: 20_000, memoryBytes: 2 * 1024 * 1024, hostCalls: 20, pendingCalls: 5, outputBytes: 1_000 },
      });
      const source = isHostile ? hostile[(i / 4) % hostile.length]?.source : good[i % good.length];
      const { code } = await endOf(guest, host, source ?? "");
      if (!isHostile && code === "fine") answers++;
      guest[Symbol.dispose]();
      if (i === WARM) warm = await used();
    }
    expect(answers).toBe((CYCLES * 3) / 4);
    // Memories that grew are not kept; what is left is the pool.
    const { created, discarded, idle, reused } = engine.pool;
    expect(created - discarded).toBe(idle);
    expect(idle).toBeLessThanOrEqual(4);
    expect(reused).toBeGreaterThan(CYCLES * 0.75);
    const end = await used();
    expect(end.heap - warm.heap).toBeLessThan(NOISE);
    expect(end.external - warm.external).toBeLessThan(NOISE);
    engine[Symbol.dispose]();
  });
}
