-- Names places in a script's source, and the functions of a stack, for errors.
local host, _, library = ...

local getinfo, next, pcall, rawequal, error, type = debug.getinfo, next, pcall, rawequal, error, type
local sub, find = string.sub, string.find

local MAX_FRAMES <const> = 32
local DEEP <const> = 180
-- How far up a stack the function that cannot be suspended is looked for.
local MAX_LEVELS <const> = 250

local places = {}

local function of_script(info) return info.what ~= "C" and sub(info.source, 1, 10) ~= "@[llmspell" end

-- Adds the places of a coroutine, innermost first; the engine's own files left out.
local function add_frames(list, co)
  for level = 0, MAX_FRAMES * 4 do
    local info = getinfo(co, level, "Sln")
    if info == nil or #list == MAX_FRAMES then break end
    if of_script(info) then
      list[#list + 1] = { file = info.short_src, line = info.currentline, name = info.name or (info.what == "main" and "main chunk") or nil }
    end
  end
end

-- Where a coroutine failed with `value`, for the host.
function places.failure(co, value)
  local where = { frames = {} }
  -- Looking fails when neither the stack nor the memory has room left for it.
  pcall(add_frames, where.frames, co)
  local looked, info = pcall(getinfo, co, DEEP, "l")
  -- How deep it was tells a real overflow from an error that only says so.
  where.deep = type(value) == "string" and find(value, "stack overflow", 1, true) ~= nil and not (looked and info == nil)
  return where
end

-- File and line where a suspended coroutine stands in its script.
function places.of(co)
  for level = 0, MAX_FRAMES do
    local info = getinfo(co, level, "Sl")
    if info == nil then return nil end
    if of_script(info) then return info.short_src, info.currentline end
  end
end

-- Functions written in C through which Lua can suspend.
local suspendable = { [pcall] = true, [xpcall] = true }
local libraries = { table = table, string = string, utf8 = utf8, coroutine = coroutine }

local function name_among(modules, fn)
  for module, functions in next, modules do
    for name, value in next, functions do
      if rawequal(value, fn) then return module .. "." .. name end
    end
  end
end

local function name_of(info)
  return name_among(libraries, info.func) or name_among(library.bound, info.func) or info.name
end

-- Which function keeps the running coroutine from being suspended, from `level` of its stack on.
local function obstacle(level)
  for above = level, MAX_LEVELS do
    local info = getinfo(above, "Snf")
    if info == nil then break end
    if info.name == "__gc" and info.namewhat == "metamethod" then return "a finalizer (__gc)" end
    if info.what == "C" and not suspendable[info.func] then return name_of(info) or "a function of the host" end
  end
  return "the calling function"
end

-- The error of a wait, named `what`, in a place that cannot wait.
function places.cannot_wait(what, level)
  local problem = what .. " cannot wait here: " .. obstacle(level or 3) .. " cannot be suspended"
  return host.error("INVALID_STATE", problem)
end

-- The same, raised by a function of the host.
host.register("cannot_wait", function()
  error(places.cannot_wait(name_of(getinfo(2, "nf")) or "a function of the host", 5), 0)
end)

-- The modules of the bindings by name, once they are bound.
library.bound = {}
library.places = places
