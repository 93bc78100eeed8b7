import type { ScriptValue } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import { failureOf, inBoth, inJavaScript, valueOf } from "../../../../test/support/spell.js";

describe("string, crypto and time, in both languages", () => {
  it.each<[string, ScriptValue[], ScriptValue]>([
    ["llmspell.string.template", ["${a.b} {{a.b}} $$", { a: { b: 1 } }], "1 1 $"],
    ["llmspell.string.template", ["<${x}>", {}, { strict: false }], "<>"],
    ["llmspell.string.slugify", ["Crème brûlée"], "creme-brulee"],
    ["llmspell.string.truncate", ["👍👍👍", 2], "👍…"],
    ["crypto.hash", ["abc", "md5"], "900150983cd24fb0d6963f7d28e17f72"],
    ["crypto.encode", ["hä", "hex"], "68c3a4"],
    ["crypto.decode", ["68c3a4", "hex"], "hä"],
    ["time.format", [0], "1970-01-01T00:00:00.000Z"],
    ["time.format", [0, "%H:%M", { tz: "Asia/Kolkata" }], "05:30"],
    [
      "time.duration",
      [0, 61_000],
      { ms: 61_000, seconds: 61, minutes: 61 / 60, hours: 61 / 3600, days: 61 / 86_400, text: "1m 1s" },
    ],
  ])("STD-48 to STD-51: %s(%j) is %j", async (fn, args, expected) => {
    expect(await inBoth(fn, args)).toEqual([expected, expected]);
  });

  it("STD-48: are methods of texts in Lua, and leave Lua's own alone", async () => {
    expect(
      await valueOf('return { ("A b"):slugify(), ("abcdef"):truncate(3), ("abc"):upper(), string.format("%d", 3) }'),
    ).toEqual(["a-b", "ab…", "ABC", "3"]);
  });

  it("STD-50: identifiers are never the same, and bytes go round", async () => {
    expect(
      await valueOf(
        "local seen = {} for i = 1, 2000 do seen[crypto.uuid()] = true end local n = 0 for _ in pairs(seen) do n = n + 1 end return n",
      ),
    ).toBe(2000);
    expect(await valueOf('return crypto.decode(crypto.encode("\\xff\\x00", "base64"), "base64") == "\\xff\\x00"')).toBe(
      true,
    );
    const bytes = 'return [...crypto.decode(crypto.encode(new Uint8Array([255, 0]), "base64url"), "base64url")]';
    expect(await valueOf(bytes, inJavaScript())).toEqual([255, 0]);
    expect(await valueOf("return #crypto.random_string(40, 'ab')")).toBe(40);
  });

  it("STD-51: now is the time of the host", async () => {
    const before = Date.now();
    const now = Number(await valueOf("return time.now()"));
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it.each([
    ["string.template('${x}', {})", "INVALID_ARGUMENT"],
    ["string.truncate('abcdef', 2, '...')", "INVALID_ARGUMENT"],
    ["crypto.hash('x', 'sha7')", "INVALID_ARGUMENT"],
    ["crypto.random_string(3, 'a')", "INVALID_ARGUMENT"],
    ["crypto.decode('zz', 'hex')", "SYNTAX_ERROR"],
    ["time.format(0, '%Q')", "INVALID_ARGUMENT"],
    ["time.format(0, 'iso', { tz = 'Mars' })", "INVALID_ARGUMENT"],
    ["time.duration('x', 1)", "INVALID_ARGUMENT"],
  ])("%s is %s", async (source, code) => {
    expect(await failureOf(source)).toMatchObject({ code });
  });

  it("STD-49: tables are merged, copied and listed, cycles and functions included", async () => {
    const lua = `local t = { a = { 1 } } t.self, t.f = t, print
      local copy = table.deep_copy(t)
      local meta = setmetatable({}, { __index = { x = 5 } })
      return { copy.self == copy, copy.a ~= t.a, copy.f == print, copy.a[1], table.deep_copy(meta).x,
        table.merge({ a = 1, b = 1 }, { b = 2 }, { c = 3 }), table.keys({ b = 1, a = 2 }), table.values({ b = 1, a = 2 }),
        table.concat({ 1, 2 }, "-"), llmspell.table.keys == table.keys }`;
    expect(await valueOf(lua)).toEqual([true, true, true, 1, 5, { a: 1, b: 2, c: 3 }, ["a", "b"], [2, 1], "1-2", true]);
    const javascript = `const t = { a: [1] }; t.self = t; t.f = parseInt
      const copy = table.deepCopy(t)
      return [copy.self === copy, copy.a !== t.a, copy.f === parseInt, copy.a[0], table.deep_copy([1, , 3]).length,
        table.merge({ a: 1, b: 1 }, { b: 2 }, { c: 3 }), table.keys({ b: 1, a: 2 }), table.values({ b: 1, a: 2 })]`;
    expect(await valueOf(javascript, inJavaScript())).toEqual([
      true,
      true,
      true,
      1,
      3,
      { a: 1, b: 2, c: 3 },
      ["a", "b"],
      [2, 1],
    ]);
    const deep =
      "local t = {} local inner = t for i = 1, 1e5 do inner.t = {} inner = inner.t end return table.deep_copy(t).t.t ~= nil";
    expect(await valueOf(deep)).toBe(true);
    expect(await failureOf("table.merge(1, {})")).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(await failureOf("table.keys(1)", inJavaScript())).toMatchObject({ code: "SCRIPT_ERROR" });
  });
});
