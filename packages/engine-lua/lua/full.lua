-- The level `none`: all of Lua's library, but the two functions that would end the
-- interpreter say what a guest's world has: no shell, and no process to leave.
local host = ...

function os.execute(command)
  if command == nil then return false end
  return nil, "there is no shell", 127
end

function os.exit()
  error(host.error("UNSUPPORTED", "os.exit: a spell has no process of its own"), 0)
end
