-- Runs in every image, before any script: takes away what a guest must not have, and wraps
-- what it may have only in a safe form. `host` holds the engine's intrinsics.
local host, _, library = ...

local load, type, rawget, rawset, tostring, setmetatable, error, select =
  load, type, rawget, rawset, tostring, setmetatable, error, select
local string, sub, traceback = string, string.sub, debug.traceback

-- Precompiled code can crash the interpreter, so only source text is loaded.
function _G.load(chunk, name, _, ...)
  -- By its name the library's own code is known: from errors left out, in time slices not interrupted.
  if type(name) == "string" and sub(name, 1, 10) == "@[llmspell" then error("load: this name is the engine's own", 2) end
  if select("#", ...) == 0 then return load(chunk, name, "t") end
  return load(chunk, name, "t", (...))
end

local collectgarbage = collectgarbage
function _G.collectgarbage(option)
  option = option or "collect"
  if option ~= "collect" and option ~= "count" and option ~= "step" then
    error("collectgarbage: only 'collect', 'count' and 'step' are available", 2)
  end
  return collectgarbage(option)
end

local os = os
_G.os = { time = os.time, clock = os.clock, date = os.date, difftime = os.difftime }
_G.debug = { traceback = traceback }
string.dump = nil
_G.io, _G.package, _G.dofile, _G.loadfile = nil, nil, nil, nil
_G.unpack = table.unpack

getmetatable("").__metatable = false

-- Runs an action of the host where Lua catches errors.
host.register("action", host.action)

-- Errors of the host arrive as tables with this metatable.
host.register("error", {
  __name = "error",
  __metatable = false,
  __tostring = function(e) return tostring(rawget(e, "message")) end,
})

-- Which error table stands for which host error; weak, so that caught errors can go.
host.register("error_ids", setmetatable({}, { __mode = "k" }))

-- Marks a table as an array, which only matters while it is empty.
local array = { __name = "array", __metatable = false }
host.register("array", array)
function library.array(t) return setmetatable(t or {}, array) end

-- A table that also behaves as the text in one of its fields.
local text_metatables = {}

local function text_metatable(field)
  local function text(v)
    if type(v) == "table" then return tostring(rawget(v, field) or "") end
    return tostring(v)
  end
  return {
    __name = "text",
    __metatable = false,
    __tostring = text,
    __len = function(t) return #text(t) end,
    __concat = function(a, b) return text(a) .. text(b) end,
    __index = function(_, key)
      local method = string[key]
      if method == nil then return nil end
      return function(self, ...) return method(text(self), ...) end
    end,
  }
end

host.register("as_text", function(t, field)
  local mt = text_metatables[field]
  if mt == nil then
    mt = text_metatable(field)
    rawset(text_metatables, field, mt)
  end
  return setmetatable(t, mt)
end)
