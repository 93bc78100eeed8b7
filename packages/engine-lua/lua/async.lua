-- Tasks, promises and the run loop. The host starts tasks and settles
-- operations through `dispatch`; everything that waits lives here, so that the
-- state of a guest is nothing but its memory.
local host, bindings, library = ...

local co_create, co_resume, co_status = coroutine.create, coroutine.resume, coroutine.status
local co_yield, co_close, isyieldable = coroutine.yield, coroutine.close, coroutine.isyieldable
local getinfo, metatable_of = debug.getinfo, debug.getmetatable
local setmetatable, rawequal = setmetatable, rawequal
local type, error, pcall, next, ipairs, select = type, error, pcall, next, ipairs, select
local pack, unpack, remove, find, sub = table.pack, table.unpack, table.remove, string.find, string.sub

-- What a waiting coroutine yields; scripts never get hold of it.
local WAIT = {}
host.register("wait", WAIT)

-- What `dispatch` is asked to do; the fourth, to go on after a pause, needs nothing more.
local RUN <const>, CALL <const>, SETTLE <const>, RELOAD <const> = 1, 2, 3, 5
local MAX_FRAMES <const> = 32
local DEEP <const> = 180

local current             -- the task whose code runs
local ready = {}          -- tasks to resume, first in first out
local first, last = 1, 0
local live = 0            -- tasks that have not ended
local waiting = {}        -- operation id → the task or promise that waits for it
local mains = {}          -- ended chunks whose run still has tasks: task → true
local tasks = setmetatable({}, { __mode = "k" })  -- the coroutines of tasks
local unhandled = {}      -- rejected promises that nobody has looked at yet

local Promise = { __name = "promise", __metatable = false }

local function new_promise() return setmetatable({ state = "pending" }, Promise) end

local function is_promise(v) return metatable_of(v) == Promise end

local function enqueue(task)
  last = last + 1
  ready[last] = task
end

