import { SpellError } from "@llmspell/errors";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { deadline, overdue, sleep } from "./abort.js";

/** Keeps the event loop from running. */
function compute(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("overdue", () => {
  it("aborts a deadline whose timer had no turn, and those that follow it", () => {
    using outer = deadline("the workflow", 5);
    using group = deadline("the group", undefined, new AbortController().signal, outer.signal);
    using step = deadline("the step", 60_000, group.signal);
    expect(overdue(step.signal)).toBeUndefined();
    compute(6);
    expect(step.signal.aborted).toBe(false);
    expect(overdue(step.signal)).toMatchObject({ code: "TIMEOUT", message: "the workflow did not finish within 5 ms" });
    for (const { signal } of [outer, group, step]) expect(signal.reason).toBe(step.signal.reason);
  });

  it("tells why another signal is aborted", () => {
    const controller = new AbortController();
    expect(overdue(controller.signal)).toBeUndefined();
    controller.abort(new SpellError("INTERRUPTED", "enough"));
    expect(overdue(controller.signal)).toBe(controller.signal.reason);
  });
});

describe("sleep", () => {
  it("waits longer than a timer of Node can", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let awake = false;
    const sleeping = sleep(2 ** 32).then(() => (awake = true));
    await vi.advanceTimersByTimeAsync(2 ** 32 - 1);
    expect(awake).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;
  });
});
