import { describe, expect, it } from "vitest";
import { onAbort } from "./on-abort.js";

describe("onAbort", () => {
  it("calls each listener once, except those that are taken back", () => {
    const { signal, abort } = controller();
    const called: number[] = [];
    const listeners = [1, 2, 3].map((n) => () => void called.push(n));
    for (const listener of listeners) onAbort(signal, listener);
    signal.removeEventListener("abort", listeners[1] as () => void);
    abort();
    abort();
    expect(called).toEqual([1, 3]);
  });

  it("lets many follow one signal without a warning of Node", async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on("warning", warned);
    const { signal } = controller();
    for (let i = 0; i < 100; i++) onAbort(signal, () => {});
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", warned);
    expect(warnings).toEqual([]);
  });
});

function controller(): { signal: AbortSignal; abort: () => void } {
  const own = new AbortController();
  return { signal: own.signal, abort: () => own.abort() };
}
