import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { retryAfterMs, withRetry } from "./retry.js";

describe("retryAfterMs", () => {
  it.each([
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after": "2" }, 2000],
    [{ "retry-after": "Thu, 01 Jan 1970 00:01:00 GMT" }, 50_000],
    [{ "retry-after": "Thu, 01 Jan 1970 00:00:01 GMT" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("%j", (headers, expected) => {
    expect(retryAfterMs(headers as Record<string, string>, 10_000)).toBe(expected);
  });
});

describe("withRetry", () => {
  const passing = (): SpellError => new SpellError("NETWORK_ERROR", "reset", { details: { retryable: true } });

  it("tries again what passes, and tells of the number of attempts", async () => {
    let calls = 0;
    const failing = (): Promise<never> => {
      calls++;
      return Promise.reject(passing());
    };
    await expect(withRetry(failing, { maxAttempts: 3, initialDelayMs: 1 })).rejects.toMatchObject({
      code: "NETWORK_ERROR",
      details: { attempts: 3 },
    });
    expect(calls).toBe(3);
  });

  it.each([new Error("plain"), new SpellError("NETWORK_ERROR", "for good", { details: { retryable: false } })])(
    "does not try %s again",
    async (error) => {
      let calls = 0;
      const failing = (): Promise<never> => {
        calls++;
        return Promise.reject(error);
      };
      await expect(withRetry(failing, { initialDelayMs: 1 })).rejects.toBe(error);
      expect(calls).toBe(1);
    },
  );

  it("waits no longer once its signal aborts", async () => {
    const controller = new AbortController();
    const failing = (): Promise<never> => {
      controller.abort();
      return Promise.reject(passing());
    };
    const run = withRetry(failing, { initialDelayMs: 1e9, maxDelayMs: 1e9 }, controller.signal);
    await expect(run).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("waits as long as the server asks, else by its strategy, and tells before", async () => {
    const clock = createManualClock();
    const waits: number[] = [];
    const errors = [
      new SpellError("RATE_LIMITED", "slow down", { details: { retryable: true, retryAfterMs: 70 } }),
      new SpellError("RATE_LIMITED", "slow down", { details: { retryable: true, retryAfterMs: 9999 } }),
      new Error("anything"),
    ];
    const done = withRetry(
      async (attempt) => {
        const error = errors[attempt - 1];
        if (error !== undefined) throw error;
        return [attempt, clock.now()];
      },
      {
        maxAttempts: 5,
        strategy: "linear",
        initialDelayMs: 10,
        maxDelayMs: 500,
        jitter: false,
        retryIf: () => true,
        onRetry: ({ delayMs }) => waits.push(delayMs),
        clock,
      },
    );
    await clock.advance(70 + 500 + 30);
    expect(await done).toEqual([4, 600]);
    expect(waits).toEqual([70, 500, 30]);
  });

  it.each([0, 1.5, Number.NaN])("refuses %d attempts", async (maxAttempts) => {
    await expect(withRetry(() => Promise.resolve(1), { maxAttempts })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });
});
