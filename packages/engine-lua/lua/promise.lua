-- Promises, and the tasks whose outcome they are.
local host, _, library = ...
local scheduler, queue, waits = library.scheduler, library.queue, library.waits
local waiting, enqueue, launch = scheduler.waiting, scheduler.enqueue, scheduler.launch
local invalid = waits.invalid

local getuservalue, metatable_of = debug.getuservalue, debug.getmetatable
local setmetatable, rawget, type, tostring, error, pcall, next, select =
  setmetatable, rawget, type, tostring, error, pcall, next, select
local pack, unpack, concat = table.pack, table.unpack, table.concat

-- A script holds promises, channels and tokens as userdata around their record,
-- which it cannot reach. The engine's own code passes records.
local boxes = { kinds = {} }

-- A kind of box: its metatable, and the methods that bindings may declare.
function boxes.kind(name, methods, metatable)
  metatable.__name, metatable.__metatable, metatable.__index = name, false, methods
  boxes.kinds[name] = { methods = methods, metatable = metatable }
  host.register("box:" .. name, metatable)
  return metatable
end

-- The record in a box of this kind; nil for any other value.
function boxes.open(box, kind)
  if metatable_of(box) == kind then return (getuservalue(box, 1)) end
end
local open = boxes.open
library.boxes = boxes

local promise = {}
local Promise = boxes.kind("Promise", promise, {
  __tostring = function(box) return "promise: " .. getuservalue(box, 1).state end,
})

-- The methods of a record of a promise.
local Record = {}
Record.__index = Record

-- Rejections that nobody has looked at yet, numbered as they came.
local unhandled, rejections = {}, 0

local function new_promise() return setmetatable({ state = "pending" }, Record) end

local function boxed(p) return host.box(p, Promise) end

local function handle(p)
  p.handled = true
  unhandled[p] = nil
end

function scheduler.take_lost()
  local lost
  for p, number in next, unhandled do
    if lost == nil or number < unhandled[lost] then lost = p end
  end
  unhandled = {}
  if lost then return lost, lost.where end
end

local function settle(p, state, value)
  if p.state ~= "pending" then return false end
  p.state, p.value = state, value
  if p.unwatch then p.unwatch() end
  local waiters = p.waiters
  p.waiters = nil
  if waiters then
    local entry = queue.shift(waiters)
    while entry do
      if entry.wait then entry.wait:wake() else enqueue(entry) end
      entry = queue.shift(waiters)
    end
  elseif state ~= "fulfilled" and not p.handled then
    rejections = rejections + 1
    unhandled[p] = rejections
  end
  return true
end

local function queue_of(p)
  p.waiters = p.waiters or queue.new()
  return p.waiters
end

-- Passes the outcome of one promise on to another, in a turn of its own.
local Relay = {}
Relay.__index = Relay

function Relay.run(relay) settle(relay.to, relay.from.state, relay.from.value) end

-- Adopts the outcome of a promise given as value, as every promise library does.
local function resolve(p, value)
  local source = open(value, Promise)
  if source == nil then return settle(p, "fulfilled", value) end
  if source == p then return settle(p, "rejected", host.error("INVALID_ARGUMENT", "a promise cannot wait for itself")) end
  handle(source)
  if source.state ~= "pending" then return settle(p, source.state, source.value) end
  queue.push(queue_of(source), setmetatable({ to = p, from = source }, Relay))
  return true
end

local function task_ended(task, ok, value, where)
  local p = task.promise
  p.task = nil
  if ok then return resolve(p, value) end
  p.where = where
  settle(p, "rejected", value)
end

local function start(fn, ...)
  local p = new_promise()
  p.task = launch({ promise = p, ended = task_ended }, fn, ...)
  return p
end

local function text_of(reason)
  local ok, text = pcall(tostring, type(reason) == "table" and rawget(reason, "message") or reason)
  return ok and text or "?"
end

