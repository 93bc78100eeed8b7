import { DEFAULT_LIMITS } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import { LIMIT_NAMES, parseLimit } from "./limits.js";

describe("parseLimit", () => {
  it.each<[string, string, Record<string, number>]>([
    ["fuel", "1e9", { fuel: 1e9 }],
    ["fuel", "1_000_000", { fuel: 1_000_000 }],
    ["fuel", "2.5", { fuel: 2 }],
    ["memory", "64MB", { memoryBytes: 64 * 1024 ** 2 }],
    ["memory", "1.5 gb", { memoryBytes: 1.5 * 1024 ** 3 }],
    ["memory", "100", { memoryBytes: 100 }],
    ["memory", "8kb", { memoryBytes: 8192 }],
    ["time", "30s", { timeMs: 30_000 }],
    ["time", "250", { timeMs: 250 }],
    ["time", "2m", { timeMs: 120_000 }],
    ["output", "1MB", { outputBytes: 1024 ** 2 }],
    ["calls", "10", { hostCalls: 10 }],
    ["pending", "5", { pendingCalls: 5 }],
    ["value", "1kb", { valueBytes: 1024 }],
    ["depth", "100", { callDepth: 100 }],
  ])("reads %s=%s", (name, text, limits) => {
    expect(parseLimit(name, text)).toEqual(limits);
  });

  it.each([
    ["speed", "1", "there is no limit 'speed'; known: fuel, memory, time, output, calls, pending, value, depth"],
    ["toString", "1", "there is no limit 'toString'"],
    ["fuel", "", "the limit 'fuel=' is not understood; write it like fuel=1e9"],
    ["fuel", "many", "the limit 'fuel=many' is not understood"],
    ["fuel", "-1", "the limit 'fuel=-1' is not understood"],
    ["fuel", "0", "the limit 'fuel=0' is not understood"],
    ["fuel", "0.5", "the limit 'fuel=0.5' is not understood"],
    ["fuel", "1e400", "the limit 'fuel=1e400' is not understood"],
    ["memory", "64TB", "the limit 'memory=64TB' is not understood; write it like memory=64MB"],
    ["time", "0s", "the limit 'time=0s' is not understood; write it like time=30s"],
    ["time", "soon", "the limit 'time=soon' is not understood"],
  ])("refuses %s=%s", (name, text, message) => {
    expect(() => parseLimit(name, text)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("has a name for every limit, and examples that it takes itself", () => {
    expect(
      Object.values(LIMIT_NAMES)
        .map(({ limit }) => limit)
        .toSorted(),
    ).toEqual(Object.keys(DEFAULT_LIMITS).toSorted());
    for (const { example, limit } of Object.values(LIMIT_NAMES)) {
      const [name = "", text = ""] = example.split("=");
      expect(parseLimit(name, text)).toHaveProperty(limit);
    }
  });
});
