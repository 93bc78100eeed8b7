import { attack, type AttackClass } from "../../kit/attack.js";

export const DEPTH: AttackClass = {
  title: "Depth",
  about:
    "Nesting of calls, values, coroutines and source text ends with an error, never with the end of the native stack.",
  attacks: [
    attack("deep recursion", "local function f() return 1 + f() end f()", "LIMIT_DEPTH", {
      fuel: 1e8,
      memoryBytes: 64 * 1024 * 1024,
    }),
    attack("deep recursion up to Lua's own limit", "local function f() return 1 + f() end f()", "LIMIT_DEPTH", {
      fuel: 1e9,
      memoryBytes: 128 * 1024 * 1024,
      callDepth: 10_000_000,
    }),
    attack(
      "a value that is its own __call",
      "local t = setmetatable({}, {}) getmetatable(t).__call = t while true do pcall(t) end",
      "LIMIT_FUEL",
      { callDepth: 10_000_000, memoryBytes: 128 * 1024 * 1024 },
    ),
    attack(
      "recursion beyond a small limit",
      "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(5000)",
      "LIMIT_DEPTH",
      { callDepth: 100 },
    ),
    attack("deep recursion until memory is over", "local function f() return 1 + f() end f()", "LIMIT_MEMORY", {
      fuel: 1e8,
      callDepth: 10_000_000,
    }),
    attack("recursion in pcall", "local function f() pcall(f) end f() while true do end", [
      "LIMIT_FUEL",
      "LIMIT_DEPTH",
    ]),
    attack(
      "a chain of __index",
      "local t = {} for i = 1, 3000 do t = setmetatable({}, { __index = t }) end return t.x",
      "SCRIPT_ERROR",
    ),
    attack("__index that is itself", "local t = {} setmetatable(t, { __index = t }) return t.x", "SCRIPT_ERROR"),
    attack(
      "__index that recurses",
      "local t t = setmetatable({}, { __index = function(_, k) return t[k] end }) return t.x",
      ["SCRIPT_ERROR", "LIMIT_DEPTH"],
    ),
    attack(
      "metamethods that recurse",
      "local t = setmetatable({}, {}) getmetatable(t).__add = function(a, b) return a + b end return t + t",
      ["SCRIPT_ERROR", "LIMIT_DEPTH"],
    ),
    attack("gsub in gsub in gsub", 'local function f() return (("x"):gsub("x", f)) end f()', [
      "SCRIPT_ERROR",
      "LIMIT_DEPTH",
    ]),
    attack("sort in sort in sort", "local function f() table.sort({ 2, 1 }, f) return true end f()", [
      "SCRIPT_ERROR",
      "LIMIT_DEPTH",
    ]),
    attack(
      "source that nests deeply",
      'assert(load("return " .. ("("):rep(100000) .. "1" .. (")"):rep(100000)))',
      "SCRIPT_ERROR",
    ),
    attack("blocks that nest deeply", 'assert(load(("do "):rep(100000) .. ("end "):rep(100000)))', "SCRIPT_ERROR"),
    attack("a host call in a host call in a host call", "local function f() return test.apply(f) end f()", [
      "SCRIPT_ERROR",
      "LIMIT_DEPTH",
    ]),
  ],
};
