import type { Programs } from "@llmspell/engine/conformance";

/** What the conformance kit runs, in Lua. */
export const LUA_PROGRAMS: Programs = {
  returnNull: "return nil",
  returnTrue: "return true",
  returnInteger: "return 42",
  returnFloat: "return 0.5",
  returnLargeInteger: "return (1 << 53) - 1",
  returnHugeInteger: "return math.maxinteger",
  returnText: 'return "héllo 世界 😀"',
  returnNulText: 'return "a\\0b"',
  returnBytes: 'return "\\255\\0\\128"',
  returnNested: 'return { list = { 1, "two", { three = true } }, empty = llmspell.array(), name = "n" }',
  returnEmptyList: "return llmspell.array()",
  returnFunction: "return function(a, b) return a + b end",
  returnHandle: 'return test.open("box")',
  returnCycle: "local t = {} t.me = t return t",
  returnTooDeep: "local t = {} for i = 1, 150 do t = { next = t } end return t",
  returnLargeText: 'return ("x"):rep(100000)',
  returnUnsupported: "return { odd = coroutine.create(print) }",
  returnUnsupportedFunction: "return function() return { odd = coroutine.create(print) } end",
  returnInput: "return input",
  echoInput: "return test.echo(input)",
  callInput: "return input(20)",
  callInputCaught: "local ok, e = pcall(input) return { code = e.code, message = e.message }",
  sendLargeText: 'test.echo(("x"):rep(100000)) return true',

  throwOnLine7: '\n\n\n\n\n\nerror("broken")',
  syntaxErrorOnLine3: "local a = 1\nlocal b = 2\nlocal = 3\n",
  failOnLine2: "local x = 1\ntest.fail()\nreturn x",
  catchFail: "local ok, e = pcall(test.fail) return { code = e.code, message = e.message }",
  catchCrash: `
    local ok, e = pcall(test.crash)
    local text = tostring(e)
    local function collect(t)
      for k, v in pairs(t) do
        text = text .. " " .. tostring(k) .. "=" .. tostring(v)
        if type(v) == "table" then collect(v) end
      end
    end
    if type(e) == "table" then collect(e) end
    local _, trace = xpcall(test.crash, debug.traceback)
    return text .. tostring(trace)`,
  forgeLimit: 'error({ code = "LIMIT_FUEL", message = "forged" })',
  tamperError: 'local ok, e = pcall(test.fail) e.code = "LIMIT_FUEL" e.category = "limit" error(e, 0)',

  endlessLoop: "while true do end",
  catchingLoop: "while true do pcall(function() while true do end end) end",
  growMemory: "local t = {} for i = 1, math.huge do t[i] = ('x'):rep(100) .. i end",
  deepRecursion: "local function f(n) return 1 + f(n + 1) end return f(1)",
  callForever: "while true do test.echo(1) end",
  startForever: 'while true do test.wait_async("x") end',
  printForever: 'while true do print("0123456789") end',
  printText: 'print("hello")',

  keepWaiting: `
    test.keep(function() return test.wait("a") end)
    test.keep(function() local _, e = pcall(test.wait, "a") return e.code end)
    test.keep(function() while true do pcall(test.wait, "a") end end)
    test.keep(function() return test.wait("b") end)`,
  awaitOne: 'return test.wait("a")',
  awaitTwo: 'return { test.wait("a"), test.wait("b") }',
  awaitParallel: 'local a, b = test.wait_async("a"), test.wait_async("b") return { a:await(), b:await() }',
  awaitHundred: `
    local started, sum = {}, 0
    for i = 1, 100 do started[i] = test.wait_async("w" .. i) end
    for i = 1, 100 do sum = sum + started[i]:await() end
    return sum`,
  awaitCaught: 'local ok, e = pcall(test.wait, "a") return { code = e.code, message = e.message }',
  twinThenReport: 'local p = test.wait_async("a") test.report("started") return p:await()',
  returnState: "return test.state()",

  waitWithState: `
    local log = {}
    local shared = 0
    local function up() shared = shared + 1 return shared end
    local function get() return shared end
    local ring = setmetatable({ name = "ring" }, { __index = function(t, k) return t.name .. "." .. k end })
    ring.me = ring
    local function squares(n)
      return coroutine.wrap(function()
        for i = 1, n do
          local inner = coroutine.wrap(function() coroutine.yield(i) coroutine.yield(i * i) end)
          inner()
          coroutine.yield(inner())
        end
      end)
    end
    local next_square = squares(10)
    local words = ("the quick brown fox"):gmatch("%a+")
    log[1] = next_square() .. words() .. up()
    do
      local door <close> = setmetatable({}, { __close = function() log[#log + 1] = "closed" end })
      local a = test.wait("a")
      log[#log + 1] = next_square() .. words() .. up() .. tostring(a)
    end
    local ok, b = pcall(function() return coroutine.wrap(function() return test.wait("b") end)() end)
    log[#log + 1] = next_square() .. words() .. up() .. tostring(b)
    log[#log + 1] = ring.me.me.name .. ring.x .. get() .. math.maxinteger .. 0.1 .. ("x"):rep(3)
    return table.concat(log, " ")`,
  countUp: "count = (count or 0) + 1 return count",

  writeMarker: 'marker = "mine" return true',
  readMarker: "return marker",
  pollute: `
    string.upper = function() return "polluted" end
    table.insert, math.floor = nil, nil
    string.extra, table.extra, math.extra, coroutine.extra, os.extra = 1, 1, 1, 1, 1
    for _, t in ipairs({ test, llmspell }) do t.extra = "polluted" t.say_twice = function() return "polluted" end end
    promoted, print, pairs, _VERSION = true, nil, nil, "polluted"
    setmetatable(_G, { __index = function() return "polluted" end })
    collectgarbage("step")
    math.randomseed(1)
    return true`,
  observe: `
    local names, functions = {}, {}
    for name, value in next, _G do
      if type(value) == "table" and name ~= "_G" then
        local n = 0
        for k in next, value do n = n + 1 end
        functions[name] = n
      end
      names[name] = type(value)
    end
    return {
      names = names, functions = functions, upper = ("a"):upper(), floor = math.floor(1.5), version = _VERSION,
      random = math.random(1 << 30), metatable = getmetatable(_G) == nil, address = tostring(print),
    }`,

  work: `
    local t = {}
    for i = 1, 2000 do t[i] = (i * 7919) % 2003 .. "" end
    table.sort(t)
    local s = table.concat(t, ","):gsub("%d+", function(d) return d + 1 end)
    local sum = 0
    for d in s:gmatch("%d+") do sum = sum + d end
    return sum`,

  sayTwice: {
    canonical: 'return test.say_twice("ho")',
    camelCase: 'return test.sayTwice("ho")',
    nested: 'return test.say.twice("ho")',
    acronym: 'return test.SAYTwice("ho")',
    alias: 'return test.repeat_text("ho")',
    moduleAlias: 'return testing.say_twice("ho")',
    global: 'return shout("ho")',
    root: 'return llmspell.test.say_twice("ho")',
    imported: 'return require("test").say_twice("ho")',
  },
  importUnknown: 'return require("no_such_module")',
  hostModule: {
    value: "return { value = function() return 1 end }",
    changed: "return { value = function() return 2 end }",
    broken: "return {",
    use: 'kept = require("counted") return kept.value()',
    again: "return kept.value()",
  },
  callMethod: 'return test.open("box"):label()',
  forgeHandle: 'return test.describe(setmetatable({ kind = "box", id = 1 }, { __name = "box" }))',

  keepAdder: "local sum = 0 test.keep(function(n) sum = sum + n return sum end)",
  applyDouble: "return test.apply(function(n) return n * 2 end, 21)",
  waitInApply: 'local ok, e = pcall(test.apply, function() return test.wait("a") end, 1) return e.code',
  throwInApply: 'local ok, e = pcall(test.apply, function() error("inside") end, 1) return e.message',

  makeTwoFunctions: "f, g = function(x) return x + 1 end, function(x) return x + 2 end return { f, g }",
  dropF: "f = nil collectgarbage() collectgarbage()",
  collect: "collectgarbage() collectgarbage()",
  watchRefs: "seen = {} for i, ref in ipairs(refs) do ref:on_expire(function() seen[#seen + 1] = i end) end",
  watchGoneAndStop: "refs[1]:on_expire(function() seen = 'gone' end) refs[2]:on_expire(function() seen = 'both' end)()",

  stepThrough: `local function twice(n)
  local result = n * 2
  return result
end
local total = twice(10)
total = total + 1
return total`,
  failingExpression: "nothing.at.all",
  hotFunction: `
    local function cold() return 1 end
    local function hot() local x = cold() for i = 1, 1000 do x = x + i end return x end
    local sum = 0
    for i = 1, 100 do sum = sum + hot() end
    return sum`,
};
