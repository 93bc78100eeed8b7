-- The script's own coroutines. A wait or the end of a time slice inside one suspends the
-- whole task, which the script does not notice: for it, a task is the main program.
local host, _, library = ...

local co_create, co_resume, co_status = coroutine.create, coroutine.resume, coroutine.status
local co_yield, co_close, co_running = coroutine.yield, coroutine.close, coroutine.running
local co_isyieldable = coroutine.isyieldable
local type, error, rawequal, select, format = type, error, rawequal, select, string.format
local pack, unpack = table.pack, table.unpack
local scheduler, places = library.scheduler, library.places
local WAIT, tasks = scheduler.WAIT, scheduler.tasks

-- Those that wait, and what for: only that may resume them.
local asleep = setmetatable({}, { __mode = "k" })

-- Handles what `co_resume(co)` returned.
local function pump(co, ok, ...)
  if not ok then return ok, ... end
  if rawequal((...), WAIT) then
    if not co_isyieldable() then
      local problem = places.cannot_wait("a coroutine")
      co_close(co)
      scheduler.discard((select(2, ...)))
      return false, problem
    end
    asleep[co] = select(2, ...)
    co_yield(...)
    asleep[co] = nil
    return pump(co, co_resume(co))
  end
  -- The end of a time slice is passed up as well; where it cannot be, the
  -- coroutine just goes on.
  if select("#", ...) == 0 and co_status(co) == "suspended" and host.sliced() then
    if co_isyieldable() then
      asleep[co] = true
      co_yield()
      asleep[co] = nil
    else
      host.sliced(true)
    end
    return pump(co, co_resume(co))
  end
  return ok, ...
end

-- For coroutines that the scheduler resumes, an error in place of a resume.
local function resume(co, ...)
  if asleep[co] or tasks[co] then return false, host.error("INVALID_STATE", "a coroutine that waits cannot be resumed by the script") end
  return pump(co, co_resume(co, ...))
end

local function bad_argument(name, expected, ...)
  local got = select("#", ...) == 0 and "no value" or type((...))
  error(format("bad argument #1 to '%s' (%s expected, got %s)", name, expected, got), 3)
end

function coroutine.resume(...)
  if type((...)) ~= "thread" then bad_argument("resume", "coroutine", ...) end
  return resume(...)
end

-- An error in a close handler takes the place of the one before.
local function unwrap(co, ok, ...)
  if ok then return ... end
  if co_status(co) == "dead" then
    local closed, reason = co_close(co)
    if not closed then error(reason, 0) end
  end
  error((...), 0)
end

function coroutine.wrap(...)
  local fn = ...
  if type(fn) ~= "function" then bad_argument("wrap", "function", ...) end
  local co = co_create(fn)
  return function(...) return unwrap(co, resume(co, ...)) end
end

-- Closing a coroutine that waits ends its wait; who resumed it gets an error.
function coroutine.close(...)
  local co = ...
  if type(co) ~= "thread" then bad_argument("close", "coroutine", ...) end
  local status = co_status(co)
  if status ~= "suspended" and status ~= "dead" then error("cannot close a " .. status .. " coroutine", 2) end
  if tasks[co] then
    error(host.error("INVALID_STATE", "the coroutine of a task cannot be closed; promise.cancel ends a task"), 0)
  end
  local wait = asleep[co]
  local result = pack(co_close(co))
  asleep[co] = nil
  if wait ~= nil then scheduler.release(wait) end
  return unpack(result, 1, result.n)
end

function coroutine.running()
  local co, is_main = co_running()
  return co, is_main or tasks[co] ~= nil
end

function coroutine.isyieldable(...)
  local co = ...
  if select("#", ...) == 0 then co = co_running()
  elseif type(co) ~= "thread" then bad_argument("isyieldable", "coroutine", ...) end
  return not tasks[co] and co_isyieldable(co)
end
