-- Functions around functions of a script, and what stands in for them: they are called as the
-- script calls its own, with any number of results, and may wait.
local host, _, library = ...
local bound = library.bound

local setmetatable, rawget, rawset, type, error, pcall, select, ipairs =
  setmetatable, rawget, rawset, type, error, pcall, select, ipairs
local pack, unpack, traceback, find = table.pack, table.unpack, debug.traceback, string.find

local function want(value, wanted, name)
  if type(value) ~= wanted then
    error(host.error("INVALID_ARGUMENT", name .. " must be a " .. wanted .. ", not " .. type(value)), 0)
  end
end

-- Passes on how a protected call has ended.
local function outcome(ok, ...)
  if ok then return ... end
  error((...), 0)
end

local metrics = {}

function metrics.track(fn, name)
  want(fn, "function", "metrics.track: fn")
  want(name, "string", "metrics.track: name")
  local own = bound.metrics
  -- What is wrong with the name is said now.
  own.increment(name .. "_calls_total", 0)
  local function done(stop, ok, ...)
    stop()
    own.increment(name .. "_calls_total")
    if not ok then own.increment(name .. "_errors_total") end
    return outcome(ok, ...)
  end
  return function(...) return done(own.timer(name .. "_ms"), pcall(fn, ...)) end
end

local debugging = {}
local MOST_RECORDED = 1000

function debugging.trace_calls(fn)
  want(fn, "function", "debug.trace_calls: fn")
  local records, depth = library.array(), 0
  local dump = bound.debug.dump
  local function record(event, values)
    if #records >= MOST_RECORDED then return end
    local texts = library.array()
    for i = 1, values.n do texts[i] = dump(values[i], { depth = 2 }) end
    records[#records + 1] = { event = event, depth = depth, values = texts }
  end
  local function done(ok, ...)
    record(ok and "leave" or "error", pack(...))
    depth = depth - 1
    return outcome(ok, ...)
  end
  return function(...)
    depth = depth + 1
    record("enter", pack(...))
    return done(pcall(fn, ...))
  end, function() return records end
end

function debugging.trace(label, depth)
  local text, lines = traceback(label, 2), 0
  if not depth then return text end
  local stop = label and 0 or -1
  -- The label and the heading are no frames.
  for _ = 1, depth + (label and 2 or 1) do
    local at = find(text, "\n", stop + 1 > 0 and stop + 1 or 1, true)
    if not at then return text end
    stop, lines = at, lines + 1
  end
  return text:sub(1, stop - 1)
end

local test = {}

-- What stands in for a function and remembers its calls.
local function double(call)
  local it = { calls = library.array(), call_count = 0 }
  function it.fn(...)
    it.call_count = it.call_count + 1
    it.calls[it.call_count] = library.array({ ... })
    return call(...)
  end
  function it.called_with(first, ...)
    local wanted = first == it and library.array({ ... }) or library.array({ first, ... })
    for _, args in ipairs(it.calls) do
      if pcall(bound.test.assert_equals, args, wanted) then return true end
    end
    return false
  end
  return setmetatable(it, { __call = function(_, ...) return it.fn(...) end, __name = "double" })
end

function test.spy(fn)
  if fn ~= nil then want(fn, "function", "test.spy: fn") end
  return double(fn or function() end)
end

function test.stub(fn, value)
  if fn ~= nil then want(fn, "function", "test.stub: fn") end
  return double(function() return value end)
end

function test.mock(object, method, replacement)
  want(object, "table", "test.mock: object")
  want(method, "string", "test.mock: method")
  want(replacement, "function", "test.mock: replacement")
  local original, own = object[method], rawget(object, method)
  want(original, "function", "test.mock: what is replaced")
  local it = double(replacement)
  it.original = original
  -- Where a function is called, a function has to be.
  rawset(object, method, it.fn)
  function it.restore()
    if rawget(object, method) == it.fn then rawset(object, method, own) end
  end
  bound.test.cleanup(it.restore)
  return it
end

library.metrics, library.debug, library.test = metrics, debugging, test
-- The older names that some of them have in other modules.
library.utils = { debug_trace = debugging.trace }