-- Suspends until `p` has settled.
local function wait_for(p, name, timeout, token)
  handle(p)
  if p.state ~= "pending" then return end
  local wait, waiters = waits.new(name, p, timeout, token), queue_of(p)
  -- A finalizer may have run while these were made.
  if p.state ~= "pending" then return wait:leave() end
  wait:join(waiters)
  wait:suspend()
end

function Record.describe(p)
  return p.task and "the promise of task " .. p.task.number or p.operation and "a call of the host" or "a promise"
end

-- An operation of the host has settled.
function Record.settled(p, ok, value)
  if ok then resolve(p, value) else settle(p, "rejected", value) end
end

local function cancel(p, problem)
  if p.state ~= "pending" then return false end
  handle(p)
  local operation = p.operation
  if operation and waiting[operation] == p then
    waiting[operation] = nil
    host.abort(operation)
  end
  settle(p, "cancelled", problem)
  if p.task then scheduler.cancel(p.task, problem) end
  return true
end

local Async = { __name = "async function", __metatable = false }

function Async.__call(wrapper, ...)
  return boxed(start(wrapper.fn, ...))
end

-- The promise of anything that can be awaited; nil for other values.
local function as_promise(v)
  local p = open(v, Promise)
  if p then return p end
  if type(v) == "function" then return start(v) end
  if metatable_of(v) == Async then return start(v.fn) end
end

local function fulfilled(value)
  local p = new_promise()
  settle(p, "fulfilled", value)
  return p
end

local function want_function(fn, name, position)
  if type(fn) ~= "function" and metatable_of(fn) ~= Async then
    invalid(name, "argument " .. position .. " must be a function, not " .. type(fn))
  end
end

local function want_promise(box, name)
  local p = open(box, Promise)
  if p == nil then invalid(name, "argument 1 must be a promise, not " .. type(box)) end
  return p
end

-- The promises of a list, other values as fulfilled ones.
local function want_list(list, name)
  if type(list) ~= "table" then invalid(name, "argument 1 must be a list, not " .. type(list)) end
  local items = {}
  for i = 1, #list do
    items[i] = as_promise(list[i]) or fulfilled(list[i])
    handle(items[i])
  end
  return items
end

function promise.await(v, options)
  local timeout, token = waits.options("await", options)
  local p = as_promise(v)
  if p == nil then return v end
  wait_for(p, "await", timeout, token)
  if p.state == "fulfilled" then return p.value end
  error(p.value, 0)
end

-- `async(f)` as a statement can only mean "start it": nobody can ever call the
-- wrapper that it would return.
function promise.async(fn)
  want_function(fn, "async", 1)
  if host.wanted() == 0 then
    start(fn)
    return
  end
  return setmetatable({ fn = fn }, Async)
end

function promise.spawn(fn, ...)
  want_function(fn, "spawn", 1)
  return boxed(start(fn, ...))
end

promise["yield"] = function(value)
  waits.pass("yield")
  return value
end

function promise.new(executor)
  want_function(executor, "promise.new", 1)
  local p = new_promise()
  local ok, err = pcall(executor, function(value) resolve(p, value) end, function(reason) settle(p, "rejected", reason) end)
  if not ok then settle(p, "rejected", err) end
  return boxed(p)
end

function promise.resolve(value)
  if open(value, Promise) then return value end
  return boxed(fulfilled(value))
end

function promise.reject(reason)
  local p = new_promise()
  settle(p, "rejected", reason)
  return boxed(p)
end

-- One task per link: callbacks run after the current turn and may wait themselves.
local function link(p, name, on_ok, on_err)
  handle(p)
  return start(function()
    wait_for(p, name)
    if p.state == "fulfilled" then
      if on_ok then return on_ok(p.value) end
      return p.value
    end
    if on_err then return on_err(p.value) end
    error(p.value, 0)
  end)
end

function promise.and_then(p, on_ok, on_err)
  return boxed(link(want_promise(p, "promise.and_then"), "and_then", on_ok, on_err))
