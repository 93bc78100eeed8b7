import { isSpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { Random } from "../../../../test/support/random.js";
import { meterModule } from "./meter.js";
import { SectionId, parseModule } from "./module.js";
import { glueBytes, meterLua } from "./testing/lua.js";

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
    const random = new Random(1);
    for (let i = 0; i < 400; i++) {
      const end = i < 200 ? i * 20 : random.below(glueBytes.length);
      // A cut between sections may leave a module, but none with code for its functions.
      expect(tryMeter(glueBytes.subarray(0, end))).toBeUndefined();
    }
  });

  it("give a SpellError or a result when bytes are flipped", () => {
    const random = new Random(2);
    for (let i = 0; i < 500; i++) {
      const bytes = glueBytes.slice();
      const header = i % 2 === 0; // sections before the code are small, and so would rarely be hit
      for (let flips = 1 + random.below(3); flips > 0; flips--) {
        bytes[random.below(header ? codeStart : bytes.length)] = random.below(256);
      }
      // Anything but a SpellError is thrown on.
      expect(() => tryMeter(bytes)).not.toThrow();
    }
  });

  it("stay valid if they were", () => {
    const random = new Random(3);
    let valid = 0;
    for (let i = 0; i < 400 && valid < 40; i++) {
      const bytes = glueBytes.slice();
      bytes[random.below(i % 2 === 0 ? codeStart : bytes.length)] = random.below(256);
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
