-- Turns the bindings (plain data, the same for every engine) into module tables,
-- handle metatables and globals.
local host, bindings, library = ...

local start, start_own, metatable_of = library.start, library.start_own, library.metatable_of

local setmetatable, rawset, rawget, type, error, ipairs, pairs, tostring =
  setmetatable, rawset, rawget, type, error, ipairs, pairs, tostring
local gsub, lower, sub = string.gsub, string.lower, string.sub

-- createLLM → create_llm, fromJSONSchema → from_json_schema
local function snake_case(name)
  name = gsub(name, "(%l)(%u)", "%1_%2")
  name = gsub(name, "(%u)(%u%l)", "%1_%2")
  return lower(name)
end

-- Fills `t` with functions; other spellings, older names, `_async` twins and
-- nested names (`m.ns.fn` for `m.ns_fn`) are found on first use. Constants stay
-- outside of it, so that writing to one can be refused.
local function bind_functions(t, functions, own, name, constants)
  local ids, other = {}, {}
  for _, f in ipairs(functions) do
    local value = f.id and host.fn(f.id) or own and own[f.name]
    if value == nil then error("the engine lacks " .. name .. "." .. f.name) end
    t[f.name] = value
    if f.awaitable then ids[f.name] = f.id or value end
    for _, alias in ipairs(f.aliases) do other[alias] = f.name end
  end
  local function lookup(self, key)
    if type(key) ~= "string" then return nil end
    if constants and constants[key] ~= nil then return constants[key] end
    local plain = snake_case(key)
    local value = rawget(t, plain) or rawget(t, other[key] or other[plain] or false)
    if value == nil and sub(plain, -6) == "_async" then
      local base = sub(plain, 1, -7)
      local id = ids[other[base] or base]
      if type(id) == "function" then value = function(...) return start_own(id, ...) end
      elseif id then value = function(...) return start(id, ...) end end
    end
    if value == nil then
      local prefix = plain .. "_"
      for known in pairs(t) do
        if type(known) == "string" and sub(known, 1, #prefix) == prefix then
          value = setmetatable({}, { __index = function(_, k) return type(k) == "string" and t[prefix .. snake_case(k)] or nil end })
          break
        end
      end
    end
    if value ~= nil then rawset(t, key, value) end
    return value
  end
  local function write(self, key, value)
    if constants[key] ~= nil then error(host.error("INVALID_STATE", name .. "." .. key .. " is a constant"), 0) end
    rawset(self, key, value)
  end
  return setmetatable(t, { __index = lookup, __newindex = constants and write, __name = name, __metatable = false })
end

-- The metamethods of handles whose kind has properties: read by name, iterated over in order.
local function bind_properties(metatable, properties, methods)
  local getters = {}
  for _, f in ipairs(properties) do getters[f.name] = host.fn(f.id) end
  function metatable.__index(self, key)
    local get = type(key) == "string" and getters[snake_case(key)]
    if get then return get(self) end
    return methods[key]
  end
  function metatable.__pairs(self)
    local i = 0
    return function()
      i = i + 1
      local f = properties[i]
      if f then return f.name, getters[f.name](self) end
    end
  end
end

local modules, by_name, root = library.bound, {}, {}

for _, m in ipairs(bindings.modules) do
  local t = bind_functions({}, m.functions, library[m.name], m.name, m.constants)
  modules[m.name], by_name[m.name], root[m.name] = t, t, t
  if _G[m.name] == nil then _G[m.name] = t end
  for _, alias in ipairs(m.aliases) do
    by_name[alias], root[alias] = t, t
    if _G[alias] == nil then _G[alias] = t end
  end
end

for _, h in ipairs(bindings.handles) do
  local box = library.boxes.kinds[h.kind]
  local methods = bind_functions({}, h.methods, box and box.methods, h.kind)
  local close = rawget(methods, "close")
  if box then
    box.metatable.__index = methods
  else
    local metatable = {
      __name = h.kind,
      __metatable = false,
      __index = methods,
      __eq = function(a, b) return metatable_of(a) == metatable_of(b) and host.id(a) == host.id(b) end,
      __tostring = function(self) return h.kind .. ": " .. host.id(self) end,
      -- The host need not keep for this guest what it no longer holds.
      __gc = host.drop_handle,
      __close = close and function(self) close(self) end,
    }
    if h.properties then bind_properties(metatable, h.properties, methods) end
    host.register("handle:" .. h.kind, metatable)
  end
end

if modules.promise then library.boxes.kinds.Promise.metatable.__index = modules.promise end

root.array, root.null, root.weak = library.array, host.null, library.weak
for _, name in ipairs(bindings.roots) do _G[name] = root end

for name, path in pairs(bindings.globals) do
  local module, fn = path:match("^([%w_]+)%.([%w_]+)$")
  if module and modules[module] then _G[name] = modules[module][fn]
  elseif modules[path] then _G[name] = modules[path] end
end

library.modules, library.root = by_name, root
