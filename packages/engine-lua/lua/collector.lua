-- What a script may say to the garbage collector. It may choose how the
-- collector works, as all of that work is metered, but not stop it: that would
-- only turn memory it could have had back into a limit it reaches.
local host, _, library = ...

local collectgarbage, error, tostring = collectgarbage, error, tostring

local ALLOWED <const> = {
  collect = true, count = true, step = true, isrunning = true, incremental = true, generational = true,
}

library.collectgarbage = collectgarbage

function _G.collectgarbage(option, ...)
  if option == nil then option = "collect" end
  if not ALLOWED[option] then
    error("collectgarbage: '" .. tostring(option) .. "' is not available; known: collect, count, step, isrunning, incremental, generational", 2)
  end
  -- A script that chooses a mode itself knows better.
  if option == "incremental" or option == "generational" then library.adapt = nil end
  return collectgarbage(option, ...)
end

-- A generational collector does less work, but stops for as long as a heap is
-- large; an incremental one does not. Looked at where a time slice ends.
local LARGE <const>, SMALL <const> = 8 * 1024, 4 * 1024 -- KB
local MINOR <const>, MAJOR <const> = 50, 100

local mode
local function adapt()
  local size = collectgarbage("count")
  if mode == "generational" and size > LARGE then
    mode = "incremental"
    collectgarbage(mode)
  elseif mode == "incremental" and size < SMALL then
    mode = "generational"
    collectgarbage(mode, MINOR, MAJOR)
  end
end

-- The host's choice for a guest, before its code runs.
host.register("gc", function(choice, ...)
  if choice ~= "adaptive" then return collectgarbage(choice, ...) end
  mode = "generational"
  collectgarbage(mode, MINOR, MAJOR)
  library.adapt = adapt
end)
