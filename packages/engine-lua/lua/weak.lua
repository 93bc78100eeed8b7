-- Weak references both ways: the script's to objects of the host, which are a
-- kind and an id, and the host's to functions of the script.
local host, _, library = ...
local promise, spawn, invalid = library.promise, library.spawn, library.waits.invalid

local type, tostring, setmetatable = type, tostring, setmetatable

-- Callbacks with the handles whose end they wait for, in the order they came.
local watched = {}

local methods = {}

-- The handle; nil when the host's object is gone.
function methods.get(ref) return (host.upgrade(ref)) end

-- Calls back in a task of its own when the object is gone, at once when it is;
-- returns a function that ends it.
function methods.on_expire(ref, fn)
  if type(fn) ~= "function" then invalid("on_expire", "argument 1 must be a function, not " .. type(fn)) end
  if host.expired(ref) then
    spawn(fn)
    return function() end
  end
  local watcher = { ref = ref, fn = fn }
  watched[#watched + 1] = watcher
  return function() watcher.fn = nil end
end

host.register("weak_handle", {
  __name = "weak handle",
  __metatable = false,
  __index = methods,
  __eq = function(a, b) return host.describe(a) == host.describe(b) end,
  __tostring = function(ref) return "weak " .. host.describe(ref) end,
})

-- A task of the host's: calls back those whose objects are gone.
function library.expire()
  local before, gone = watched, {}
  watched = {}
  for i = 1, #before do
    local watcher = before[i]
    if watcher.fn and host.expired(watcher.ref) then gone[#gone + 1] = watcher.fn
    elseif watcher.fn then watched[#watched + 1] = watcher end
  end
  promise.await(promise.all(gone))
  return #gone
end

library.weak = host.weaken

-- Functions that the host holds weakly, by id. At 0 is a table that nothing else
-- holds: while it is there, nothing has been collected since it was made.
local functions = setmetatable({}, { __mode = "v" })
host.register("weak_functions", functions)
host.register("weak_mark", function() functions[0] = {} end)
