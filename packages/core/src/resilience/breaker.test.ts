import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { createBreaker, type BreakerOptions } from "./breaker.js";

const works = (): Promise<string> => Promise.resolve("ok");
const fails = (): Promise<string> => Promise.reject(new Error("down"));

function createGate(): { promise: Promise<string>; resolve: (value: string) => void } {
  let resolve: (value: string) => void = () => {};
  const promise = new Promise<string>((settle) => (resolve = settle));
  return { promise, resolve };
}

function make(options: BreakerOptions = {}): {
  clock: ReturnType<typeof createManualClock>;
  breaker: ReturnType<typeof createBreaker>;
  changes: string[];
} {
  const clock = createManualClock();
  const changes: string[] = [];
  const onChange: BreakerOptions["onChange"] = (to, from) => changes.push(`${from}→${to}`);
  return { clock, changes, breaker: createBreaker({ failures: 2, resetMs: 1000, clock, onChange, ...options }) };
}

describe("createBreaker", () => {
  it("opens after failures in a row, tries once after a while, and closes when that works", async () => {
    const { breaker, clock, changes } = make({ name: "db" });
    await expect(breaker.call(fails)).rejects.toThrow("down");
    await breaker.call(works);
    await expect(breaker.call(fails)).rejects.toThrow("down");
    expect(breaker.state).toBe("closed");
    await expect(breaker.call(fails)).rejects.toThrow("down");
    await clock.advance(400);
    let called = false;
    const refused = breaker.call(() => {
      called = true;
      return works();
    });
    await expect(refused).rejects.toMatchObject({
      code: "CIRCUIT_OPEN",
      message: "'db' failed too often and is not called for now",
      details: { breaker: "db", retryAfterMs: 600 },
    });
    expect(called).toBe(false);
    await clock.advance(600);
    expect(breaker.ready).toBe(true);
    expect(await breaker.call(works)).toBe("ok");
    expect(changes).toEqual(["closed→open", "open→half_open", "half_open→closed"]);
  });

  it("opens again when the trial fails, for the whole time", async () => {
    const { breaker, clock } = make({ failures: 1 });
    await expect(breaker.call(fails)).rejects.toThrow("down");
    await clock.advance(1000);
    await expect(breaker.call(fails)).rejects.toThrow("down");
    await clock.advance(999);
    expect(breaker.ready).toBe(false);
    await expect(breaker.call(works)).rejects.toMatchObject({ details: { retryAfterMs: 1 } });
  });

  it("lets only so many trials through at a time", async () => {
    const { breaker, clock } = make({ failures: 1, trials: 2 });
    await expect(breaker.call(fails)).rejects.toThrow("down");
    await clock.advance(1000);
    const gate = createGate();
    const trials = [breaker.call(() => gate.promise), breaker.call(() => gate.promise)];
    await expect(breaker.call(works)).rejects.toMatchObject({ code: "CIRCUIT_OPEN" });
    gate.resolve("ok");
    expect(await Promise.all(trials)).toEqual(["ok", "ok"]);
    expect(breaker.state).toBe("closed");
  });

  it("does not count calls that began before the latest change", async () => {
    const { breaker, clock } = make({ failures: 1 });
    const slow = createGate();
    const old = breaker.call(() => slow.promise);
    await expect(breaker.call(fails)).rejects.toThrow("down");
    slow.resolve("late");
    expect(await old).toBe("late");
    expect(breaker.state).toBe("open");
    await clock.advance(1000);
    await breaker.call(works);
    expect(breaker.state).toBe("closed");
  });

  it("counts only what is said to be a failure", async () => {
    const { breaker } = make({ failures: 1, countsAsFailure: (error) => !(error instanceof SpellError) });
    await expect(breaker.call(() => Promise.reject(new SpellError("NOT_FOUND", "no")))).rejects.toThrow("no");
    expect(breaker).toMatchObject({ state: "closed", failures: 0 });
    await expect(breaker.call(fails)).rejects.toThrow("down");
    expect(breaker).toMatchObject({ state: "open", failures: 1 });
    breaker.reset();
    expect(breaker).toMatchObject({ state: "closed", failures: 0, ready: true });
  });

  it.each([{ failures: 0 }, { trials: 1.5 }, { resetMs: -1 }, { resetMs: Number.NaN }])("refuses %j", (options) => {
    expect(() => createBreaker(options)).toThrow(Object.keys(options)[0]);
  });
});
