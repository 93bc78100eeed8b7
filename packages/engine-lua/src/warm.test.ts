import { serialize } from "node:v8";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bindings, Engine } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine, makeWarmStart } from "@llmspell/engine-lua";

const SOURCE =
  'local t = {} for i = 1, 500 do t[i] = test.say_twice("x" .. i) end table.sort(t) return table.concat(t):gsub("x", "y")';

async function measure(engine: Engine, bindings: Bindings = PROMISE_BINDINGS): Promise<unknown> {
  const guest = engine.createGuest({ bindings, host: new TestHost() });
  const value = await guest.run(SOURCE).result();
  const { fuel, memoryBytes } = guest.usage;
  guest[Symbol.dispose]();
  return { value, fuel, memoryBytes };
}

describe("a warm start", () => {
  let cold: Engine;
  let warm: Engine;
  let expected: unknown;

  beforeAll(async () => {
    cold = createLuaEngine();
    warm = createLuaEngine({ warmStart: makeWarmStart(PROMISE_BINDINGS) });
    expected = await measure(cold);
  });
  afterAll(() => {
    cold[Symbol.dispose]();
    warm[Symbol.dispose]();
  });

  it("changes no result, no fuel, no memory and no hash", async () => {
    expect(await measure(warm)).toEqual(expected);
    expect(await measure(warm)).toEqual(expected);
    expect(warm.hash).toBe(cold.hash);
  });

  it("serves bindings that are equal but not the same object", async () => {
    expect(await measure(warm, structuredClone(PROMISE_BINDINGS))).toEqual(expected);
  });

  it("is not used for other bindings, which work all the same", async () => {
    const other: Bindings = { ...PROMISE_BINDINGS, globals: {} };
    expect(await measure(warm, other)).toEqual(await measure(cold, other));
  });

  it("of another format is ignored", async () => {
    const engine = createLuaEngine({ warmStart: serialize({ format: "llmspell-lua-warm-1" }) });
    expect(await measure(engine)).toEqual(expected);
    engine[Symbol.dispose]();
  });
});
