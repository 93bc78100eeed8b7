-- What the script API adds to the library `table`: in the guest, for what is copied may hold
-- itself, functions and metatables, which do not leave it.
local host, _, library = ...

local metatable_of = library.metatable_of
local setmetatable, type, error, next, select, pairs = setmetatable, type, error, next, select, pairs
local sort = table.sort

local function want(value, name)
  if type(value) ~= "table" then
    error(host.error("INVALID_ARGUMENT", name .. " must be a table, not " .. type(value)), 0)
  end
end

local tables = {}

-- A new table with the entries of all of them; those of later ones count.
function tables.merge(...)
  local merged = {}
  for i = 1, select("#", ...) do
    local each = select(i, ...)
    want(each, "table.merge: argument " .. i)
    for key, value in pairs(each) do merged[key] = value end
  end
  return merged
end

-- Without recursion: a list of a million tables in each other is no deeper than one.
function tables.deep_copy(t)
  if type(t) ~= "table" then return t end
  local copies, waiting, n = {}, {}, 0
  local function copy(value)
    if type(value) ~= "table" then return value end
    local known = copies[value]
    if known == nil then
      known = {}
      copies[value] = known
      n = n + 1
      waiting[n] = value
    end
    return known
  end
  local result = copy(t)
  while n > 0 do
    local from = waiting[n]
    waiting[n] = nil
    n = n - 1
    local to = copies[from]
    for key, value in next, from do to[copy(key)] = copy(value) end
    local metatable = metatable_of(from)
    if metatable ~= nil then setmetatable(to, metatable) end
  end
  return result
end

local function keys_of(t, name)
  want(t, name)
  local keys, n, all_texts = {}, 0, true
  for key in pairs(t) do
    n = n + 1
    keys[n] = key
    all_texts = all_texts and type(key) == "string"
  end
  if all_texts then sort(keys) end
  return keys, n
end

function tables.keys(t)
  return (keys_of(t, "table.keys: argument 1"))
end

function tables.values(t)
  local keys, n = keys_of(t, "table.values: argument 1")
  local values = {}
  for i = 1, n do values[i] = t[keys[i]] end
  return values
end

library.table = tables
