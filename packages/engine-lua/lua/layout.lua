-- Checks the offsets in src/layout.ts against what Lua itself says.
local host = ...

local seen
local function probe()
  local n = host.wanted()
  seen = n
  return n
end

probe()
assert(seen == 0, "the number of wanted results is laid out differently")
local one = probe()
local all = { probe() }
assert(one == 1 and all[1] == -1, "the number of wanted results is laid out differently")

assert(host.line() == debug.getinfo(1, "l").currentline, "the record of a function is laid out differently")

local count, heap = collectgarbage("count") * 1024, host.heap()
assert(count == heap, "the heap counters are laid out differently")
