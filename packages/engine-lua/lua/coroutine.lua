-- The script's own coroutines: a wait inside of one suspends the whole task.
local host, _, library = ...
local scheduler, places = library.scheduler, library.places
local WAIT, tasks = scheduler.WAIT, scheduler.tasks

local co_create, co_resume, co_status = coroutine.create, coroutine.resume, coroutine.status
local co_yield, co_close, isyieldable = coroutine.yield, coroutine.close, coroutine.isyieldable
local setmetatable, rawequal, type, error, select = setmetatable, rawequal, type, error, select
local pack, unpack = table.pack, table.unpack

-- Those that wait, and what for: only that may resume them.
local asleep = setmetatable({}, { __mode = "k" })

-- A wait is passed up through every resume in between.
local function pump(co, ok, tag, ...)
  if ok and rawequal(tag, WAIT) then
    if not isyieldable() then
      local problem = places.cannot_wait("a coroutine")
      co_close(co)
      scheduler.discard((...))
      return false, problem
    end
    asleep[co] = (...)
    co_yield(WAIT, ...)
    asleep[co] = nil
    return pump(co, co_resume(co))
  end
  -- The end of a time slice is passed up as well; where it cannot be, the
  -- coroutine just goes on.
  if ok and tag == nil and select("#", ...) == 0 and co_status(co) == "suspended" and host.sliced() then
    if isyieldable() then
      asleep[co] = true
      co_yield()
      asleep[co] = nil
    else
      host.sliced(true)
    end
    return pump(co, co_resume(co))
  end
  return ok, tag, ...
end

-- For coroutines that the scheduler resumes, an error in place of a resume.
local function resume(co, ...)
  if asleep[co] or tasks[co] then return false, host.error("INVALID_STATE", "a coroutine that waits cannot be resumed by the script") end
  return pump(co, co_resume(co, ...))
end

function coroutine.resume(co, ...)
  if type(co) ~= "thread" then error("bad argument #1 to 'resume' (coroutine expected)", 2) end
  return resume(co, ...)
end

local function unwrap(co, ok, ...)
  if ok then return ... end
  if co_status(co) == "dead" then co_close(co) end
  error((...), 0)
end

function coroutine.wrap(fn)
  if type(fn) ~= "function" then error("bad argument #1 to 'wrap' (function expected)", 2) end
  local co = co_create(fn)
  return function(...) return unwrap(co, resume(co, ...)) end
end

-- Closing a coroutine that waits ends its wait; who resumed it gets an error.
function coroutine.close(co)
  if type(co) ~= "thread" then error("bad argument #1 to 'close' (coroutine expected)", 2) end
  if tasks[co] then
    error(host.error("INVALID_STATE", "the coroutine of a task cannot be closed; promise.cancel ends a task"), 0)
  end
  local wait = asleep[co]
  local result = pack(co_close(co))
  asleep[co] = nil
  if wait ~= nil then scheduler.release(wait) end
  return unpack(result, 1, result.n)
end
