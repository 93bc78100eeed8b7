-- Hot reload: new source takes the place of a loaded module, in the table that
-- the rest of the script already holds.
local host, _, library = ...

local getinfo, getupvalue, setupvalue = debug.getinfo, debug.getupvalue, debug.setupvalue
local metatable_of, set_metatable = debug.getmetatable, debug.setmetatable
local setmetatable, next, rawget, rawset, rawequal, type, error =
  setmetatable, next, rawget, rawset, rawequal, type, error
local sub = string.sub
local loaded = library.loaded

-- How many functions and tables of the new version are looked through.
local MAX_NODES <const> = 10000

local function copy(t)
  local fields = {}
  for k, v in next, t do fields[k] = v end
  return fields
end

-- Makes `t` hold exactly `fields`.
local function restore(t, fields)
  for k in next, t do
    if fields[k] == nil then t[k] = nil end
  end
  for k, v in next, fields do rawset(t, k, v) end
end

-- Puts the old version back unless the new one took its place.
local Undo = {
  __close = function(undo)
    if undo.done or type(undo.module) ~= "table" then return end
    restore(undo.module, undo.fields)
    set_metatable(undo.module, undo.metatable)
  end,
}

-- Lets the functions of the new version mean the old table where they meant the new one.
local function rebind(from, to)
  local seen, stack, n, nodes = { [_G] = true, [to] = true, [library.root] = true }, {}, 0, 0
  for _, module in next, loaded do seen[module] = true end
  local function visit(v)
    local kind = type(v)
    if (kind == "table" or kind == "function") and not seen[v] and nodes < MAX_NODES then
      seen[v] = true
      nodes = nodes + 1
      n = n + 1
      stack[n] = v
    end
  end
  visit(from)
  while n > 0 do
    local node = stack[n]
    n = n - 1
    if type(node) == "table" then
      for k, v in next, node do
        if rawequal(v, from) then rawset(node, k, to) else visit(v) end
      end
      visit(metatable_of(node))
    elseif sub(getinfo(node, "S").source, 1, 10) ~= "@[llmspell" then
      for i = 1, 255 do
        local name, v = getupvalue(node, i)
        if name == nil then break end
        if rawequal(v, from) then setupvalue(node, i, to) else visit(v) end
      end
    end
  end
end

-- Functions are those of the new version; data that it does not mention stays.
local function replace(old, new)
  rebind(new, old)
  for k, v in next, old do
    if type(v) == "function" and rawget(new, k) == nil then old[k] = nil end
  end
  for k, v in next, new do rawset(old, k, v) end
  set_metatable(old, metatable_of(new))
end

-- The chunk gets the module's name and its old value.
function library.reload(chunk)
  local name = sub(getinfo(chunk, "S").source, 2)
  local old = loaded[name]
  if old == nil then error(host.error("NOT_FOUND", "no module named '" .. name .. "' is loaded"), 0) end
  local is_table = type(old) == "table"
  local undo <close> = setmetatable(
    { module = old, fields = is_table and copy(old), metatable = is_table and metatable_of(old) },
    Undo
  )
  local new = chunk(name, old)
  if new == nil then new = true end
  if is_table and type(new) == "table" then
    if not rawequal(new, old) then replace(old, new) end
  else
    loaded[name] = new
  end
  undo.done = true
end
