-- Tasks and the run loop. The host starts tasks and settles operations through
-- `dispatch`; everything that waits lives here, so that the state of a guest is
-- nothing but its memory.
local host, _, library = ...
local places = library.places

local co_create, co_resume, co_status, co_close = coroutine.create, coroutine.resume, coroutine.status, coroutine.close
local type, pcall, next, rawequal, select = type, pcall, next, rawequal, select
local pack, unpack = table.pack, table.unpack

-- What a waiting coroutine yields, and with it what it waits for: the id of an
-- operation, a wait (wait.lua), or true when it only gives others a turn.
-- Scripts never get hold of it.
local WAIT = {}
host.register("wait", WAIT)

-- What `dispatch` is asked to do; the fourth, to go on after a pause, needs nothing more.
local RUN <const>, CALL <const>, SETTLE <const>, RELOAD <const>, EXPIRE <const>, PART <const>, CANCEL <const> =
  1, 2, 3, 5, 6, 7, 8

-- How often a cancelled task may try to wait for the host before it is closed.
local MOST_TOLD <const> = 16

local current             -- the task whose code runs
local ready = {}          -- tasks to resume, first in first out
local first, last = 1, 0
local tasks = {}          -- coroutine → task, for those that have not ended
local live, numbered = 0, 0
local waiting = {}        -- operation id → the task that waits for it, or what has a method `settled`
local mains = {}          -- ended chunks whose run still has tasks: task → true
local unfinished = 0      -- chunks that have not ended

host.register("tasks", tasks)

local scheduler = { WAIT = WAIT, waiting = waiting, tasks = tasks }

-- The first rejection that nobody has looked at, and where; promises set it.
function scheduler.take_lost() end

-- Calls back when a token of the script is cancelled; returns a function that ends it. Tokens set it.
function scheduler.watch() end

function scheduler.current() return current end

-- The chunk that the code which runs was started by, if by any.
function scheduler.root() return current and current.root end

-- Tasks, and what has a method `run`.
local function enqueue(task)
  last = last + 1
  ready[last] = task
end
scheduler.enqueue = enqueue

-- A task ends with its host's `id`, or by its method `ended(task, ok, value, where)`.
function scheduler.launch(task, fn, ...)
  local co = co_create(fn)
  numbered = numbered + 1
  task.co, task.number = co, numbered
  task.root = task.main and task or scheduler.root()
  if task.main then unfinished = unfinished + 1 end
  if select("#", ...) > 0 then task.args = pack(...) end
  tasks[co] = task
  live = live + 1
  enqueue(task)
  return task
end
local launch = scheduler.launch

local function finish(task, ok, value)
  tasks[task.co] = nil
  live = live - 1
  if task.main then unfinished = unfinished - 1 end
  local where
  if not ok then
    where = places.failure(task.co, value)
    co_close(task.co)
  end
  if task.ended then
    task:ended(ok, value, where)
  elseif ok and task.main then
    task.value = value
    mains[task] = true
  else
    host.finished(task.id, ok, value, where)
  end
end

-- Ends the wait of a task for an operation of the host; with `problem` it is raised there.
local function abandon(task, operation, problem)
  waiting[operation] = nil
  host.abort(operation, problem)
  enqueue(task)
end

-- The task waits for an operation, which its script may have given a token to cancel it with.
local function wait_for_operation(task, operation, token)
  if task.cancelled then
    task.told = (task.told or 0) + 1
    if task.told <= MOST_TOLD then return abandon(task, operation, task.cancelled) end
    -- One that catches every error would never end.
    host.abort(operation)
    return finish(task, false, task.cancelled)
  end
  waiting[operation] = task
  if token then
    task.unwatch = scheduler.watch(token, function(problem)
      if waiting[operation] == task then abandon(task, operation, problem) end
    end)
  end
end

-- The coroutine of the script that waits was closed: who resumed it goes on.
function scheduler.release(wait)
  if type(wait) == "table" then return wait:wake() end
  local task = waiting[wait]
  if task then abandon(task, wait) end
end

-- A wait that has begun where nothing can wait.
function scheduler.discard(wait)
  if type(wait) == "table" then wait:leave()
  elseif type(wait) == "number" then host.abort(wait) end
end

-- From here on every wait of the task raises `problem`, the one it is in first.
function scheduler.cancel(task, problem)
  task.cancelled = problem
  local wait = task.wait
  if type(wait) == "number" then
    if waiting[wait] == task then abandon(task, wait, problem) end
  elseif type(wait) == "table" then
    wait:fail(problem)
  end
end

-- For a stop of the debugger: the turn ends, and the next one goes on right here.
local function keep_turn(task)
  first = first - 1
  ready[first] = task
  return true
end

-- Returns true when the host wants its turn.
local function step(task)
  -- One that has not begun, or that only computes: nothing else would end it.
  if task.cancelled and not task.wait then return finish(task, false, task.cancelled) end
  local args = task.args
  task.args = nil
  if task.unwatch then
    task.unwatch()
    task.unwatch = nil
  end
  current = task
  local ok, tag, wait, token
  if args then ok, tag, wait, token = co_resume(task.co, unpack(args, 1, args.n))
  else ok, tag, wait, token = co_resume(task.co) end
  current = nil
  if co_status(task.co) == "dead" then
    if ok or not host.failed(task.co, tag) then return finish(task, ok, tag) end
    -- The debugger wants to look at the stack first.
    return keep_turn({ run = function() finish(task, false, tag) end })
  elseif not rawequal(tag, WAIT) then
    task.wait = false
    if host.stopped() then return keep_turn(task) end
    enqueue(task)
    if library.adapt then library.adapt() end
    return host.sliced(true) and host.pause()
  else
    task.wait = wait
    if wait == true then enqueue(task)
    elseif type(wait) == "number" then wait_for_operation(task, wait, token) end
  end
end

local function run_ready()
  while first <= last do
    local task = ready[first]
    ready[first] = nil
    first = first + 1
    if task.run then task:run()
    elseif step(task) then return end
  end
  first, last = 1, 0
end

-- Whether something is left that the chunk has started, or that nobody knows who has.
local function has_left(main)
  for _, list in next, { tasks, waiting } do
    for _, each in next, list do
      if each.root == nil or each.root == main then return true end
    end
  end
end

-- A chunk has ended for its host when nothing it started is left. What other chunks wait for may be its end.
local function report_mains()
  local all = live == 0 and next(waiting) == nil
  if not all and unfinished == 0 then return end
  for task in next, mains do
    if all or not has_left(task) then
      mains[task] = nil
      local lost, where = scheduler.take_lost()
      if lost then host.finished(task.id, false, lost.value, where)
      else host.finished(task.id, true, task.value) end
    end
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
    else waiter:settled(host.take(id)) end
  elseif kind == RUN or kind == PART or kind == RELOAD then
    local fn, message = host.load(id)
    if fn == nil then host.finished(id, false, message)
    elseif kind == RUN then launch({ id = id, main = true }, fn)
    elseif kind == PART then launch({ id = id }, fn)
    else launch({ id = id }, library.reload, fn) end
  elseif kind == CALL then
    start_call(id, pcall(host.arguments, id))
  elseif kind == EXPIRE then
    launch({ id = id }, library.expire)
  elseif kind == CANCEL then
    for _, task in next, tasks do
      if task.id == id then
        scheduler.cancel(task, host.reason())
        break
      end
    end
  end
  run_ready()
  if live > 0 and first > last and next(waiting) == nil then pcall(library.report_deadlock) end
  report_mains()
end)

library.scheduler = scheduler
