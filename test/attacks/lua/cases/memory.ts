import { attack, type AttackClass } from "../../kit/attack.js";

export const MEMORY: AttackClass = {
  title: "Memory",
  about: "All ways to take memory end at the cap, inside Lua, and the guest that follows has all of its own.",
  attacks: [
    attack("a table that grows", "local t = {} for i = 1, math.huge do t[i] = i end", "LIMIT_MEMORY", { fuel: 1e8 }),
    attack("tables in tables", "local t = {} while true do t = { t } end", "LIMIT_MEMORY", { fuel: 1e8 }),
    attack("text that doubles", 'local s = "x" while true do s = s .. s end', "LIMIT_MEMORY"),
    attack(
      "many short texts",
      "local t = {} for i = 1, math.huge do t[i] = 'k' .. i end",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
      { fuel: 1e8 },
    ),
    attack("a stack as large as it can be", "local t = table.pack(table.unpack({}, 1, 900000))", [
      "SCRIPT_ERROR",
      "LIMIT_MEMORY",
    ]),
    attack("closures", "local t = {} for i = 1, math.huge do t[i] = function() return i end end", "LIMIT_MEMORY", {
      fuel: 1e8,
    }),
    attack(
      "a million coroutines",
      "local t = {} for i = 1, 1000000 do t[i] = coroutine.wrap(function() coroutine.yield() end) t[i]() end",
      "LIMIT_MEMORY",
      { fuel: 1e8 },
    ),
    attack("coroutines in coroutines", "local function f() return coroutine.wrap(f)() end f()", [
      "SCRIPT_ERROR",
      "LIMIT_DEPTH",
      "LIMIT_MEMORY",
    ]),
    attack(
      "memory taken in pcall, again and again",
      'while true do pcall(function() local s = "x" while true do s = s .. s end end) end',
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack("a bomb of constants", 'load("return {" .. ("1.5,"):rep(300000) .. "}")', ["LIMIT_MEMORY", "LIMIT_FUEL"]),
    attack(
      "promises without end",
      "local t = {} for i = 1, math.huge do t[i] = promise.new(function() end) end",
      "LIMIT_MEMORY",
      { fuel: 1e8 },
    ),
  ],
};
