-- The level `strict`, for code that a model wrote; runs last. The library and the modules
-- are moved behind tables that cannot be changed, and only what gives the same result on
-- every run is left.
local host, _, library = ...

local error, next, rawget, rawset, setmetatable, tostring, type =
  error, next, rawget, rawset, setmetatable, tostring, type
local metatable_of = library.metatable_of
local globals = _G

globals.load, globals.debug = nil, library.bound.debug

local collectgarbage = collectgarbage
function globals.collectgarbage(option)
  if option ~= "count" then error("collectgarbage: only 'count' is available", 2) end
  return collectgarbage("count")
end

local clock, date, time = os.clock, os.date, os.time

local function want_clock(name)
  if not host.clock() then error(host.error("PERMISSION_DENIED", name .. ": this spell has no clock"), 0) end
end

function os.clock()
  want_clock("os.clock")
  return clock()
end

function os.time(t)
  if t == nil then want_clock("os.time") end
  return time(t)
end

function os.date(format, at)
  if at == nil then want_clock("os.date") end
  return date(format, at)
end

-- A finalizer would run in the middle of other code.
function globals.setmetatable(t, mt)
  if type(mt) == "table" and rawget(mt, "__gc") ~= nil then error("setmetatable: '__gc' is not available", 2) end
  return setmetatable(t, mt)
end

local WEAK_KEYS = { __mode = "k" }
local views = setmetatable({}, WEAK_KEYS)                         -- a table of the library → how the script sees it
local is_view = setmetatable({ [globals] = true }, WEAK_KEYS)

function globals.rawset(t, key, value)
  if is_view[t] then error("rawset: this table cannot be changed", 2) end
  return rawset(t, key, value)
end

local require = require
function globals.require(name)
  local module = require(name)
  return views[module] or module
end

local function refuse(name)
  error("cannot assign to '" .. name .. "': the library cannot be changed", 3)
end

-- Lists the entries of `t` without giving it away; `fill` makes those that are made on first use.
local function entries_of(t, fill)
  return function(view)
    if fill then fill(t) end
    return function(_, key) return next(t, key) end, view, nil
  end
end

local function freeze(t, name)
  if views[t] then return views[t] end
  local mt, view = metatable_of(t), {}
  views[t], is_view[view] = view, true
  name = mt and mt.__name or name
  local index = t
  if mt then
    -- A module makes some of its entries on first use, tables among them.
    function index(_, key)
      local value = t[key]
      if type(value) == "table" then return freeze(value, name .. "." .. tostring(key)) end
      return value
    end
  else
    for key, value in next, t do
      if type(value) == "table" then t[key] = freeze(value, name .. "." .. tostring(key)) end
    end
  end
  return setmetatable(view, {
    __index = index,
    __newindex = function(_, key) refuse(name .. "." .. tostring(key)) end,
    __pairs = entries_of(t, mt and mt.__pairs),
    __call = mt and mt.__call,
    __name = mt and mt.__name,
    __metatable = false,
  })
end

-- The table of globals keeps the script's own; a name that it never assigned is an error.
local standard, declared = {}, {}
library.standard = standard
for name, value in next, globals do standard[name] = value end
for name, value in next, standard do
  globals[name] = nil
  if type(value) == "table" and value ~= globals then standard[name] = freeze(value, name) end
end

setmetatable(standard, {
  __index = function(_, name)
    if not declared[name] then error("undeclared global '" .. tostring(name) .. "'", 2) end
  end,
})

setmetatable(globals, {
  __index = standard,
  __newindex = function(_, name, value)
    if rawget(standard, name) ~= nil then refuse(tostring(name)) end
    declared[name] = true
    rawset(globals, name, value)
  end,
  __pairs = function()
    local own = true
    return function(_, key)
      if own then
        local name, value = next(globals, key)
        if name ~= nil then return name, value end
        own, key = false, nil
      end
      return next(standard, key)
    end, globals, nil
  end,
  __metatable = false,
})