local function settle(p, state, value)
  if p.state ~= "pending" then return false end
  p.state, p.value = state, value
  local waiters = p.waiters
  p.waiters = nil
  if waiters then
    for i = 1, #waiters do enqueue(waiters[i]) end
  elseif state ~= "fulfilled" and not p.handled then
    unhandled[#unhandled + 1] = p
  end
  return true
end

-- Adopts the outcome of a promise given as value, as every promise library does.
local function resolve(p, value)
  if not is_promise(value) then return settle(p, "fulfilled", value) end
  if value == p then return settle(p, "rejected", host.error("INVALID_ARGUMENT", "a promise cannot wait for itself")) end
  value.handled = true
  if value.state ~= "pending" then return settle(p, value.state, value.value) end
  value.waiters = value.waiters or {}
  value.waiters[#value.waiters + 1] = { relay = p, source = value }
  return true
end

-- The function behind `await`'s timeout; a guest without the promise module has none.
local sleep_id
for _, m in ipairs(bindings.modules) do
  for _, f in ipairs(m.name == "promise" and m.functions or {}) do
    if f.name == "sleep" then sleep_id = f.id end
  end
end

local function launch(task, fn, ...)
  local co = co_create(fn)
  task.co = co
  if select("#", ...) > 0 then task.args = pack(...) end
  tasks[co] = true
  live = live + 1
  enqueue(task)
  return task
end

local function start(fn, ...) return launch({ promise = new_promise() }, fn, ...) end

-- Adds the places of a failed coroutine, innermost first; the engine's own files left out.
local function add_frames(list, co)
  for level = 0, MAX_FRAMES * 4 do
    local info = getinfo(co, level, "Sln")
    if info == nil or #list == MAX_FRAMES then break end
    if info.what ~= "C" and sub(info.source, 1, 10) ~= "@[llmspell" then
      list[#list + 1] = { file = info.short_src, line = info.currentline, name = info.name or (info.what == "main" and "main chunk") or nil }
    end
  end
end

local function finish(task, ok, value)
  live = live - 1
  local where
  if not ok then
    where = { frames = {} }
    -- Looking fails when neither the stack nor the memory has room left for it.
    pcall(add_frames, where.frames, task.co)
    local looked, info = pcall(getinfo, task.co, DEEP, "l")
    -- How deep it was tells a real overflow from an error that only says so.
    where.deep = type(value) == "string" and find(value, "stack overflow", 1, true) ~= nil and not (looked and info == nil)
    co_close(task.co)
  end
  if task.id == nil then
    if ok then resolve(task.promise, value)
    else
      task.promise.where = where
      settle(task.promise, "rejected", value)
    end
  elseif ok and task.main then
    task.value = value
    mains[task] = true
  else
    host.finished(task.id, ok, value, where)
  end
end

-- Returns true when the host wants its turn.
local function step(task)
  local args = task.args
  task.args = nil
  current = task
  local ok, tag, operation
  if args then ok, tag, operation = co_resume(task.co, unpack(args, 1, args.n))
  else ok, tag, operation = co_resume(task.co) end
  current = nil
  if co_status(task.co) == "dead" then finish(task, ok, tag)
  elseif not rawequal(tag, WAIT) then
    enqueue(task)
    if library.adapt then library.adapt() end
    return host.sliced(true) and host.pause()
  elseif operation then waiting[operation] = task end
end

local function run_ready()
  while first <= last do
    local task = ready[first]
    ready[first] = nil
    first = first + 1
    if task.relay then settle(task.relay, task.source.state, task.source.value)
    elseif step(task) then return end
  end
  first, last = 1, 0
end

-- A chunk has ended for its host when nothing it started is left.
local function report_mains()
  if live > 0 or next(waiting) ~= nil then return end
  for task in next, mains do
    mains[task] = nil
    local lost
    for _, p in ipairs(unhandled) do
      if not p.handled then lost = lost or p end
    end
    unhandled = {}
    if lost then host.finished(task.id, false, lost.value, lost.where)
    else host.finished(task.id, true, task.value) end
  end
end

-- Arguments that cannot enter fail the call, not the guest.
local function start_call(id, ok, fn, ...)
  if ok then launch({ id = id }, fn, ...)
  else host.finished(id, false, fn) end
end

host.register("dispatch", function(kind, id)
  if kind == SETTLE then
    local waiter = waiting[id]
    waiting[id] = nil
    if waiter == nil then host.take(id)
    elseif waiter.co then enqueue(waiter)
    elseif waiter.timeout then
      local ok, problem = host.take(id)
      waiter.passed, waiter.problem = true, not ok and problem
      enqueue(waiter.timeout)
    else
      local ok, value = host.take(id)
      if ok then resolve(waiter, value) else settle(waiter, "rejected", value) end
    end
  elseif kind == RUN or kind == RELOAD then
    local fn, message = host.load(id)
    if fn == nil then host.finished(id, false, message)
    elseif kind == RUN then launch({ id = id, main = true }, fn)
    else launch({ id = id }, library.reload, fn) end
  elseif kind == CALL then
    start_call(id, pcall(host.arguments, id))
  end
  run_ready()
  report_mains()
end)

local function check_can_wait(what)
  if not isyieldable() or current == nil then
    error(host.error("INVALID_STATE", what .. " cannot wait here: the calling function (table.sort, string.gsub, a finalizer or a host callback) cannot be suspended"), 0)
  end
end

-- Suspends until `p` has settled.
local function wait_for(p, timeout)
  p.handled = true
  if p.state ~= "pending" then return end
  check_can_wait("await")
  local task = current
  p.waiters = p.waiters or {}
  p.waiters[#p.waiters + 1] = task
  local timer, deadline
  if timeout ~= nil then
    timer, deadline = host.begin(sleep_id, timeout), { timeout = task }
    waiting[timer] = deadline
  end
  co_yield(WAIT)
  if timer == nil then return end
  if p.state == "pending" then
    for i, waiter in ipairs(p.waiters) do
      if waiter == task then remove(p.waiters, i) break end
    end
    error(deadline.problem or host.error("TIMEOUT", "await: no answer within " .. timeout .. (type(timeout) == "number" and " ms" or "")), 0)
  end
  waiting[timer] = nil
  host.abort(timer)
end

local promise = {}

local Async = { __name = "async function", __metatable = false }

function Async.__call(wrapper, ...)
  return start(wrapper.fn, ...).promise
end

-- Anything that can be awaited as a promise; other values as themselves.
local function as_promise(v)
  if is_promise(v) then return v end
  if type(v) == "function" then return start(v).promise end
  if metatable_of(v) == Async then return v() end
end

local function want_function(fn, name, position)
  if type(fn) ~= "function" and metatable_of(fn) ~= Async then
    error(host.error("INVALID_ARGUMENT", name .. ": argument " .. position .. " must be a function, not " .. type(fn)), 0)
  end
end

local function want_promise(p, name)
  if not is_promise(p) then
    error(host.error("INVALID_ARGUMENT", name .. ": argument 1 must be a promise, not " .. type(p)), 0)
  end
end

local function want_list(list, name)
  if type(list) ~= "table" then
    error(host.error("INVALID_ARGUMENT", name .. ": argument 1 must be a list, not " .. type(list)), 0)
  end
end

function promise.await(v, timeout)
  local p = as_promise(v)
  if p == nil then return v end
  wait_for(p, timeout)
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
  return start(fn, ...).promise
end

promise["yield"] = function(value)
  check_can_wait("yield")
  enqueue(current)
  co_yield(WAIT)
  return value
end

function promise.new(executor)
  want_function(executor, "promise.new", 1)
  local p = new_promise()
  local ok, err = pcall(executor, function(value) resolve(p, value) end, function(reason) settle(p, "rejected", reason) end)
  if not ok then settle(p, "rejected", err) end
  return p
end

function promise.resolve(value)
  if is_promise(value) then return value end
  local p = new_promise()
  resolve(p, value)
  return p
end

function promise.reject(reason)
  local p = new_promise()
  settle(p, "rejected", reason)
  return p
end

-- One task per link: callbacks run after the current turn and may wait themselves.
function promise.and_then(p, on_ok, on_err)
  want_promise(p, "promise.and_then")
  p.handled = true
  return start(function()
    wait_for(p)
    if p.state == "fulfilled" then
      if on_ok then return on_ok(p.value) end
      return p.value
    end
    if on_err then return on_err(p.value) end
    error(p.value, 0)
  end).promise
end

function promise.catch(p, on_err) return promise.and_then(p, nil, on_err) end

function promise.finally(p, fn)
  return promise.and_then(p, function(value)
    promise.await((fn()))
    return value
  end, function(reason)
    promise.await((fn()))
    error(reason, 0)
  end)
end

function promise.all(list)
  want_list(list, "promise.all")
  local n, items = #list, {}
  for i = 1, n do
    items[i] = as_promise(list[i]) or promise.resolve(list[i])
    items[i].handled = true
  end
  local result, left, p = {}, n, new_promise()
  if n == 0 then settle(p, "fulfilled", library.array(result)) end
  for i = 1, n do
    promise.and_then(items[i], function(value)
      result[i] = value
      left = left - 1
      if left == 0 then settle(p, "fulfilled", result) end
    end, function(reason) settle(p, "rejected", reason) end)
  end
  return p
end

function promise.race(list)
  want_list(list, "promise.race")
  local p = new_promise()
  for i = 1, #list do
    local item = as_promise(list[i]) or promise.resolve(list[i])
    promise.and_then(item, function(value) settle(p, "fulfilled", value) end, function(reason) settle(p, "rejected", reason) end)
  end
  return p
end

function promise.status(p)
  want_promise(p, "promise.status")
  return p.state
end

function promise.cancel(p, reason)
  want_promise(p, "promise.cancel")
  if p.state ~= "pending" then return false end
  p.handled = true
  if p.operation then
    waiting[p.operation] = nil
    host.abort(p.operation)
  end
  return settle(p, "cancelled", host.error("CANCELLED", "the promise was cancelled" .. (reason and ": " .. reason or "")))
end

function Promise.__tostring(p) return "promise: " .. p.state end

-- Starts an awaitable host function and returns its promise; a function as last
-- argument is called back with (result, error).
function library.start(id, ...)
  local n, callback = select("#", ...), select(-1, nil, ...)
  if n > 0 and type(callback) == "function" then
    n = n - 1
  else
    callback = nil
  end
  local args = pack(...)
  local ok, operation, value = pcall(host.begin, id, unpack(args, 1, n))
  local p = new_promise()
  if not ok then settle(p, "rejected", operation)
  elseif operation then
    p.operation = operation
    waiting[operation] = p
  else resolve(p, value) end
  if callback then
    promise.and_then(p, function(result) callback(result, nil) end, function(reason) callback(nil, reason) end)
  end
  return p
end

host.register("tasks", tasks)
library.WAIT, library.tasks = WAIT, tasks
library.promise, library.Promise, library.metatable_of = promise, Promise, metatable_of
