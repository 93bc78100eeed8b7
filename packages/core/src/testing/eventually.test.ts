import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { eventually, failure } from "./eventually.js";
import { createManualClock } from "./manual-clock.js";
import { contains } from "./matchers.js";

describe("assertions that wait", () => {
  it("TK-5: waits until what is read fits", async () => {
    let reads = 0;
    const read = (): string => {
      if (++reads < 3) throw new Error("not yet");
      return reads < 5 ? "half" : "whole";
    };
    expect(await eventually(read, contains("whole"), { everyMs: 1 })).toBe("whole");
    expect(reads).toBe(5);
  });

  it("TK-5: says what is still wrong when the time is over", async () => {
    const clock = createManualClock();
    const wrong = eventually(() => 1, 2, { withinMs: 100, clock });
    const throwing = eventually(() => Promise.reject(new Error("gone")), 2, { withinMs: 100, clock });
    const both = Promise.allSettled([wrong, throwing]);
    await clock.advance(100);
    expect(await both).toMatchObject([
      { reason: { code: "TIMEOUT", message: "after 100 ms it is still not so\nexpected 2, got 1" } },
      { reason: { code: "TIMEOUT", message: "after 100 ms it is still not so\nit throws: gone" } },
    ]);
  });

  it("TK-5: gives the error with the code that was expected, and no other", async () => {
    const error = new SpellError("NOT_FOUND", "nothing here");
    expect(await failure(Promise.reject(error), "NOT_FOUND")).toBe(error);
    const fail = (thrown: unknown) => () => {
      throw thrown;
    };
    await expect(failure(fail(error), "TIMEOUT")).rejects.toThrow("expected TIMEOUT, got NOT_FOUND: nothing here");
    await expect(failure(fail(new Error("x")), "TIMEOUT")).rejects.toThrow("expected TIMEOUT, got Error: x");
    await expect(failure(() => 1, "TIMEOUT")).rejects.toThrow("expected TIMEOUT, and it succeeded");
  });
});
