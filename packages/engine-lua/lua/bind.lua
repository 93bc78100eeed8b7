-- Turns the bindings (plain data, the same for every engine) into module tables,
-- handle metatables and globals.
local host, bindings, library = ...

local start, start_own, metatable_of = library.start, library.start_own, library.metatable_of

local setmetatable, rawset, rawget, type, error, ipairs, pairs, next, tostring, tonumber =
  setmetatable, rawset, rawget, type, error, ipairs, pairs, next, tostring, tonumber
local find, gmatch, gsub, lower, match, sub =
  string.find, string.gmatch, string.gsub, string.lower, string.match, string.sub

-- createLLM → create_llm, fromJSONSchema → from_json_schema
local function snake_case(name)
  name = gsub(name, "(%l)(%u)", "%1_%2")
  name = gsub(name, "(%u)(%u%l)", "%1_%2")
  return lower(name)
end

local function first(index, text)
  local _, stop = find(index, text, 1, true)
  return stop
end

-- Makes of `index` (see guest-kit/indexed-bindings.ts) a table that finds its functions on first
-- use, under other spellings and older names, as `_async` twins and nested (`m.ns.fn` for
-- `m.ns_fn`). Constants stay outside of it, so that writing to one can be refused. `call` is what
-- calling the table itself does.
local function bind_functions(index, own, name, constants, call)
  local t = {}

  -- The value and whether it may wait, for a name that is declared.
  local function declared(plain)
    local at = first(index, "\n" .. plain .. "=")
    if not at then return nil end
    local id, kind = match(index, "^(%d*)(%a)", at + 1)
    if id ~= "" then return host.fn(tonumber(id)), kind == "a", tonumber(id) end
    local value = own and own[plain]
    if value == nil then error("the engine lacks " .. name .. "." .. plain) end
    return value, kind == "a"
  end

  local function canonical(plain)
    local at = first(index, "\n" .. plain .. ">")
    return at and match(index, "^[^\n]+", at + 1) or plain
  end

  -- Starts a function of the host; those of its arguments that it takes are no callbacks.
  local function started(plain, id)
    local at = first(index, "\n" .. plain .. "!")
    local functions = at and tonumber(match(index, "^%d+", at + 1)) or 0
    return function(...) return start(id, functions, ...) end
  end

  local function twin(plain)
    if sub(plain, -6) ~= "_async" then return nil end
    local value, waits, id = declared(canonical(sub(plain, 1, -7)))
    if not waits then return nil end
    if id then return started(canonical(sub(plain, 1, -7)), id) end
    return function(...) return start_own(value, ...) end
  end

  -- A twin of its own, e.g. `emit_async` where `emit` does not wait.
  local function own_twin(plain)
    if sub(plain, -6) ~= "_async" then return nil end
    local _, waits, id = declared(plain)
    return waits and id and started(plain, id)
  end

  local function namespace(plain, call)
    local prefix = plain .. "_"
    if not first(index, "\n" .. prefix) then return nil end
    return setmetatable({}, {
      __call = call,
      __index = function(_, k) return type(k) == "string" and t[prefix .. snake_case(k)] or nil end,
    })
  end

  -- An older name that is a function and has others inside: `events.replay` and `events.replay.start`.
  local function both(older, plain)
    local name = snake_case(older)
    if not namespace(name) then return nil end
    local fn = declared(plain)
    return fn and namespace(name, function(_, ...) return fn(...) end)
  end

  local function lookup(_, key)
    if type(key) ~= "string" then return nil end
    if constants[key] ~= nil then return constants[key] end
    local plain = canonical(key)
    if plain == key then plain = canonical(snake_case(key)) end
    local value = plain ~= key and rawget(t, plain) or nil
    if value == nil and plain ~= key then value = both(key, plain) end
    if value == nil then value = own_twin(plain) or declared(plain) or twin(plain) or namespace(plain) end
    if value ~= nil then
      rawset(t, key, value)
      if plain ~= key and type(value) == "function" then rawset(t, plain, value) end
    end
    return value
  end

  local function write(self, key, value)
    if constants[key] ~= nil then error(host.error("INVALID_STATE", name .. "." .. key .. " is a constant"), 0) end
    rawset(self, key, value)
  end

  local function list(self)
    for known in gmatch(index, "\n([%w_]+)=") do
      if rawget(self, known) == nil then lookup(self, known) end
    end
    return next, self, nil
  end

  return setmetatable(t, {
    __index = lookup,
    __newindex = next(constants) and write,
    __pairs = list,
    __call = call and function(_, ...) return call(...) end,
    __name = name,
    __metatable = false,
  })
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

local modules, by_name = library.bound, {}

-- The functions of the module with the name of a root are fields of the root, beside the modules.
local root_index = "\n"
for _, m in ipairs(bindings.modules) do
  if m.name == bindings.roots[1] then root_index = m.index end
end
local root = bind_functions(root_index, nil, "root", {})

for _, m in ipairs(bindings.modules) do
  if m.name ~= bindings.roots[1] then
    -- Where a function of the root has the name of a module, the module is called.
    local id = match(root_index, "\n" .. m.name .. "=(%d+)")
    local t = bind_functions(m.index, library[m.name], m.name, m.constants, id and host.fn(tonumber(id)))
    modules[m.name], by_name[m.name], root[m.name] = t, t, t
    local standard = rawget(_G, m.name)
    if standard == nil then _G[m.name] = t
    elseif type(standard) == "table" and metatable_of(standard) == nil then
      -- A library of the language is extended by the module of its name.
      setmetatable(standard, { __index = t, __metatable = false })
    end
    for _, alias in ipairs(m.aliases) do
      by_name[alias], root[alias] = t, t
      if _G[alias] == nil then _G[alias] = t end
    end
  end
end

for _, h in ipairs(bindings.handles) do
  local box = library.boxes.kinds[h.kind]
  local methods = bind_functions(h.index, box and box.methods, h.kind, {})
  local close, step = methods.close, methods.next
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
      -- What has a next one can be looped over: `for piece in handle do`.
      __call = step and function(self) return step(self) end,
    }
    if next(h.properties) then bind_properties(metatable, h.properties, methods) end
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
