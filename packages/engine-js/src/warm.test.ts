import { serialize } from "node:v8";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Bindings, Engine } from "@llmspell/engine";
import { TEST_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createJavaScriptEngine, makeJavaScriptWarmStart } from "@llmspell/engine-js";

const SOURCE = `
  import { sayTwice } from "llmspell/test";
  const t = Array.from({ length: 500 }, (_, i) => sayTwice("x" + i)).sort();
  export default t.join("").replaceAll("x", "y");`;

async function measure(engine: Engine, bindings: Bindings = TEST_BINDINGS): Promise<unknown> {
  const guest = engine.createGuest({ bindings, host: new TestHost() });
  const value = await guest.run(SOURCE).result();
  const { fuel, memoryBytes } = guest.usage;
  guest[Symbol.dispose]();
  return { value, fuel, memoryBytes };
}

describe("a warm start of JavaScript", () => {
  let cold: Engine;
  let warm: Engine;
  let expected: unknown;

  beforeAll(async () => {
    cold = createJavaScriptEngine();
    warm = createJavaScriptEngine({ warmStart: makeJavaScriptWarmStart(TEST_BINDINGS) });
    expected = await measure(cold);
  });
  afterAll(() => {
    cold[Symbol.dispose]();
    warm[Symbol.dispose]();
  });

  it("changes no result, no fuel, no memory and no hash", async () => {
    expect(await measure(warm)).toEqual(expected);
    expect(await measure(warm, structuredClone(TEST_BINDINGS))).toEqual(expected);
    expect(warm.hash).toBe(cold.hash);
  });

  it("is not used for other bindings, which work all the same", async () => {
    const other: Bindings = { ...TEST_BINDINGS, globals: {} };
    expect(await measure(warm, other)).toEqual(await measure(cold, other));
  });

  it("of another format is ignored", async () => {
    using engine = createJavaScriptEngine({ warmStart: serialize({ format: "llmspell-js-warm-0" }) });
    expect(await measure(engine)).toEqual(expected);
  });
});
