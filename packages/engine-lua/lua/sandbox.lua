-- Runs in every image but those of the level `none`, before any script: takes away what a
-- guest must not have, and wraps what it may have only in a safe form.
local host, _, library = ...

local load, type, error, select = load, type, error, select
local find, traceback = string.find, debug.traceback

local function loaded(fn, message)
  if fn == nil and find(message, "attempt to load a binary chunk", 1, true) then host.denied("load", message) end
  return fn, message
end

-- Precompiled code can crash the interpreter, so only source text is loaded.
function _G.load(chunk, name, _, ...)
  -- By its name the library's own code is known: from errors left out, in time slices not interrupted.
  if type(name) == "string" and find(name, "^[@=]%[llmspell ") then error("load: this name is the engine's own", 2) end
  if select("#", ...) == 0 then return loaded(load(chunk, name, "t")) end
  return loaded(load(chunk, name, "t", (...)))
end

_G.warn = host.warn
library.lua_require = nil

local os = os
_G.os = { time = os.time, clock = os.clock, date = os.date, difftime = os.difftime }
_G.debug = { traceback = traceback }
string.dump = nil
_G.io, _G.package, _G.dofile, _G.loadfile = nil, nil, nil, nil
_G.unpack = table.unpack

getmetatable("").__metatable = false
