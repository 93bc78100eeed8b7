import { isSpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { meterModule } from "./meter.js";
import { SectionId, parseModule } from "./module.js";
import { glueBytes, meterLua } from "./testing/lua.js";

/** mulberry32: the same mutations on every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const codeStart = parseModule(glueBytes).sections.get(SectionId.Code)?.start ?? 0;

/** The metered module, or undefined if it was refused with one of our errors. */
function tryMeter(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    return meterModule(bytes, {
      trap: { import: "abort" },
      longjmp: "exceptions",
      recursion: "indirect",
      exportGlobals: true,
      memory: { minPages: 300, maxPages: 400 },
    });
  } catch (error) {
    if (isSpellError(error)) return undefined;
    throw error;
  }
}

describe("damaged modules", () => {
  it("give a SpellError when cut short", () => {
    const rnd = random(1);
    for (let i = 0; i < 400; i++) {
      const end = i < 200 ? i * 20 : rnd(glueBytes.length);
      // A cut between sections may leave a module, but none with code for its functions.
      expect(tryMeter(glueBytes.subarray(0, end))).toBeUndefined();
    }
  });

  it("give a SpellError or a result when bytes are flipped", () => {
    const rnd = random(2);
    for (let i = 0; i < 500; i++) {
      const bytes = glueBytes.slice();
      const header = i % 2 === 0; // sections before the code are small, and so would rarely be hit
      for (let flips = 1 + rnd(3); flips > 0; flips--) {
        bytes[rnd(header ? codeStart : bytes.length)] = rnd(256);
      }
      // Anything but a SpellError is thrown on.
      expect(() => tryMeter(bytes)).not.toThrow();
    }
  });

  it("stay valid if they were", () => {
    const rnd = random(3);
    let valid = 0;
    for (let i = 0; i < 400 && valid < 40; i++) {
      const bytes = glueBytes.slice();
      bytes[rnd(i % 2 === 0 ? codeStart : bytes.length)] = rnd(256);
      const metered = tryMeter(bytes);
      if (metered === undefined || !WebAssembly.validate(bytes)) continue;
      valid++;
      expect(WebAssembly.validate(metered)).toBe(true);
    }
    expect(valid).toBeGreaterThan(10);
  });

  it("are never metered twice", () => {
    expect(() => meterModule(meterLua(), { trap: { import: "abort" } })).toThrow('already has an export "$fuel"');
  });
});
