import { describe, expect, it } from "vitest";
import {
  ERROR_CODES,
  SpellError,
  familyOf,
  isErrorCode,
  isRetryable,
  isSpellError,
  recoveryOf,
  severityOf,
  toSpellError,
  type ErrorCode,
} from "./index.js";

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
    expect(toSpellError({ message: "plain" }).message).toBe("plain");
    const mute = toSpellError(Object.create(null));
    expect(mute.message).toBe("something without words");
    expect(JSON.parse(JSON.stringify(mute))).toMatchObject({ cause: "something without words" });
  });

  it("knows its codes", () => {
    expect(isErrorCode("LIMIT_FUEL")).toBe(true);
    expect(isErrorCode("toString")).toBe(false);
    expect(Object.keys(ERROR_CODES).every((code) => /^[A-Z]+(_[A-Z]+)*$/.test(code))).toBe(true);
  });
});

describe("recovery", () => {
  const of = (code: ErrorCode, details: Record<string, unknown> = {}) => new SpellError(code, "x", { details });

  it.each([
    [of("PROVIDER_RATE_LIMIT"), "retry", "warning"],
    [of("PROVIDER_RATE_LIMIT", { retryable: false }), "fallback", "error"],
    [of("NETWORK_ERROR", { retryable: false }), "propagate", "error"],
    [of("HTTP_STATUS", { retryable: true }), "retry", "warning"],
    [of("PROVIDER_AUTH"), "fallback", "error"],
    [of("VALIDATION_FAILED"), "propagate", "error"],
    [of("CANCELLED"), "ignore", "info"],
    [new Error("ECONNRESET"), "propagate", "error"],
    ["text", "propagate", "error"],
  ] as const)("CORE-2: of %o is %s, its severity %s", (error, recovery, severity) => {
    expect([recoveryOf(error), severityOf(error), isRetryable(error)]).toEqual([
      recovery,
      severity,
      recovery === "retry",
    ]);
  });

  it("CORE-2: the chain of causes survives JSON, whatever is in it", () => {
    const inner = new SpellError("NETWORK_ERROR", "reset", { details: { host: "h" }, cause: "ECONNRESET" });
    const outer = new SpellError("PROVIDER_NETWORK", "gone", {
      cause: new TypeError("fetch failed", { cause: inner }),
    });
    expect(JSON.parse(JSON.stringify({ error: outer }))).toMatchObject({
      error: {
        cause: {
          name: "TypeError",
          message: "fetch failed",
          cause: { code: "NETWORK_ERROR", category: "io", details: { host: "h" }, cause: "ECONNRESET" },
        },
      },
    });
  });

  it.each([
    [of("PROVIDER_RATE_LIMIT"), "rate_limit"],
    [of("PROVIDER_SERVER"), "network"],
    [of("PERMISSION_DENIED"), "auth"],
    [of("LIMIT_MEMORY"), "resource"],
    [of("VALIDATION_FAILED"), "validation"],
    [of("AGGREGATE", { failures: [{ code: "NETWORK_ERROR" }, { code: "PROVIDER_NETWORK" }] }), "network"],
    [of("AGGREGATE", { failures: [{ code: "NETWORK_ERROR" }, { code: "TIMEOUT" }] }), "internal"],
    [of("AGGREGATE", { failures: [{ code: "toString" }] }), "internal"],
    [new Error("x"), "internal"],
  ] as const)("STD-39: the family of %o is %s", (error, family) => {
    expect(familyOf(error)).toBe(family);
  });
});
