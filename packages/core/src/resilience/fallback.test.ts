import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { withFallback } from "./fallback.js";

const failing = (name: string): { name: string; call: () => never } => ({
  name,
  call: () => {
    throw new SpellError("NETWORK_ERROR", `${name} is down`);
  },
});

describe("withFallback", () => {
  it("says who succeeded and why the others did not", async () => {
    const never = { name: "c", call: () => expect.unreachable() };
    const result = await withFallback<string>([failing("a"), { name: "b", call: async () => "ok" }, never]);
    expect(result).toMatchObject({ value: "ok", name: "b" });
    expect(result.failures.map(({ name, error }) => [name, error.code])).toEqual([["a", "NETWORK_ERROR"]]);
  });

  it("has each failure when nothing worked", async () => {
    await expect(withFallback([failing("a"), failing("b")])).rejects.toMatchObject({
      code: "AGGREGATE",
      message: "nothing worked (a: a is down; b: b is down)",
      details: { failures: [{ name: "a", code: "NETWORK_ERROR" }, { name: "b" }] },
    });
  });

  it("stops at what does not fall, at an abort, and without alternatives", async () => {
    const falls = (): boolean => false;
    await expect(withFallback([failing("a"), failing("b")], { falls })).rejects.toMatchObject({
      code: "NETWORK_ERROR",
    });
    await expect(withFallback([failing("a")], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    await expect(withFallback([])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
