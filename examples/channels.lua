--[[ @spell
name: channels
description: Three workers share a queue of jobs and send what they find to one place.
capabilities: []
]]

local jobs = promise.channel()      -- holds nothing: each send waits for its receive
local results = promise.channel(10) -- holds 10 values before a send has to wait

local workers = {}
for i = 1, 3 do
  workers[i] = spawn(function()
    for n in jobs:iter() do -- ends when the channel is closed and empty
      sleep(n) -- a real worker would ask a model
      results:send(n * n)
    end
  end)
end

spawn(function()
  for n = 1, 5 do jobs:send(n) end
  jobs:close()
  await(all(workers))
  results:close()
end)

local sum = 0
for square in results:iter() do sum = sum + square end
print("sum: " .. sum)

-- select takes the first of several sends and receives that can happen.
local news, alarm = promise.channel(1), promise.channel(1)
alarm:send("fire!")
local found = promise.select({ { channel = news }, { channel = alarm } })
print(found.index, found.value)

-- Nothing within the time is an error with the code TIMEOUT.
local ok, problem = pcall(promise.select, { { channel = news } }, { timeout = "20ms" })
print(ok, problem.code)

-- expect: sum: 55
-- expect: 2	fire!
-- expect: false	TIMEOUT
