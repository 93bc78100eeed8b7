-- The level `none`: all of Lua's library, where what a guest's world does not have says so:
-- no shell, no process to leave, no locale but C's, and nobody to yield to outside a coroutine.
local host, _, library = ...

local error, setlocale = error, os.setlocale

function os.execute(command)
  if command == nil then return false end
  return nil, "there is no shell", 127
end

function os.exit()
  error(host.error("UNSUPPORTED", "os.exit: a spell has no process of its own"), 0)
end

function os.setlocale(locale, ...)
  if locale ~= nil and locale ~= "" and locale ~= "C" and locale ~= "POSIX" then return nil end
  return setlocale(locale and "C", ...)
end

coroutine.yield = host.yield
_G.warn, _G.collectgarbage = host.warn, library.collectgarbage
