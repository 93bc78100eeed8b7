import { attack, type AttackClass } from "../../kit/attack.js";

export const LOOPS: AttackClass = {
  title: "Loops",
  about:
    "Loops and recursion in Lua code, and every construct that catches errors, used to outlive the fuel: all end at the limit.",
  attacks: [
    attack("an endless loop", "while true do end", "LIMIT_FUEL"),
    attack("an endless loop until the time is over", "while true do end", "LIMIT_TIME", { fuel: 1e12, timeMs: 30 }),
    attack("a repeat that calls", "local function f() end repeat f() until false", "LIMIT_FUEL"),
    attack("a numeric for that does not end", "for i = 1, math.huge do end", "LIMIT_FUEL"),
    attack("a goto loop", "::again:: goto again", "LIMIT_FUEL"),
    attack("endless tail calls", "local function f() return f() end f()", "LIMIT_FUEL"),
    attack("a for over an endless iterator", "for _ in function() return 1 end do end", "LIMIT_FUEL"),
    attack("pcall swallows the end", "while true do pcall(function() while true do end end) end", "LIMIT_FUEL"),
    attack(
      "xpcall whose handler loops",
      "while true do xpcall(function() while true do end end, function() while true do end end) end",
      "LIMIT_FUEL",
    ),
    attack("pcall in pcall in pcall", "local function f() while true do pcall(f) end end f()", [
      "LIMIT_FUEL",
      "LIMIT_DEPTH",
    ]),
    attack(
      "a loop in a coroutine whose error is swallowed",
      "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
      "LIMIT_FUEL",
    ),
    attack(
      "a coroutine takes the blame and the spell returns",
      "coroutine.resume(coroutine.create(function() while true do end end)) return 'survived'",
      "LIMIT_FUEL",
    ),
    attack(
      "a close handler that loops",
      "while true do pcall(function() local c <close> = setmetatable({}, { __close = function() while true do end end }) while true do end end) end",
      "LIMIT_FUEL",
    ),
    attack(
      "a finalizer that loops",
      "setmetatable({}, { __gc = function() while true do end end }) while true do local t = {} end",
      "LIMIT_FUEL",
    ),
    attack(
      "finalizers that make finalizers",
      "local mt = {} mt.__gc = function() setmetatable({}, mt) end setmetatable({}, mt) while true do collectgarbage() end",
      "LIMIT_FUEL",
    ),
    attack(
      "a loop in a task while another waits",
      'async(function() test.wait("x") end) while true do end',
      "LIMIT_FUEL",
    ),
    attack(
      "a thousand tasks that loop",
      "for i = 1, 1000 do spawn(function() while true do end end) end",
      "LIMIT_FUEL",
    ),
    attack("tasks that make tasks", "local function f() spawn(f) spawn(f) end f()", ["LIMIT_FUEL", "LIMIT_MEMORY"]),
    attack("yields without end", "while true do promise.yield() end", "LIMIT_FUEL"),
    attack(
      "an error in an error handler",
      'while true do xpcall(error, function() error("again") end) end',
      "LIMIT_FUEL",
    ),
  ],
};
