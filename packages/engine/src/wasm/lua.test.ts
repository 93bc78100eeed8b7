import { describe, expect, it } from "vitest";
import { captureImage } from "./image.js";
import { OutOfFuel, TinyLua, meterLua, meterLuaCountOnly } from "./testing/lua.js";

const variants = {
  "longjmp in JavaScript": { module: new WebAssembly.Module(meterLua()), longjmpIsWasm: false },
  "longjmp as wasm exceptions": {
    module: new WebAssembly.Module(meterLua({ longjmp: "exceptions" })),
    longjmpIsWasm: true,
  },
  "indirect recursion charged": {
    module: new WebAssembly.Module(meterLua({ recursion: "indirect" })),
    longjmpIsWasm: false,
  },
  "dispatch counted only": { module: new WebAssembly.Module(meterLuaCountOnly()), longjmpIsWasm: true },
};

describe.each(Object.entries(variants))("metered Lua, %s", (_, { module, longjmpIsWasm }) => {
  it.each([
    ["return 1 + 1", "2"],
    ["return pcall(error, 'x')", "false"],
    ["return select(2, pcall(error, {code = 7})).code", "7"],
    ["error('top')", "error: [string \"error('top')\"]:1: top"],
    [
      "local function f(n) if n == 0 then error('deep', 0) end return f(n - 1) + 1 end return select(2, pcall(f, 1000))",
      "deep",
    ],
    ["return select(2, pcall(pcall)):sub(1, 12)", "bad argument"],
    ["local n = 0 for i = 1, 1000 do if not pcall(error) then n = n + 1 end end return n", "1000"],
    ["return select(2, xpcall(error, function(m) return m .. '!' end, 'x'))", "x!"],
    ["return select(2, pcall(function() local ok, e = pcall(error, 'in') error(e .. ' out', 0) end))", "in out"],
    [
      "local c = coroutine.wrap(function(a) local b = coroutine.yield(a * 2) return b + 1 end) return c(4) + c(10)",
      "19",
    ],
    ["local c = coroutine.wrap(function() error('co', 0) end) return select(2, pcall(c))", "co"],
    ["return tostring(coroutine.resume(coroutine.create(function() pcall(coroutine.yield) error('x') end)))", "true"],
    [
      "local s = '' do local x <close> = setmetatable({}, {__close = function() s = 'closed' end}) end return s",
      "closed",
    ],
    ["local ok = pcall(string.rep, 'x', 1 << 40) return tostring(ok)", "false"],
    [
      "local ok, e = pcall(function() local function f() return 1 + f() end return f() end) return e:match('stack overflow')",
      "stack overflow",
    ],
    ["return table.concat({('a b c'):match('(%w) (%w) (%w)')}, ',')", "a,b,c"],
  ])("runs %s", (source, expected) => {
    expect(new TinyLua(module).run(source)).toBe(expected);
  });

  it("stops an endless loop, and hands the lua_State to the trap", () => {
    const lua = new TinyLua(module);
    lua.ex.$fuel.value = 1_000_000;
    expect(() => lua.run("pcall(function() while true do end end)")).toThrow(expect.objectContaining({ L: lua.L }));
    // A dispatch that only counts notices a few instructions later.
    expect(lua.ex.$fuel.value).toBeLessThan(0);
    expect(lua.ex.$fuel.value).toBeGreaterThan(-10);
  });

  it("stops library loops that run inside of one VM instruction", () => {
    for (const source of [
      "return ('a'):rep(1e7)",
      "return (('a'):rep(30)):find(('a*'):rep(30) .. 'b')",
      "return ('x'):rep(100000):find('.-.-.-y')",
      "local t = {} for i = 1, 2000 do t[i] = -i end table.sort(t, nil) return table.concat(t):rep(1e4)",
    ]) {
      const lua = new TinyLua(module);
      lua.ex.$fuel.value = 500_000;
      expect(() => lua.run(source)).toThrow(OutOfFuel);
    }
  });

  it("counts the work of library functions, the same on every run", () => {
    const sources = {
      "local x = 1": 0,
      "local x = ('a'):rep(1e6)": 15_000, // 64 bytes a fuel
      "local x = (('a'):rep(1000)):find('a-b')": 500_000,
      "local x = (('(a'):rep(20) .. ('a)'):rep(20)):match(('%b()?'):rep(20))": 100,
      "local t = {} for i = 1, 1000 do t[i] = i * 7919 % 1009 end table.sort(t)": 10_000,
    };
    for (const [source, least] of Object.entries(sources)) {
      const fuel = new TinyLua(module).fuelOf(source);
      expect(fuel).toBeGreaterThan(least);
      expect(new TinyLua(module).fuelOf(source)).toBe(fuel);
    }
  });

  it("lets exceptions of the host pass through pcall", () => {
    const kill = new Error("kill");
    let killing = false; // opening the libraries asks for the time too
    const lua = new TinyLua(module, {
      emscripten_date_now: () => {
        if (killing) throw kill;
        return 0;
      },
    });
    killing = true;
    expect(() => lua.run("pcall(os.time)")).toThrow(kill);
  });

  it("uses the imports for longjmp only without wasm exceptions", () => {
    let calls = 0;
    const counted = new TinyLua(module, {
      _emscripten_throw_longjmp: () => {
        calls++;
        throw new Error("counted");
      },
    });
    try {
      counted.run("pcall(error)");
    } catch {
      // The counting import is no longjmp.
    }
    expect(calls).toBe(longjmpIsWasm ? 0 : 1);
  });

  it("is reset by a memory image after a hard kill, again and again", () => {
    const lua = new TinyLua(module);
    lua.run("x = 1");
    const image = captureImage(lua.ex.memory, lua.globals);
    const fuels = new Set<number>();
    for (let i = 0; i < 5; i++) {
      lua.ex.$fuel.value = 100_000;
      expect(() => lua.run("local t = {} while true do t[#t % 1000 + 1] = {} x = t end")).toThrow(OutOfFuel);
      image.apply(lua.ex.memory, lua.globals);
      fuels.add(lua.fuelOf("x = x + 1 y = coroutine.wrap(function() return x end)() assert(y == 2)"));
      image.apply(lua.ex.memory, lua.globals);
      expect(lua.run("return x")).toBe("1");
      image.apply(lua.ex.memory, lua.globals);
    }
    expect(fuels.size).toBe(1);
  });
});

