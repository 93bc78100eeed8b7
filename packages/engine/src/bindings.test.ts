import { describe, expect, it } from "vitest";
import { EMPTY_BINDINGS, Pending } from "@llmspell/engine";

describe("bindings", () => {
  it("the empty ones give a guest nothing, and nobody can change that", () => {
    expect(EMPTY_BINDINGS).toEqual({ modules: [], handles: [], globals: {}, roots: [] });
    expect(Object.isFrozen(EMPTY_BINDINGS)).toBe(true);
  });
});

describe("Pending", () => {
  it("carries its promise", async () => {
    await expect(new Pending(Promise.resolve("x")).promise).resolves.toBe("x");
  });

  it("tells the work behind it why nobody waits any more", () => {
    const reasons: Error[] = [];
    const reason = new Error("stopped");
    new Pending(new Promise(() => {}), (why) => reasons.push(why)).abort(reason);
    expect(reasons).toEqual([reason]);
  });

  it("can be aborted when there is nothing to abort", () => {
    const pending = new Pending(Promise.resolve(1));
    expect(() => pending.abort(new Error("x"))).not.toThrow();
  });
});
