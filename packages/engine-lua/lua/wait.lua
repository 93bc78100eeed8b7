-- One wait of the running task: for promises or channels, with a timer and a
-- token. Whatever comes first wakes it, once.
local host, bindings, library = ...
local scheduler, queue, places = library.scheduler, library.queue, library.places
local WAIT, waiting, enqueue = scheduler.WAIT, scheduler.waiting, scheduler.enqueue

local co_yield, running, isyieldable = coroutine.yield, coroutine.running, coroutine.isyieldable
local setmetatable, type, error, ipairs, pairs, tostring = setmetatable, type, error, ipairs, pairs, tostring
local tonumber, match = tonumber, string.match

-- The function behind timeouts; a guest without the promise module has none.
local sleep_id
for _, m in ipairs(bindings.modules) do
  if m.name == "promise" then sleep_id = tonumber(match(m.index, "\nsleep=(%d+)")) end
end

local waits = {}

local Wait = {}
Wait.__index = Wait

local Timer = {}
Timer.__index = Timer

local function timed_out(name, timeout)
  return host.error("TIMEOUT", name .. ": nothing within " .. timeout .. (type(timeout) == "number" and " ms" or ""))
end

function Timer.settled(timer, ok, problem)
  timer.wait:fail(ok and timed_out(timer.wait.name, timer.timeout) or problem)
end

function waits.invalid(name, problem)
  error(host.error("INVALID_ARGUMENT", name .. ": " .. problem), 0)
end

-- Reads a timeout, or { timeout?, cancel? }; raises when the token is cancelled already.
function waits.options(name, options)
  if type(options) ~= "table" then return options end
  for key in pairs(options) do
    if key ~= "timeout" and key ~= "cancel" then
      waits.invalid(name, "there is no option '" .. tostring(key) .. "', only timeout and cancel")
    end
  end
  local token = options.cancel
  if token ~= nil then library.check_token(token, name .. ": cancel") end
  return options.timeout, token
end

-- Raises where the running code cannot wait, or is not to wait any more.
function waits.check(name)
  local task = scheduler.current()
  if task == nil or not isyieldable() then error(places.cannot_wait(name), 0) end
  if task.cancelled then error(task.cancelled, 0) end
  return task
end

-- A wait that still has to join queues and be suspended. `about` is what it is for, in reports.
function waits.new(name, about, timeout, token)
  local wait = setmetatable({ task = waits.check(name), name = name, about = about }, Wait)
  if timeout ~= nil then
    if timeout == 0 then error(timed_out(name, 0), 0) end
    if sleep_id == nil then error(host.error("UNSUPPORTED", name .. ": this spell has no timers"), 0) end
    local operation = host.begin(sleep_id, timeout)
    if not operation then error(timed_out(name, timeout), 0) end
    wait.timer = operation
    waiting[operation] = setmetatable({ wait = wait, timeout = timeout, root = wait.task.root }, Timer)
  end
  if token then
    wait.unwatch = scheduler.watch(token, function(problem) wait:fail(problem) end)
  end
  return wait
end

-- Lets the next one that looks into `q` find this wait, in `entry.wait`; alone it is its own entry.
function Wait:join(q, entry)
  if entry then
    entry.wait = self
    self[#self + 1] = entry
    queue.push(q, entry)
  else
    self.wait = self
    queue.push(q, self)
  end
end

-- Takes the wait out of everything that could wake it.
function Wait:leave()
  self.woken = true
  queue.remove(self)
  for _, entry in ipairs(self) do queue.remove(entry) end
  if self.timer and waiting[self.timer] then
    waiting[self.timer] = nil
    host.abort(self.timer)
  end
  if self.unwatch then self.unwatch() end
end

function Wait:wake()
  if self.woken then return end
  self:leave()
  enqueue(self.task)
end

function Wait:fail(problem)
  if self.woken then return end
  self.problem = problem
  self:wake()
end

function Wait:suspend()
  self.co = running()
  co_yield(WAIT, self)
  if self.problem ~= nil then error(self.problem, 0) end
end

-- Gives other tasks a turn.
function waits.pass(name)
  local task = waits.check(name)
  co_yield(WAIT, true)
  if task.cancelled then error(task.cancelled, 0) end
end

library.waits = waits
