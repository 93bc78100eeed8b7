import { attack, type AttackClass } from "../../kit/attack.js";

export const LIBRARY: AttackClass = {
  title: "Library functions",
  about: "Work inside functions that are written in C: each loop of them takes fuel, each allocation counts.",
  attacks: [
    attack("string.rep of a gigabyte", '("x"):rep(1 << 30)', "LIMIT_MEMORY"),
    attack("string.rep of too much to count", '("x"):rep(math.maxinteger)', "SCRIPT_ERROR"),
    attack("string.rep in a loop", 'while true do local s = ("x"):rep(100000) end', "LIMIT_FUEL"),
    attack("string.rep in pcall in a loop", 'while true do pcall(string.rep, "x", 1 << 30) end', "LIMIT_FUEL"),
    attack("a catastrophic pattern", '("a"):rep(30):find(("a?"):rep(30) .. ("a"):rep(30) .. "b")', "LIMIT_FUEL"),
    attack("a catastrophic pattern on 30k of input", '("a"):rep(30000):find(".-.-.-.-b")', "LIMIT_FUEL"),
    attack("a pattern that nests too deeply", '("("):rep(1000):find(("("):rep(40))', "SCRIPT_ERROR"),
    attack("a pattern that recurses too deeply", '("a"):rep(300000):match(("a?"):rep(300000))', "SCRIPT_ERROR"),
    attack("gsub that grows", 'local s = "x" while true do s = s:gsub("x", "xx") end', ["LIMIT_MEMORY", "LIMIT_FUEL"]),
    attack("string.format with a huge width", 'string.format("%99999d", 1)', "SCRIPT_ERROR"),
    attack("string.format in a loop", 'while true do local s = string.format("%99.99f", 1e308) end', "LIMIT_FUEL"),
    attack(
      "table.concat of much",
      'local t = {} for i = 1, 20000 do t[i] = ("x"):rep(30) end while true do local s = table.concat(t) end',
      "LIMIT_FUEL",
    ),
    attack(
      "table.concat over a huge range",
      'table.concat(setmetatable({}, { __index = function() return "x" end }), "", 1, math.maxinteger)',
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack("table.unpack of a huge range", "table.unpack({}, 1, 1 << 40)", "SCRIPT_ERROR"),
    attack("table.unpack of many", "select('#', table.unpack({}, 1, 900000))", "fine", {
      fuel: 1e8,
      memoryBytes: 64 * 1024 * 1024,
    }),
    attack("table.move over a huge range", "table.move({}, 1, math.maxinteger - 1, 2)", "LIMIT_FUEL"),
    attack("table.insert at the front, for ever", "local t = {} while true do table.insert(t, 1, 1) end", "LIMIT_FUEL"),
    attack(
      "sort with a comparator that lies",
      "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)",
      "SCRIPT_ERROR",
    ),
    attack("sort with a comparator that loops", "table.sort({ 2, 1 }, function() while true do end end)", "LIMIT_FUEL"),
    attack(
      "sort of an endless proxy",
      "table.sort(setmetatable({}, { __len = function() return 1 << 30 end, __index = function() return 1 end, __newindex = function() end }))",
      "LIMIT_FUEL",
    ),
    attack(
      "utf8.char floods",
      "local t = {} for i = 1, 200 do t[i] = 0x10FFFF end while true do local s = utf8.char(table.unpack(t)) end",
      "LIMIT_FUEL",
    ),
    attack("utf8.len of much", 'local s = ("ä"):rep(100000) while true do utf8.len(s) end', "LIMIT_FUEL"),
    attack("string.byte of much", 'local s = ("x"):rep(1000000) s:byte(1, -1)', ["SCRIPT_ERROR", "LIMIT_MEMORY"]),
    attack("string.pack with a huge alignment", 'string.pack("!17 i16", 1)', "SCRIPT_ERROR"),
    attack("string.packsize that overflows", 'string.packsize(("c1000000000"):rep(3))', "SCRIPT_ERROR"),
    attack("string.unpack behind the end", 'string.unpack("s4", "\\255\\255\\255\\127")', "SCRIPT_ERROR"),
    attack("tonumber of much", 'local s = ("9"):rep(100000) while true do tonumber(s) end', "LIMIT_FUEL"),
    attack(
      "tostring that calls itself",
      "local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring tostring(t)",
      ["SCRIPT_ERROR", "LIMIT_DEPTH"],
    ),
    attack("math.random over the whole range", "while true do math.random(0) end", "LIMIT_FUEL"),
    attack(
      "next on a changed table",
      "local t = {} for i = 1, 100 do t[i] = i end while true do for k in next, t do end end",
      "LIMIT_FUEL",
    ),
    attack(
      "collectgarbage without end",
      "local t = {} for i = 1, 10000 do t[i] = {} end while true do collectgarbage() end",
      "LIMIT_FUEL",
    ),
    attack("os.date with much to format", 'local f = ("%c"):rep(10000) while true do os.date(f) end', [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
  ],
};