describe("a dispatch loop that only counts", () => {
  const full = new WebAssembly.Module(meterLua({ longjmp: "exceptions" }));
  const counting = new WebAssembly.Module(meterLuaCountOnly());

  it.each([
    "while true do end",
    "repeat until false",
    "for i = 1, math.huge do end",
    "for i = 1.0, math.huge do end",
    "for k in function() return 1 end do end",
    "::again:: goto again",
    "local function f() return f() end f()",
    "local function f() f() end while true do pcall(f) end",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end while true do pcall(function() return t.x end) end",
    "local a, b = 1, 2 while a ~= b do a, b = b, a end",
    "local a = 1 while a < 2 do a = a < 2 and 1 or 1 end",
    "local a = false while not a do local b = a or a end",
    "local a = 'x' while a == 'x' do end",
    "local a = 5 while a >= 5 do end",
    "local a = 5 while a > 4 do if a <= 5 then end end",
    "local f = coroutine.wrap(function() while true do coroutine.yield() end end) while true do f() end",
  ])("stops %s", (source) => {
    const lua = new TinyLua(counting);
    lua.ex.$fuel.value = 300_000;
    expect(() => lua.run(source)).toThrow(OutOfFuel);
  });

  it("counts every instruction, and nothing twice", () => {
    // Straight-line code passes no opcode that looks.
    const line = `local x = 1 ${"x = x + 1 ".repeat(2_000)}`;
    const used = (module: WebAssembly.Module, source: string): number => {
      const lua = new TinyLua(module);
      lua.ex.$fuel.value = 1_000_000;
      lua.run(`F = load([[${source}]])`);
      const before = Number(lua.ex.$fuel.value);
      lua.run("F()");
      return before - Number(lua.ex.$fuel.value);
    };
    const [a, b] = [used(full, line), used(counting, line)];
    expect(b).toBeGreaterThan(2_000);
    expect(Math.abs(a - b)).toBeLessThan(20);
  });

  it("keeps the count when an error leaves the interpreter", () => {
    const lua = new TinyLua(counting);
    lua.ex.$fuel.value = 1_000_000;
    lua.run(`pcall(load([[local x = 1 ${"x = x + 1 ".repeat(5_000)} error("out")]]))`);
    expect(lua.ex.$fuel.value).toBeLessThan(995_000);
  });
});

describe("both kinds of longjmp", () => {
  it("cost the same fuel", () => {
    const [js, wasm] = [variants["longjmp in JavaScript"], variants["longjmp as wasm exceptions"]];
    const source = "for i = 1, 100 do pcall(error, i) end";
    expect(new TinyLua(js.module).fuelOf(source)).toBe(new TinyLua(wasm.module).fuelOf(source));
  });
});
