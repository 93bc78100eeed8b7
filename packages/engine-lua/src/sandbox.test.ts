import { afterAll, describe, expect, it } from "vitest";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

async function lua(source: string, host = new TestHost()): Promise<unknown> {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host });
  try {
    return await guest.run(source, { name: "spell.lua" }).result();
  } finally {
    guest[Symbol.dispose]();
  }
}

describe("what a guest can reach", () => {
  it.each([
    "io",
    "package",
    "dofile",
    "loadfile",
    "loadstring",
    "module",
    "setfenv",
    "getfenv",
    "string.dump",
    "os.execute",
    "os.exit",
    "os.getenv",
    "os.remove",
    "os.rename",
    "os.tmpname",
    "os.setlocale",
    "debug.getregistry",
    "debug.sethook",
    "debug.getupvalue",
    "debug.getinfo",
    "debug.setmetatable",
    "debug.getmetatable",
    "debug.upvaluejoin",
    "package.loadlib",
  ])("%s is not there", async (name) => {
    expect(
      await lua(`local t = _G for part in ("${name}"):gmatch("[^.]+") do t = t and t[part] end return t == nil`),
    ).toBe(true);
  });

  it.each([
    "io",
    "debug",
    "package",
    "string.dump",
    "../secret",
    "/etc/passwd",
    "llmspell.nothing",
    "llmspell.debug",
    "",
  ])("require finds no '%s'", async (name) => {
    await expect(lua(`return require("${name}")`)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each(["string", "table", "math", "utf8", "coroutine", "os"])(
    "require finds the standard library %s",
    async (name) => {
      expect(await lua(`return require("${name}") == ${name}`)).toBe(true);
    },
  );

  it("require does not find a global of the spell", async () => {
    await expect(lua('str = {} e = {} return require("str") or require("e")')).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("a traceback shows the spell's own frames and nothing of the host", async () => {
    const trace = await lua('local function f() return debug.traceback("here") end local t = f() return t');
    expect(trace).toContain("spell.lua:1: in");
    expect(trace).not.toMatch(/node|\.ts|\.js|wasm|(^|\s)\/\w+\//);
  });
});

describe("load", () => {
  it("compiles text in an environment of one's own", async () => {
    expect(
      await lua(
        'return load("x = 1 return y", "chunk", "t", setmetatable({}, { __index = function(_, k) return k .. "!" end }))()',
      ),
    ).toBe("y!");
    expect(await lua('local env = {} load("x = 1", "c", "t", env)() return { env = env.x, global = x }')).toEqual({
      env: 1,
    });
  });

  it("takes nil as an environment, which is not the same as none", async () => {
    expect(
      await lua('return { none = load("return _VERSION")(), fails = pcall(load("return _VERSION", "c", "t", nil)) }'),
    ).toEqual({ none: "Lua 5.4", fails: false });
  });

  it("compiles what a function gives in pieces", async () => {
    expect(
      await lua('local parts = { "return ", "4", "2" } return load(function() return table.remove(parts, 1) end)()'),
    ).toBe(42);
  });

  it.each(["b", "bt", "t", "", "x"])("refuses precompiled code, whatever the mode (%s)", async (mode) => {
    const source = `local f, e = load("\\27Lua\\x54\\0\\x19\\x93\\r\\n\\x1a\\n\\4\\8\\8", "c", "${mode}") return { f = f, e = e }`;
    expect(await lua(source)).toEqual({ e: expect.stringContaining("attempt to load a binary chunk") as string });
  });

  it("refuses precompiled code that arrives in pieces", async () => {
    expect(
      await lua('local parts = { "\\27", "Lua" } return load(function() return table.remove(parts, 1) end) == nil'),
    ).toBe(true);
  });

  it("refuses precompiled code as a spell", async () => {
    await expect(lua("\x1bLua\x54\x00\x19\x93\r\n\x1a\n")).rejects.toMatchObject({ code: "SYNTAX_ERROR" });
  });

  it("returns the message of code that does not compile", async () => {
    expect(await lua('local f, e = load("local =", "=chunk") return e')).toContain("chunk:1:");
  });
});

describe("metatables", () => {
  it("of text cannot be read or changed", async () => {
    expect(await lua('return { get = getmetatable(""), set = pcall(setmetatable, "", {}) }')).toEqual({
      get: false,
      set: false,
    });
  });

  it.each([
    ["a promise", "spawn(function() end)"],
    ["an async function", "(async(function() end))"],
    ["a handle", 'test.open("x")'],
    ["an error", "select(2, pcall(test.fail))"],
    ["an array", "llmspell.array()"],
    ["a module", "test"],
  ])("of %s cannot be read or replaced", async (_, value) => {
    expect(await lua(`local v = ${value} return { get = getmetatable(v), set = pcall(setmetatable, v, {}) }`)).toEqual({
      get: false,
      set: false,
    });
  });

  it("of one guest's text do not reach the next guest", async () => {
    await lua('string.upper = function() return "mine" end');
    expect(await lua('return ("a"):upper()')).toBe("A");
  });

  it("a script that replaces library functions changes no error's place", async () => {
    const source =
      'string.sub = function() error("mine") end\nstring.find = string.sub\nnext, pairs, type, pcall = nil\nerror("broken")';
    await expect(lua(source)).rejects.toMatchObject({ code: "SCRIPT_ERROR", message: "broken", details: { line: 4 } });
  });
});

describe("handles", () => {
  it("are equal when they stand for the same thing, and print as kind and id", async () => {
    expect(
      await lua(`
      local a, b = test.open("x"), test.open("x")
      return { same = test.echo(a) == a, other = a == b, text = tostring(a), key = test.echo(a) ~= nil }`),
    ).toEqual({
      same: true,
      other: false,
      text: "box: 1",
      key: true,
    });
  });

  it("of different kinds are never equal", async () => {
    const bindings = { ...PROMISE_BINDINGS, handles: [...PROMISE_BINDINGS.handles, { kind: "jar", methods: [] }] };
    const guest = engine.createGuest({ bindings });
    const { Handle } = await import("@llmspell/engine");
    guest.setGlobal("a", new Handle("box", 1));
    guest.setGlobal("b", new Handle("jar", 1));
    guest.setGlobal("c", new Handle("box", 1));
    expect(await guest.run("return { a == b, a == c }").result()).toEqual([false, true]);
    guest[Symbol.dispose]();
  });

  it.each([
    'setmetatable({}, getmetatable(test.open("x")) or {})',
    '{ kind = "box", id = 1 }',
    'setmetatable({ id = 1 }, { __name = "box", __index = function() return 1 end })',
    '"box: 1"',
    "1",
    "llmspell.null",
  ])("cannot be forged: %s", async (value) => {
    expect(await lua(`return test.describe(${value})`)).toBe("other");
  });

  it("cannot be given fields or another kind", async () => {
    expect(
      await lua('local h = test.open("x") return { pcall(function() h.id = 2 end), pcall(rawset, h, "id", 2) }'),
    ).toEqual([false, false, expect.any(String)]);
  });
});

describe("the language is Lua 5.4", () => {
  it.each([
    ["return 7 // 2", 3],
    ["return 7.0 // 2 == 3.0 and math.type(7.0 // 2)", "float"],
    ["return 5 & 3 | 8 ~ 1", 9],
    ["return 1 << 62 >> 60", 4],
    ["for i = 1, 3 do if i == 2 then goto done end end ::done:: return 1", 1],
    ["local x <const> = 4 return x", 4],
    [
      'local log = "" do local c <close> = setmetatable({}, { __close = function() log = "closed" end }) end return log',
      "closed",
    ],
    ["return math.maxinteger + 1 == math.mininteger", true],
    ["return ('x'):rep(3, ',')", "x,x,x"],
    ["return #table.pack(table.unpack({ 1, nil, 3 }, 1, 3))", 3],
    ["return utf8.char(228, 8364, 128512)", "ä€😀"],
    ["return string.pack('<i4', 1):byte(1, -1)", 1],
    ["#!/usr/bin/env llmspell\nreturn 1", 1],
    ["\uFEFFreturn 2", 2],
  ])("%s", async (source, value) => {
    expect(await lua(source)).toBe(value);
  });
});
