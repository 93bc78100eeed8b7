import type { Denial, GuestOptions } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { SpellError } from "@llmspell/errors";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "./index.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

async function denialsOf(source: string, options: GuestOptions = {}): Promise<Denial[]> {
  const denials: Denial[] = [];
  using guest = engine.createGuest({
    bindings: PROMISE_BINDINGS,
    host: new TestHost(),
    onDenied: (denial) => void denials.push(denial),
    ...options,
  });
  await guest
    .run(source, { name: "bad.lua" })
    .result()
    .catch(() => {});
  return denials;
}

const at = (line: number) => ({ file: "bad.lua", line });

describe("what the sandbox refuses is told with its place", () => {
  it.each<[string, string, Partial<Denial>]>([
    ["precompiled code", "local x = 1\nload('\\27Lua')", { what: "load", code: "UNSUPPORTED", ...at(2) }],
    ["the same in pieces", "\n\nload(function() return '\\27Lua' end)", { what: "load", ...at(3) }],
    ["an unknown module", "\npcall(require, 'socket')", { what: "require", code: "NOT_FOUND", ...at(2) }],
    [
      "the same in a coroutine",
      "coroutine.wrap(function()\n\npcall(require, 'x') end)()",
      { what: "require", ...at(3) },
    ],
  ])("%s", async (_, source, denial) => {
    const denials = await denialsOf(source);
    expect(denials).toHaveLength(1);
    expect(denials[0]).toMatchObject(denial);
  });

  it("a chunk that is precompiled itself has no place", async () => {
    expect(await denialsOf("\u001bLua")).toEqual([
      { what: "load", code: "UNSUPPORTED", message: expect.stringContaining("binary chunk") },
    ]);
  });

  it("a call that the host does not permit", async () => {
    const host = new TestHost();
    host.onCall = () => {
      throw new SpellError("PERMISSION_DENIED", "not you");
    };
    expect(await denialsOf("local function f()\n  test.echo(1)\nend\npcall(f)\nf()", { host })).toEqual([
      { what: "call", code: "PERMISSION_DENIED", message: "not you", ...at(2) },
      { what: "call", code: "PERMISSION_DENIED", message: "not you", ...at(2) },
    ]);
    expect(await denialsOf("test.echo(1)", { host: {} })).toMatchObject([{ what: "call", ...at(1) }]);
  });

  it.each<[string, string, GuestOptions["limits"], Partial<Denial>]>([
    ["fuel", "local n = 0\nwhile true do n = n + 1 end", { fuel: 100_000 }, { code: "LIMIT_FUEL", ...at(2) }],
    ["calls", "\n\nwhile true do test.echo(1) end", { hostCalls: 5 }, { code: "LIMIT_CALLS", ...at(3) }],
    ["values", "\ntest.echo(('x'):rep(2000))", { valueBytes: 1_000 }, { code: "LIMIT_VALUE", ...at(2) }],
    ["memory", "pcall(string.rep, 'x', 1 << 30)", undefined, { code: "LIMIT_MEMORY" }],
    ["output", "for i = 1, 9 do print(i) end", { outputBytes: 5 }, { code: "LIMIT_OUTPUT" }],
  ])("more %s than a limit allows, once", async (_, source, limits, denial) => {
    const denials = await denialsOf(source, limits === undefined ? {} : { limits });
    expect(denials).toHaveLength(1);
    expect(denials[0]).toMatchObject({ what: "limit", ...denial });
  });

  it("and costs fuel, so that nobody is flooded with it", async () => {
    const denials = await denialsOf("while true do load('\\27Lua') pcall(require, 'x') end", {
      limits: { fuel: 1_000_000 },
    });
    expect(denials.length).toBeGreaterThan(100);
    // Its fuel, and what it may use to end by itself, at a thousand each.
    expect(denials.length).toBeLessThan(4_010);
  });

  it("nothing that is allowed, and nothing that just fails", async () => {
    expect(
      await denialsOf("load('return 1') load('return (') require('string') pcall(test.fail) pcall(error, 'x')"),
    ).toEqual([]);
  });

  it("a listener that fails does not change how the guest ends", async () => {
    using guest = engine.createGuest({
      limits: { fuel: 10_000 },
      onDenied: () => {
        throw new Error("x");
      },
    });
    await expect(guest.run("while true do end").result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
  });
});

it("a guest knows where it calls the host, and nothing outside of that", async () => {
  const host = new TestHost();
  using guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
  const places: unknown[] = [];
  host.onCall = () => places.push(guest.position);
  await guest.run("test.echo(1)\nlocal function f() test.echo(2) end\n\nf()", { name: "a.lua" }).result();
  await guest.run("table.sort({ 1, 2 }, function(a, b)\n test.echo(3) return a < b end)", { name: "b.lua" }).result();
  expect(places).toEqual([
    { file: "a.lua", line: 1 },
    { file: "a.lua", line: 2 },
    { file: "b.lua", line: 2 },
  ]);
  expect(guest.position).toBeUndefined();
});