end

function promise.catch(p, on_err)
  return boxed(link(want_promise(p, "promise.catch"), "catch", nil, on_err))
end

function promise.finally(p, fn)
  p = want_promise(p, "promise.finally")
  want_function(fn, "promise.finally", 2)
  return boxed(link(p, "finally", function(value)
    promise.await((fn()))
    return value
  end, function(reason)
    promise.await((fn()))
    error(reason, 0)
  end))
end

-- A promise that `on_value(i, value)` and `on_problem(i, reason)` settle as the items do.
local function gather(items, name, on_value, on_problem)
  for i = 1, #items do
    link(items[i], name, function(value) on_value(i, value) end, function(reason) on_problem(i, reason) end)
  end
end

function promise.all(list)
  local items = want_list(list, "promise.all")
  local result, left, p = library.array(), #items, new_promise()
  if left == 0 then settle(p, "fulfilled", result) end
  gather(items, "all", function(i, value)
    result[i] = value
    left = left - 1
    if left == 0 then settle(p, "fulfilled", result) end
  end, function(_, reason) settle(p, "rejected", reason) end)
  return boxed(p)
end

function promise.all_settled(list)
  local items = want_list(list, "promise.all_settled")
  local result, left, p = library.array(), #items, new_promise()
  local function done(i, outcome)
    result[i] = outcome
    left = left - 1
    if left == 0 then settle(p, "fulfilled", result) end
  end
  if left == 0 then settle(p, "fulfilled", result) end
  gather(items, "all_settled", function(i, value)
    done(i, { status = "fulfilled", value = value })
  end, function(i, reason)
    done(i, { status = items[i].state, error = reason })
  end)
  return boxed(p)
end

function promise.race(list)
  local p = new_promise()
  gather(want_list(list, "promise.race"), "race", function(_, value)
    settle(p, "fulfilled", value)
  end, function(_, reason) settle(p, "rejected", reason) end)
  return boxed(p)
end

function promise.any(list)
  local items = want_list(list, "promise.any")
  local reasons, left, p = {}, #items, new_promise()
  local function fail() settle(p, "rejected", host.error("AGGREGATE", "any: " .. concat(reasons, "; "))) end
  if left == 0 then
    reasons[1] = "there was no promise"
    fail()
  end
  gather(items, "any", function(_, value) settle(p, "fulfilled", value) end, function(i, reason)
    reasons[i] = text_of(reason)
    left = left - 1
    if left == 0 then fail() end
  end)
  return boxed(p)
end

function promise.status(p) return want_promise(p, "promise.status").state end

function promise.cancel(p, reason)
  return cancel(want_promise(p, "promise.cancel"), library.cancelled("the promise", reason))
end

-- Starts an awaitable host function, which takes so many functions itself, and returns its
-- promise; one more as last argument is called back with (result, error).
function library.start(id, functions, ...)
  local args = pack(...)
  local n, callback = args.n, nil
  if n > 0 and type(args[n]) == "function" then
    for i = 1, n do
      if type(args[i]) == "function" then functions = functions - 1 end
    end
    if functions < 0 then n, callback = n - 1, args[n] end
  end
  local ok, operation, value = pcall(host.begin, id, unpack(args, 1, n))
  local p = new_promise()
  if not ok then settle(p, "rejected", operation)
  elseif operation then
    p.operation, p.root = operation, scheduler.root()
    waiting[operation] = p
    -- Beside an operation comes the token that its arguments name.
    if value then p.unwatch = scheduler.watch(value, function(problem) cancel(p, problem) end) end
  else resolve(p, value) end
  if callback then
    link(p, "the callback", function(result) callback(result, nil) end, function(reason) callback(nil, reason) end)
  end
  return boxed(p)
end

-- The same for an awaitable function of the library.
function library.start_own(fn, ...) return boxed(start(fn, ...)) end

library.promise, library.spawn = promise, start
library.metatable_of = metatable_of
