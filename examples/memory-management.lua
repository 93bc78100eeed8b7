--[[ @spell
name: memory-management
description: What the collector takes, what is closed at once, and what happens when the memory is full.
capabilities: []
limits: { memory: 8MB }
]]

-- A cache that does not keep its keys alive.
local cache = setmetatable({}, { __mode = "k" })
local function size()
  local n = 0
  for _ in pairs(cache) do n = n + 1 end
  return n
end
local page = { url = "/" }
cache[page] = "<html>"
print("cached: " .. cache[page])
page = nil
collectgarbage()
print("left: " .. size())

-- What must be given back at once is closed where its block ends, whatever happens in it.
local function open(name)
  return setmetatable({}, { __close = function() print("closed " .. name) end })
end
pcall(function()
  local file <close> = open("file")
  local lock <close> = open("lock")
  error("in the middle")
end)

-- The memory of a spell has an end. Reaching it is an error; what was taken in vain is free again.
local ok, problem = pcall(function()
  local hoard = {}
  while true do hoard[#hoard + 1] = ("x"):rep(100000) .. #hoard end
end)
print(ok, tostring(problem):match("memory"))
collectgarbage()
print("goes on: " .. #("x"):rep(100000))

-- expect: cached: <html>
-- expect: left: 0
-- expect: closed lock
-- expect: closed file
-- expect: false	memory
-- expect: goes on: 100000
