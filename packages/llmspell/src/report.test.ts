import { FunctionRef, Handle, type ScriptValue } from "@llmspell/engine";
import { ERROR_CODES, SpellError } from "@llmspell/errors";
import type { RunResult } from "@llmspell/spell";
import { describe, expect, it } from "vitest";
import { jsonFailure, jsonLine, showError, showValue } from "./report.js";

const metrics = { fuel: 1, memory: 2, wall_ms: 3, host_calls: 4 };
const ended = (outcome: { ok: true; value: ScriptValue } | { ok: false; error: SpellError }): RunResult => ({
  ...outcome,
  metrics,
  audit: [],
  runId: "r",
});
const located = new SpellError("SCRIPT_ERROR", "boom", {
  details: {
    file: "a.lua",
    line: 2,
    stack: [
      { file: "a.lua", line: 2, name: "inner" },
      { file: "a.lua", line: 5, name: "outer" },
      { file: "a.lua", line: 9 },
    ],
  },
});

const quoted = (sourceLine: string): SpellError =>
  new SpellError(located.code, located.message, { details: { ...located.details, sourceLine } });

describe("jsonLine", () => {
  it("has ok, value and metrics, and nothing else", () => {
    expect(jsonLine(ended({ ok: true, value: { a: [1, null] } }))).toBe(
      '{"ok":true,"value":{"a":[1,null]},"metrics":{"fuel":1,"memory":2,"wall_ms":3,"host_calls":4}}',
    );
  });

  it("has the error's code, message, file, line and stack", () => {
    expect(JSON.parse(jsonLine(ended({ ok: false, error: located })))).toEqual({
      ok: false,
      error: { code: "SCRIPT_ERROR", message: "boom", file: "a.lua", line: 2, stack: located.details["stack"] },
      metrics,
    });
  });

  it("is one line, whatever is in it", () => {
    expect(jsonLine(ended({ ok: true, value: "a\nb\u2028" }))).not.toContain("\n");
    expect(jsonFailure(new SpellError("NOT_FOUND", "a\nb"))).toBe(
      '{"ok":false,"error":{"code":"NOT_FOUND","message":"a\\nb","file":null,"line":null,"stack":[]},"metrics":{"fuel":0,"memory":0,"wall_ms":0,"host_calls":0}}',
    );
  });

  it("never shows details or causes of the host", () => {
    const error = new SpellError("INTERNAL", "failed", {
      cause: new Error("secret path /srv"),
      details: { key: "sk-1" },
    });
    expect(jsonLine(ended({ ok: false, error }))).not.toMatch(/secret|sk-1/);
  });

  it("writes what JSON has no form for as the nearest text", () => {
    const value = [2n ** 60n, new Uint8Array([255]), new FunctionRef(3, () => {}), new Handle("Agent", 1)];
    expect(JSON.parse(jsonLine(ended({ ok: true, value })))).toMatchObject({
      value: ["1152921504606846976", "/w==", "function", "Agent: 1"],
    });
  });
});

describe("showValue", () => {
  it.each([
    ["text", "text"],
    [42, "42"],
    [false, "false"],
    [[1], "[\n  1\n]"],
    [{ n: 2n ** 60n }, '{\n  "n": "1152921504606846976"\n}'],
    [new Uint8Array([1, 2]), '"AQI="'],
  ])("shows %s", (value, text) => {
    expect(showValue(value)).toBe(text);
  });
});

describe("showError", () => {
  it("shows what, where, the line itself and the calls", () => {
    expect(showError(quoted("  error('boom')"))).toBe(
      [
        "error: boom [SCRIPT_ERROR]",
        "  at a.lua:2",
        "     2 |   error('boom')",
        "  called from a.lua:5 (outer)",
        "  called from a.lua:9",
      ].join("\n"),
    );
  });

  it("makes do with less", () => {
    expect(showError(new SpellError("NOT_FOUND", "nothing"))).toBe("error: nothing [NOT_FOUND]");
    expect(showError(located).split("\n")).toHaveLength(4);
    expect(showError(located)).not.toContain("|");
  });

  it("lets no control character of the line through", () => {
    const line = showError(quoted("\u001b[2J\u0007\txy")).split("\n")[2] ?? "";
    expect(line).toBe("     2 | \uFFFD[2J\uFFFD xy");
  });

  // How many guests live is no matter of one spell.
  const raisable = (code: string): code is keyof typeof ERROR_CODES =>
    code.startsWith("LIMIT_") && code !== "LIMIT_GUESTS";

  it.each(Object.keys(ERROR_CODES).filter(raisable))("says how to raise %s", (code) => {
    expect(showError(new SpellError(code, "x"))).toMatch(
      /Raise it with --limit (fuel|memory|time|calls|pending|value|output|depth)=\w+ if/,
    );
  });

  it("says how to grant what was denied", () => {
    const denied = new SpellError("PERMISSION_DENIED", "x", { details: { grant: "--allow file.read=a" } });
    expect(showError(denied)).toContain("Grant it with --allow file.read=a if you trust the spell with it.");
    expect(showError(new SpellError("PERMISSION_DENIED", "x"))).not.toContain("Grant");
  });
});
