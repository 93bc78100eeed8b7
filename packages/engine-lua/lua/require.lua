-- `require`: the script API's modules, Lua's own, and what the host finds for
-- the script, each loaded once.
local host, bindings, library = ...

local start, await, new_promise = library.start, library.promise.await, library.promise.new
local getinfo, getlocal = debug.getinfo, debug.getlocal
local load, error, type, rawget, setmetatable, ipairs = load, error, type, rawget, setmetatable, ipairs
local sub, concat, insert = string.sub, table.concat, table.insert

-- The host function behind `require`; the script API's have ids from 1.
local MODULE <const> = 0
local MAX_LEVELS <const> = 64
local MAX_NAME <const> = 200
local STANDARD <const> = { string = true, table = true, math = true, utf8 = true, coroutine = true, os = true }

local loaded = {}    -- a module's one name → its value
local loading = {}   -- the same → what is known while its code runs
local names = {}     -- the asking file and what it asks for → a module's one name

-- A module whose code runs. Closed when that ends, in whatever way.
local Loading = {
  __close = function(entry)
    loading[entry.name] = nil
    entry.done()
  end,
}

-- Found by `requirer` on the stack; its parameter is what that module's
-- `require` calls belong to.
local function run(entry, chunk)
  local _ <close> = entry
  loading[entry.name] = entry
  local value = chunk(entry.name)
  if value == nil then value = true end
  loaded[entry.name] = value
  return value
end

-- The file that calls `require`, and the module whose loading the call is part of.
local function requirer()
  local file
  for level = 3, MAX_LEVELS do
    local info = getinfo(level, "Sf")
    if info == nil then break end
    if info.func == run then
      local _, entry = getlocal(level, 1)
      return file or entry.name, entry
    end
    local source = info.source
    if file == nil and sub(source, 1, 1) == "@" and sub(source, 1, 10) ~= "@[llmspell" then
      file = sub(source, 2, MAX_NAME + 1)
    end
  end
  return file or "", nil
end

-- The modules from `entry` down to the one that asks for it again.
local function check_cycle(entry, asking)
  local chain, at = { entry.name }, asking
  while at do
    insert(chain, 1, at.name)
    if at == entry then
      error(host.error("INVALID_STATE", "require: a module cannot require itself: " .. concat(chain, " -> ")), 0)
    end
    at = at.parent
  end
end

local function not_found(message)
  host.denied("require", message)
  error(host.error("NOT_FOUND", message), 0)
end

local function builtin(name)
  for _, prefix in ipairs(bindings.roots) do
    if name == prefix then return library.root, true end
    if sub(name, 1, #prefix + 1) == prefix .. "." then
      return library.modules[sub(name, #prefix + 2)], true
    end
  end
  local module = library.modules[name]
  if module then return module end
  -- As the script has it now: it may have replaced or removed it.
  local known = STANDARD[name] and rawget(library.standard or _G, name)
  if type(known) == "table" then return known end
end

-- Only the sandbox level `none` leaves it.
library.lua_require = require

function require(name)
  if type(name) ~= "string" then error("require: the module's name must be a string, not " .. type(name), 2) end
  if name == "" or #name > MAX_NAME then
    not_found("require: a module's name has 1 to " .. MAX_NAME .. " bytes")
  end
  local module, reserved = builtin(name)
  if module then return module end

  local file, asking = requirer()
  local key = file .. "\0" .. name
  module = names[key] and loaded[names[key]]
  if module ~= nil then return module end

  local found = not reserved and await(start(MODULE, 0, name, file)) or nil
  if found == nil then
    if library.lua_require then return library.lua_require(name) end
    not_found("require: there is no module named '" .. name .. "'")
  end
  local id = found.name
  names[key] = id
  while loaded[id] == nil and loading[id] do
    local entry = loading[id]
    check_cycle(entry, asking)
    await(entry.promise) -- another task loads it
  end
  module = loaded[id]
  if module ~= nil then return module end

  local chunk, problem = load(found.source, "@" .. id, "t")
  if chunk == nil then error(host.error("SYNTAX_ERROR", problem), 0) end
  local entry = setmetatable({ name = id, parent = asking }, Loading)
  entry.promise = new_promise(function(done) entry.done = done end)
  return (run(entry, chunk))
end

library.loaded = loaded
