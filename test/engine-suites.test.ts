import { FunctionRef, type Engine, type ScriptValue } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { createLuaEngine } from "@llmspell/engine-lua";
import { assertFits, eventually, every, failure, isA, satisfies, trackLeaks } from "@llmspell/core/testing";
import { describe, expect, it } from "vitest";
import { bundleForThread } from "./support/bundle.js";

interface Sources {
  /** A module, and what reads `items` and `size` of it. */
  readonly module: string;
  readonly use: string;
  /** Waits for the key `k`. */
  readonly wait: string;
  /** Gives the host a function. */
  readonly keep: string;
}

const LUA: Sources = {
  module: 'return { items = { { name = "tea" }, { name = "cake" } }, size = 2 }',
  use: 'return require("shop")',
  wait: 'return test.wait("k")',
  keep: "test.keep(function(n) return n + 1 end)",
};
const JAVASCRIPT: Sources = {
  module: 'export const items = [{ name: "tea" }, { name: "cake" }]; export const size = 2;',
  use: 'const { items, size } = await import("shop"); return { items, size };',
  wait: 'return await test.wait("k");',
  keep: "test.keep((n) => n + 1);",
};

const luaThread = await bundleForThread(new URL("../packages/engine-lua/src/lua-worker.ts", import.meta.url));
const ENGINES: readonly [name: string, create: () => Engine, sources: Sources][] = [
  ["Lua", createLuaEngine, LUA],
  ["JavaScript", createJavaScriptEngine, JAVASCRIPT],
  ["Lua in a thread", () => createLuaEngine({ isolation: "worker", threads: { module: luaThread } }), LUA],
];

/** `work` with a guest of a new engine, and nothing left afterwards. */
async function onStage(
  create: () => Engine,
  work: (run: (source: string) => Promise<ScriptValue>, host: TestHost, engine: Engine) => Promise<void>,
): Promise<void> {
  await using _ = trackLeaks();
  const [engine, host] = [create(), new TestHost()];
  const guest = engine.createGuest({ host, bindings: TEST_BINDINGS });
  try {
    await work(async (source) => await guest.run(source, { name: "suite" }).result(), host, engine);
  } finally {
    guest[Symbol.dispose]();
    engine[Symbol.dispose]();
  }
}

describe.each(ENGINES)("the kit on %s", (_, create, sources) => {
  it("TK-5: loads modules and compares tables by their shape", async () => {
    await onStage(create, async (run, host) => {
      host.modules.set("shop", sources.module);
      const table = await run(sources.use);
      assertFits(table, { items: [{ name: "tea" }, { name: "cake" }], size: 2 });
      assertFits(table, { items: every({ name: isA("text") }) });
      expect(() => assertFits(table, { items: [{ name: "tea" }, { name: "milk" }] }, "the table")).toThrow(
        'the table is not as expected\nitems[1].name: expected "milk", got "cake"',
      );
      expect(host.asked).toEqual(["shop"]);
    });
  });

  it("TK-5: mocks the bridge and waits for what happens on it", async () => {
    await onStage(create, async (run, host) => {
      const answer = run(sources.wait);
      await eventually(() => host.waiting, ["k"]);
      host.resolve("k", 42);
      expect(await answer).toBe(42);
      await run(sources.keep);
      assertFits(host.kept, [satisfies("a function of the guest", (kept) => kept instanceof FunctionRef)]);
      const refused = run(sources.wait);
      await eventually(() => host.waiting, ["k"]);
      host.reject("k", new Error("down"));
      await expect(refused).rejects.toMatchObject({ code: "INTERNAL" });
    });
  });

  it("TK-5: finds a guest that was not given back", async () => {
    const engine = create();
    const leave = async (): Promise<void> => {
      await using _leaks = trackLeaks({ counts: { guests: () => engine.pool.live }, graceMs: 20 });
      engine.createGuest({ host: new TestHost(), bindings: TEST_BINDINGS });
    };
    const error = await failure(leave(), "ASSERTION_FAILED");
    expect(error.message).toContain("count: guests 0 → 1");
    engine[Symbol.dispose]();
  });
});
