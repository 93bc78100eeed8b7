-- Cancellation tokens: `opts.cancel` of everything that waits.
local host, _, library = ...
local scheduler, queue, boxes = library.scheduler, library.queue, library.boxes
local open, invalid = boxes.open, library.waits.invalid

local type, error, ipairs, select, tostring = type, error, ipairs, select, tostring
local pack = table.pack

local methods = {}
local Token
Token = boxes.kind("CancelToken", methods, {
  __tostring = function(box) return "cancel token: " .. (methods.cancelled(box) and "cancelled" or "active") end,
})

-- The error that `what` ends with.
function library.cancelled(what, reason)
  return host.error("CANCELLED", what .. " was cancelled" .. (reason ~= nil and ": " .. tostring(reason) or ""))
end

-- The error a token was cancelled with, by itself or by one that it is linked to.
local function problem_of(token)
  if token.problem then return token.problem end
  for _, parent in ipairs(token.parents) do
    local problem = problem_of(parent)
    if problem then return problem end
  end
end

local fire

-- A token listens to its parents only while somebody listens to it, so that a
-- parent keeps none alive that is not in use.
local function watch(token, call)
  local watcher = { call = call }
  token.watchers = token.watchers or queue.new()
  queue.push(token.watchers, watcher)
  token.count = token.count + 1
  if token.count == 1 then
    for i, parent in ipairs(token.parents) do
      token.links[i] = watch(parent, function(problem) fire(token, problem) end)
    end
  end
  return function()
    if watcher.queue == nil then return end
    queue.remove(watcher)
    token.count = token.count - 1
    if token.count > 0 then return end
    for i, unwatch in ipairs(token.links) do
      token.links[i] = nil
      unwatch()
    end
  end
end

function fire(token, problem)
  if token.problem then return false end
  token.problem = problem
  token.count = 0
  for i, unwatch in ipairs(token.links) do
    token.links[i] = nil
    unwatch()
  end
  local watcher = token.watchers and queue.shift(token.watchers)
  while watcher do
    watcher.call(problem)
    watcher = queue.shift(token.watchers)
  end
  return true
end

function scheduler.watch(box, call) return watch(open(box, Token), call) end

local function want_token(box, name)
  local token = open(box, Token)
  if token == nil then
    error(host.error("INVALID_ARGUMENT", (name or "argument 1") .. " must be a cancel token, not " .. type(box)), 0)
  end
  return token
end

-- Raises what the token was cancelled with.
function library.check_token(box, name)
  local problem = problem_of(want_token(box, name))
  if problem then error(problem, 0) end
end
host.register("check_token", library.check_token)

function methods.cancelled(box) return problem_of(want_token(box)) ~= nil end

-- The error that whoever waits with the token gets; nil while it is active.
function methods.reason(box) return problem_of(want_token(box)) end

function methods.check(box) library.check_token(box) end

-- Calls back in a task of its own, at once when it has happened; returns a function that ends it.
function methods.on_cancel(box, fn)
  local token = want_token(box)
  if type(fn) ~= "function" then invalid("on_cancel", "argument 1 must be a function, not " .. type(fn)) end
  local problem = problem_of(token)
  if problem == nil then return watch(token, function(reason) library.spawn(fn, reason) end) end
  library.spawn(fn, problem)
  return function() end
end

-- A token and the function that cancels it; one that is linked is cancelled with its parents.
function library.promise.cancel_token(...)
  local parents = pack(...)
  for i = 1, select("#", ...) do parents[i] = want_token(parents[i], "cancel_token: argument " .. i) end
  local token = { count = 0, parents = parents, links = {} }
  local source = { token = host.box(token, Token) }
  function source.cancel(self, reason)
    if self ~= source then reason = self end
    if problem_of(token) then return false end
    return fire(token, library.cancelled("the operation", reason))
  end
  return source
end
