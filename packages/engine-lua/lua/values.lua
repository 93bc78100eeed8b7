-- Values of the host as the guest sees them: errors, arrays, and tables that are text.
-- `host` holds the engine's intrinsics.
local host, _, library = ...

local type, rawget, rawset, tostring, setmetatable = type, rawget, rawset, tostring, setmetatable
local string = string

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
