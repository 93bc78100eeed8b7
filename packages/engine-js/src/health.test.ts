import { describe, expect, it } from "vitest";
import { createJavaScriptEngine } from "@llmspell/engine-js";

describe("an engine that looks closely at its instances", () => {
  it("keeps those that are healthy", async () => {
    using engine = createJavaScriptEngine({ pool: { checkEvery: 1 } });
    for (let i = 0; i < 5; i++) {
      using guest = engine.createGuest();
      expect(await guest.run("globalThis.x = 1; return typeof y").result()).toBe("undefined");
    }
    expect(engine.pool).toMatchObject({ created: 1, served: 5, reused: 4 });
    expect(engine.pool.discardedBy.unhealthy).toBe(0);
  });

  it("keeps one whose guest was ended by the end of the host's stack, when told to", async () => {
    using engine = createJavaScriptEngine({ pool: { afterTrap: "reset" } });
    for (let i = 0; i < 3; i++) {
      using guest = engine.createGuest();
      await expect(guest.run(`${"(".repeat(100_000)}`).result()).rejects.toMatchObject({ code: "LIMIT_DEPTH" });
    }
    expect(engine.traps.map(({ kind }) => kind)).toEqual(["stack", "stack", "stack"]);
    expect(engine.pool.created).toBe(1);
  });

  it("serves a thousand guests from one instance", async () => {
    using engine = createJavaScriptEngine();
    for (let i = 0; i < 1_000; i++) {
      using guest = engine.createGuest();
      expect(await guest.run("return 42").result()).toBe(42);
    }
    expect(engine.pool).toMatchObject({ created: 1, live: 0 });
  });
});
