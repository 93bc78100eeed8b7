--[[ @spell
name: reach-a-limit
description: A spell that never ends, and what ends it.
limits: { fuel: 2000000 }
]]

print("counting …")
local n = 0
while true do
  -- Catching the error does not help: a limit cannot be caught away.
  pcall(function()
    while true do n = n + 1 end
  end)
end

-- expect: counting …
-- expect-exit: 3
-- expect-code: LIMIT_FUEL
