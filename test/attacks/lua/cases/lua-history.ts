import { attack, attackFull, harmless, type AttackClass } from "../../kit/attack.js";

export const LUA_HISTORY: AttackClass = {
  title: "Known holes of Lua",
  about:
    "Every published defect of the interpreter that a script can reach. This build is later than their repairs; a case that came back would show here, and would stay inside the guest's memory.",
  attacks: [
    attack(
      "CVE-2014-5461: a vararg function with many parameters that gets none, near the end of the stack",
      `local names = {} for i = 1, 200 do names[i] = "p" .. i end
      local f = load("local f = ... return function(" .. table.concat(names, ",") .. ", ...) return f() end")
      local function deep(n) if n == 0 then return f(function() return 1 end)() end local ok, e = pcall(deep, n - 1) return e end
      for i = 1, 180 do coroutine.wrap(deep)(i) end`,
      ["fine", "SCRIPT_ERROR", "LIMIT_FUEL"],
      { fuel: 20_000_000 },
    ),
    harmless("CVE-2019-6706: debug.upvaluejoin frees an upvalue that is in use", "return debug.upvaluejoin == nil"),
    attackFull(
      "CVE-2019-6706: the same with the debug library",
      "local x = 1 local function f() return x end for _ = 1, 100 do debug.upvaluejoin(f, 1, f, 1) collectgarbage() end return f()",
      "fine",
    ),
    attack(
      "CVE-2020-15888: the stack is reallocated while the collector works on it",
      "local function f(n) local c <close> = setmetatable({}, { __close = function() collectgarbage('step') end }) if n == 0 then return end return (f(n - 1)) end for i = 1, 150, 10 do coroutine.wrap(f)(i) pcall(string.gsub, ('x'):rep(50), 'x', function() f(5) end) end",
      ["fine", "LIMIT_FUEL"],
      { fuel: 50_000_000 },
    ),
    attackFull(
      "CVE-2020-15889: a generational collection misses a barrier of an upvalue",
      "collectgarbage('generational') local fs = {} for i = 1, 300 do local x = {} fs[i] = function(v) local o = x x = v return o end collectgarbage('step') fs[i]({ i }) end collectgarbage() for i = 1, 300 do if fs[i]()[1] ~= i then error('lost') end end return 1",
      ["fine", "LIMIT_FUEL"],
      { fuel: 50_000_000 },
    ),
    attackFull(
      "CVE-2020-15945: a line hook after a return uses an old program counter",
      "local function hook() coroutine.isyieldable() end local co = coroutine.create(function() for i = 1, 5 do local f = load('return\\n\\n' .. i) f() coroutine.yield() end end) debug.sethook(co, hook, 'l') for _ = 1, 6 do coroutine.resume(co) end return 1",
      "fine",
    ),
    attack(
      "CVE-2020-24342: an error in the error handler at the end of the C stack",
      "local function h(e) return xpcall(error, h, e) end local function f() return xpcall(f, h) end for _ = 1, 20 do xpcall(f, h) end",
      ["fine", "SCRIPT_ERROR", "LIMIT_DEPTH", "LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attackFull(
      "CVE-2020-24369: a line hook in code without debug information",
      "local f = load(string.dump(load('local x = 1\\n\\nfor i = 1, 3 do\\nx = x + i\\nend return x'), true), 'x', 'b') local n = 0 debug.sethook(function(_, l) n = n + 1 end, 'l') f() debug.sethook() return n > 0",
      "fine",
    ),
    attackFull(
      "CVE-2020-24370: an index of a local that overflows when it is negated",
      "local function f(...) return debug.getlocal(1, math.mininteger), debug.getlocal(1, -2147483648), debug.setlocal(1, -2147483648, 1) end return f(1, 2, 3) == nil",
      "fine",
    ),
    attack(
      "CVE-2020-24371: a barrier during the sweep reaches an object that is gone",
      "local mt = { __mode = 'k' } for i = 1, 300 do local t = setmetatable({}, mt) local k = {} t[k] = { k } local f = function() return t, k end t[f] = f collectgarbage('step') setmetatable(t, { __mode = 'v', __index = t }) k = nil collectgarbage('step') end return 1",
      ["fine", "LIMIT_FUEL"],
      { fuel: 20_000_000 },
    ),
    attack(
      "CVE-2021-43519: coroutines that resume each other until the C stack ends",
      "local function f() return coroutine.resume(coroutine.create(f)) end f() local function g() return coroutine.wrap(function() return pcall(g) end)() end g() return 1",
      ["fine", "SCRIPT_ERROR", "LIMIT_MEMORY", "LIMIT_DEPTH"],
    ),
    harmless(
      "CVE-2021-44647: the name of a function that a finalizer called is looked for in the wrong code",
      "for i = 1, 20 do setmetatable({}, { __gc = function() local x = nil x() end }) setmetatable({}, { __gc = function() error(debug.traceback()) end }) end for i = 1, 100 do local t = { {} } end collectgarbage() return true",
    ),
    attack(
      "CVE-2021-44964: finalizers in an emergency collection use what was freed",
      "local kept = {} for i = 1, 300 do kept[i] = setmetatable({}, { __gc = function(o) kept[#kept + 1] = setmetatable({}, getmetatable(o)) local s = ('x'):rep(1000) .. #kept end }) kept[i] = nil end local t = {} pcall(function() for i = 1, 1e6 do t[i] = ('y'):rep(50) .. i end end) t = nil collectgarbage() return 1",
      ["fine", "LIMIT_MEMORY", "LIMIT_FUEL"],
      { fuel: 100_000_000 },
    ),
    attack(
      "CVE-2021-45985: a finalizer runs during a tail call",
      "local n = 0 local function f(i, ...) if i == 0 then return ... end setmetatable({}, { __gc = function() n = n + 1 local a, b, c, d, e = 1, 2, 3, 4, 5 end }) return f(i - 1, ..., {}) end for i = 1, 100 do f(40, {}, {}, {}) end return n",
      ["fine", "LIMIT_FUEL"],
      { fuel: 20_000_000 },
    ),
    harmless(
      "CVE-2022-28805: a constant named _ENV makes the parser read behind a buffer",
      "for _, s in ipairs({ 'local _ENV <const> = {} return x', 'local _ENV <const> = nil x = 1', 'local _ENV <const> = 1 return function() return y end', 'local _ENV <const> = {} x.y.z = 1', 'local a = {} ; local _ENV <const> = a ; b = c' }) do local f = load(s) if f then pcall(f) end end return true",
    ),
    attack(
      "CVE-2022-33099: the message of a stack overflow overflows the stack again",
      "local function f() local s = setmetatable({}, { __tostring = function() return f() end }) return error(s .. tostring(s)) end local function g(n) return xpcall(g, function(e) return g(e .. n) end, n) end pcall(f) for i = 1, 10 do pcall(g, 'x') end local function r() r() return ('x'):bad() end return pcall(r)",
      ["fine", "LIMIT_DEPTH", "LIMIT_FUEL", "LIMIT_MEMORY", "SCRIPT_ERROR"],
    ),
    attack(
      "CVE-2022-33099: an error with a long name at the end of the C stack",
      "local name = ('n'):rep(3000) local f = load('local function f() return pcall(f, ' .. name .. ' .. {}) end return f()', '=' .. name) pcall(f) local function deep(n) if n > 0 then return string.gsub('x', 'x', function() return deep(n - 1) end) end return (nil)[name] end for i = 150, 220 do pcall(deep, i) end return 1",
      ["fine", "SCRIPT_ERROR", "LIMIT_FUEL", "LIMIT_DEPTH"],
      { fuel: 20_000_000 },
    ),
    attack(
      "before 5.4.7: a comparison of texts with zeros reads behind their end",
      "local t = {} for i = 1, 200 do t[i] = ('\\0a'):rep(i % 20) .. ('\\0'):rep(i % 3) end table.sort(t) return 'a\\0' < 'a\\0b'",
      "fine",
    ),
    attack(
      "before 5.4.5: a corrupted binary chunk",
      'return load("\\27Lua\\x54\\0\\x19\\x93\\r\\n\\x1a\\n\\4\\8\\8xV" .. ("\\0"):rep(60), "x", "b")',
      "fine",
    ),
    attack(
      "before 5.4.5: closers of coroutines that close coroutines",
      "local function make(n) local c c = coroutine.create(function() local x <close> = setmetatable({}, { __close = function() if n > 0 then coroutine.close(make(n - 1)) end end }) coroutine.yield() end) coroutine.resume(c) return c end return coroutine.close(make(1000))",
      ["fine", "SCRIPT_ERROR", "LIMIT_DEPTH", "LIMIT_MEMORY"],
    ),
    attack(
      "before 5.4.3: yields in closers while results are returned",
      "local function f() local a <close> = setmetatable({}, { __close = function() coroutine.yield('y') end }) return table.unpack({}, 1, 100) end local co = coroutine.wrap(f) for _ = 1, 2 do co() end return 1",
      "fine",
    ),
    attack(
      "before 5.4.0: string.gsub with a hostile repl grows the stack",
      "local s = ('x'):rep(300) return #s:gsub('', function() return ('y'):rep(100), table.unpack({}, 1, 200) end)",
      "fine",
    ),
  ],
};
