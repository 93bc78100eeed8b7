import { attack, attackFull, harmless, type Attack, type AttackClass } from "../../kit/attack.js";

const HEADER = "\\27Lua\\x54\\0\\x19\\x93\\r\\n\\x1a\\n\\4\\8\\8";

/** A chunk of one's own, changed and loaded again and again: at the level `none` this must not get out. */
const damaged = (name: string, change: string): Attack =>
  attackFull(
    `precompiled code with ${name}`,
    `local function f(a, ...) local t = { a, ... } for i, v in ipairs(t) do t[i] = v .. i end return #t, function() return t end end
    local code = string.dump(f)
    for i = 1, 60 do
      local changed = (function(code, i) ${change} end)(code, i)
      local g = load(changed, "x", "b")
      if g then pcall(g, 1, 2, 3) end
    end`,
    [
      "fine",
      "SCRIPT_ERROR",
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
      "LIMIT_DEPTH",
      "LIMIT_VALUE",
      "INVALID_ARGUMENT",
      "INTERNAL",
    ],
  );

export const BYTECODE: AttackClass = {
  title: "Precompiled code",
  about:
    "Damaged bytecode crashes any Lua. It is refused at basic and strict, whatever the mode, the header or the way it comes in; at none it can crash its own guest and nothing else.",
  attacks: [
    ...["nil", '"b"', '"bt"', '"t"', '""', '"x"'].map((mode) =>
      harmless(`a binary chunk with the mode ${mode}`, `return load("${HEADER}", "x", ${mode}) == nil`),
    ),
    harmless("a binary chunk with an environment", `return load("${HEADER}", "x", "b", {}) == nil`),
    harmless(
      "a binary chunk in pieces",
      `local p = { "\\27", "Lua", "\\x54" } return load(function() return table.remove(p, 1) end, "x", "b") == nil`,
    ),
    harmless("a binary chunk behind a comment line", `return load("#!lua\\n${HEADER}", "x", "b") == nil`),
    harmless("a binary chunk behind a byte order mark", `return load("\\xef\\xbb\\xbf${HEADER}", "x", "b") == nil`),
    harmless("only the signature", `return load("\\27", "x", "b") == nil`),
    harmless("a mode with an embedded zero", `return load("${HEADER}", "x", "t\\0b") == nil`),
    harmless("a name that is binary", `return load("return 1", "\\27Lua", "t")() == 1`),
    harmless("string.dump", "return string.dump == nil and ('').dump == nil"),
    harmless("string.dump through the text's metatable", 'return rawget(string, "dump") == nil and ("x").dump == nil'),
    attack("bytecode as a spell", "\u001bLua\u0054\0\u0019\r\n", "SYNTAX_ERROR"),
    attack("bytecode as a spell behind a first line", "#!x\n\u001bLua\u0054\0", "SYNTAX_ERROR"),
    attack("a reader that fails", "assert(load(function() error('reader') end))", "SCRIPT_ERROR"),
    attack("a reader that gives no text", "assert(load(function() return {} end))", "SCRIPT_ERROR"),
    attack("a reader without end", "load(function() return ' ' end)", ["LIMIT_FUEL", "LIMIT_MEMORY"]),
    attack(
      "a reader that yields",
      "coroutine.wrap(function() assert(load(function() coroutine.yield() end)) end)()",
      "SCRIPT_ERROR",
    ),
    attack("a reader that loads", "local function r() return load(r) and '' end assert(load(r))", [
      "fine",
      "SCRIPT_ERROR",
      "LIMIT_DEPTH",
    ]),
    damaged(
      "one byte changed",
      "return code:sub(1, 30 + i) .. string.char((code:byte(31 + i) or 0) ~ 0x55) .. code:sub(32 + i)",
    ),
    damaged("an instruction overwritten", "return code:sub(1, 50 + i) .. '\\xff\\xff\\xff\\x7f' .. code:sub(55 + i)"),
    damaged("its end cut off", "return code:sub(1, #code - i)"),
    damaged(
      "random bytes",
      "return code:gsub('.', function(c) return math.random(20) == 1 and string.char(math.random(0, 255)) or nil end)",
    ),
    damaged("all its sizes huge", "return code:sub(1, 31) .. ('\\x7f'):rep(i) .. code:sub(32)"),
  ],
};
