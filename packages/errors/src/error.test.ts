import { describe, expect, it } from "vitest";
import { ERROR_CODES, SpellError, isErrorCode, isSpellError, toSpellError } from "./index.js";

describe("SpellError", () => {
  it("serializes its code, category, details and cause chain, but no stack", () => {
    const root = new Error("socket closed", { cause: new Error("ECONNRESET") });
    const error = new SpellError("PROVIDER_NETWORK", "the model did not answer", {
      details: { provider: "openai" },
      cause: root,
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "PROVIDER_NETWORK",
      category: "provider",
      message: "the model did not answer",
      details: { provider: "openai" },
      cause: { name: "Error", message: "socket closed", cause: { name: "Error", message: "ECONNRESET" } },
    });
  });

  it("survives a cyclic cause chain", () => {
    const a = new Error("a");
    const b = new Error("b", { cause: a });
    a.cause = b;
    expect(() => JSON.stringify(new SpellError("INTERNAL", "x", { cause: a }))).not.toThrow();
  });

  it("recognizes errors made by another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { [Symbol.for("llmspell.error")]: true });
    expect(isSpellError(foreign)).toBe(true);
    expect(isSpellError(new Error("x"))).toBe(false);
    expect(isSpellError(null)).toBe(false);
  });

  it("wraps foreign values and passes its own through", () => {
    const own = new SpellError("NOT_FOUND", "x");
    expect(toSpellError(own)).toBe(own);
    expect(toSpellError("boom", "TOOL_FAILED")).toMatchObject({ code: "TOOL_FAILED", message: "boom" });
  });

  it("knows its codes", () => {
    expect(isErrorCode("LIMIT_FUEL")).toBe(true);
    expect(isErrorCode("toString")).toBe(false);
    expect(Object.keys(ERROR_CODES).every((code) => /^[A-Z]+(_[A-Z]+)*$/.test(code))).toBe(true);
  });
});
