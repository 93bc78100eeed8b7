--[[ @spell
name: cancel
description: One token ends everything that waits with it.
capabilities: []
]]

local source = promise.cancel_token()
source.token:on_cancel(function(reason) print("told: " .. tostring(reason)) end)

-- Whatever waits takes the token as its option `cancel`.
local tasks = {}
for i, time in ipairs({ "1ms", "1h", "2h" }) do
  tasks[i] = spawn(function()
    -- A variable that is closed is closed in a cancelled task too.
    local note <close> = setmetatable({}, { __close = function() print("task " .. i .. " cleans up") end })
    sleep(time, { cancel = source.token })
    return "rested"
  end)
end

spawn(function()
  await(tasks[1])
  source.cancel("the first one is enough")
end)

for i, outcome in ipairs(await(promise.all_settled(tasks))) do
  print(i, outcome.status, outcome.value or outcome.error.code)
end

-- Without a token: ends the task in the wait it is in.
local lonely = spawn(function() sleep("1h") end)
print(lonely:cancel(), lonely:status())

-- expect: task 1 cleans up
-- expect: told: the operation was cancelled: the first one is enough
-- expect: task 2 cleans up
-- expect: task 3 cleans up
-- expect: 1	fulfilled	rested
-- expect: 2	rejected	CANCELLED
-- expect: 3	rejected	CANCELLED
-- expect: true	cancelled
