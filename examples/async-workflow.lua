--[[ @spell
name: async-workflow
description: A workflow whose steps wait at the same time, watched while it runs, paused and continued.
capabilities: [model]
]]

-- A step may wait; in a parallel workflow the others go on meanwhile.
local function after(ms, value)
  return function()
    sleep(ms)
    return value
  end
end

local gather = workflow.parallel({
  { id = "slow", fn = after(40, "a report") },
  { id = "quick", fn = after(1, "a note") },
  { id = "asked", fn = function() return llm.generate("A word?").role end },
})

-- It runs in the background, the spell goes on.
local heard = {}
local under_way = gather:run_async("start", {
  on_step = function(step) heard[step.id] = step.status end,
})
print("not waiting", next(heard) == nil)

local result = await(under_way)
print(heard.slow, heard.quick, heard.asked)
print(result.status, result.output.slow, result.output.quick, result.output.asked)

-- One step at a time, then the rest.
local count = workflow.sequential({
  function(n) return n + 1 end,
  function(n) return n * 10 end,
  function(n) return n - 3 end,
})
print(count:step(1).output, count:get_status().state)
print(count:resume().output, count:get_status().state)

-- Given up in the middle.
local never = workflow.sequential({ { id = "pause", delay = 3600000 } })
local waiting = never:run_async()
sleep(5)
never:cancel("enough")
print(await(waiting).status)

-- expect: not waiting	true
-- expect: completed	completed	completed
-- expect: completed	a report	a note	assistant
-- expect: 2	paused
-- expect: 17	completed
-- expect: cancelled
