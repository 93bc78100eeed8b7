import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const COROUTINES: AttackClass = {
  title: "Coroutines and tasks",
  about:
    "Coroutines that resume, close, wrap and outlive each other, and the tasks of the spell: none is entered twice, none escapes a limit.",
  attacks: [
    harmless(
      "a coroutine that resumes itself",
      "local co co = coroutine.create(function() return coroutine.resume(co) end) local _, ok = coroutine.resume(co) return ok == false",
    ),
    harmless(
      "two coroutines that resume each other",
      "local a, b a = coroutine.create(function() return coroutine.resume(b) end) b = coroutine.create(function() return coroutine.resume(a) end) local _, _, ok = coroutine.resume(a) return ok == false",
    ),
    harmless(
      "a wrapped coroutine that calls itself",
      "local f f = coroutine.wrap(function() return pcall(f) end) return f() == false",
    ),
    harmless("closing the running coroutine", "return not pcall(coroutine.close, (coroutine.running()))"),
    harmless(
      "closing a coroutine that runs another",
      "local outer outer = coroutine.create(function() return coroutine.wrap(function() return pcall(coroutine.close, outer) end)() end) return select(2, coroutine.resume(outer)) == false",
    ),
    harmless(
      "the task's own coroutine, resumed from inside",
      "local main = coroutine.running() return coroutine.wrap(function() return coroutine.resume(main) end)() == false",
    ),
    harmless(
      "the task's own coroutine, closed from inside",
      "local main = coroutine.running() return coroutine.wrap(function() return pcall(coroutine.close, main) end)() == false",
    ),
    harmless(
      "a suspended task, resumed by another",
      "local co spawn(function() co = coroutine.running() promise.yield() end) promise.yield() return coroutine.resume(co) == false",
    ),
    attack(
      "a suspended task, closed by another",
      "local co local p = spawn(function() co = coroutine.running() test.wait('x') end) promise.yield() pcall(coroutine.close, co) return await(p)",
      ["SCRIPT_ERROR", "DEADLOCK", "fine", "INVALID_STATE"],
    ),
    attack(
      "a coroutine closed while it waits for the host, for ever",
      "while true do local co = coroutine.create(function() test.wait('x') end) spawn(function() coroutine.resume(co) end) promise.yield() coroutine.close(co) end",
      ["LIMIT_CALLS", "LIMIT_FUEL", "LIMIT_PENDING"],
    ),
    attack(
      "a close handler that yields for ever",
      "local co = coroutine.create(function() local c <close> = setmetatable({}, { __close = function() while true do coroutine.yield() end end }) coroutine.yield() end) coroutine.resume(co) while true do pcall(coroutine.close, co) end",
      "LIMIT_FUEL",
    ),
    attack(
      "yields in every metamethod",
      "local function y() coroutine.yield() end local mt = {} for _, k in ipairs({ '__index', '__newindex', '__add', '__eq', '__lt', '__le', '__len', '__call', '__concat', '__unm' }) do mt[k] = y end local t, u = setmetatable({}, mt), setmetatable({}, mt) local co = coroutine.wrap(function() while true do local _ = t.x, t + 1, t == u, t < u, t <= u, #t, t(), t .. u, -t t.x = 1 end end) while true do co() end",
      "LIMIT_FUEL",
    ),
    attack(
      "yields in what cannot yield",
      "local co = coroutine.wrap(function() while true do pcall(table.sort, { 2, 1 }, coroutine.yield) pcall(string.gsub, 'x', 'x', coroutine.yield) pcall(load, coroutine.yield) end end) while true do co() end",
      "LIMIT_FUEL",
    ),
    attack(
      "many arguments through a resume",
      "local co = coroutine.wrap(function(...) while true do coroutine.yield(...) end end) while true do co(table.unpack({}, 1, 200)) end",
      "LIMIT_FUEL",
    ),
    attack(
      "more results than a stack holds",
      "coroutine.wrap(function() coroutine.yield(table.unpack({}, 1, 999990)) end)()",
      ["SCRIPT_ERROR", "LIMIT_MEMORY", "LIMIT_FUEL"],
    ),
    attack(
      "coroutines that are left in the middle",
      "while true do coroutine.wrap(function() local c <close> = setmetatable({}, { __close = function() end }) coroutine.yield() end)() end",
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack(
      "errors through nested coroutines",
      "local function f(n) if n == 0 then error('deep') end return coroutine.wrap(f)(n - 1) end f(150)",
      "SCRIPT_ERROR",
    ),
    attack(
      "closers in nested coroutines",
      "local function f(n) local c <close> = setmetatable({}, { __close = function() error(n) end }) if n > 0 then coroutine.wrap(f)(n - 1) end error('x') end f(150)",
      "SCRIPT_ERROR",
    ),
    harmless(
      "a dead coroutine, resumed and closed again and again",
      "local co = coroutine.create(error) coroutine.resume(co) for _ = 1, 50 do if coroutine.resume(co) or coroutine.status(co) ~= 'dead' then return false end coroutine.close(co) end return true",
    ),
    harmless(
      "the internal mark of a wait",
      "local seen = {} local co = coroutine.create(function() test.wait('x') end) spawn(function() seen = table.pack(coroutine.resume(co)) end) promise.yield() return #seen == 0",
    ),
    attack(
      "promises that wait for each other",
      "local a, b a = spawn(function() promise.yield() return await(b) end) b = spawn(function() return await(a) end) await(a)",
      ["DEADLOCK", "INVALID_ARGUMENT"],
    ),
    attack(
      "a promise resolved with itself",
      "local p p = promise.new(function(resolve) spawn(function() resolve(p) end) end) await(p)",
      "INVALID_ARGUMENT",
    ),
    attack(
      "a chain of promises that grows",
      "local p = promise.resolve(1) while true do p = p:and_then(function(v) return v end) end",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
    ),
    attack(
      "a wait inside a closer inside a killed coroutine",
      "local co = coroutine.create(function() local c <close> = setmetatable({}, { __close = function() test.wait('x') end }) error('y') end) return coroutine.resume(co)",
      ["fine", "DEADLOCK"],
      { timeMs: 50 },
    ),
  ],
};
