--[[ @spell
name: advanced-workflow
description: Conditions, loops, mappings, retries, a fallback and undoing, and a workflow as text.
capabilities: []
]]

-- A workflow is a step of another one; expressions are CEL.
local discount = workflow.conditional("input.sum >= 100.0",
  { transform = { expression = "input.sum * 0.5" } },
  { transform = { expression = "input.sum" } })
local all_orders = workflow.loop({ each = { { sum = 40 }, { sum = 200 } } }, discount)
local sum = function(parts)
  local total = 0
  for _, part in ipairs(parts) do total = total + part end
  return math.tointeger(total)
end
print("total", workflow.sequential({ all_orders, sum }):run().output)

-- What fails is tried again, then undone in reverse order.
local tries = 0
local travel = workflow.sequential({
  { id = "train", fn = function() return "seat 12" end, compensate = function() print("train cancelled") end },
  { id = "hotel", fn = function() return "room 7" end, compensate = function() print("hotel cancelled") end },
  { id = "boat", fn = function() tries = tries + 1 error("storm") end },
}, { name = "travel" })
travel:on_error({ retry = { attempts = 3, delay = 1 } }, "boat")

local result = travel:run()
print(result.status, tries, #result.compensated)

-- Something else instead: then it is no failure.
travel:on_error({ fallback = function() return "a book" end }, "boat")
local calm = travel:run()
print(calm.status, calm.output)

-- Without functions a workflow is text that can be kept and sent; mistakes are found before it runs.
local text = workflow.sequential({ { id = "plus", transform = { expression = "input + 1.0" } } }):serialize("yaml")
print(workflow.deserialize(text, "yaml"):run(41).output == 42, text:match("expression: [^\n]+"))
print(workflow.validate({ steps = { { transform = { expression = "input +" } } } }).errors[1].at)

-- expect: total	140
-- expect: hotel cancelled
-- expect: train cancelled
-- expect: failed	3	2
-- expect: completed	a book
-- expect: true	expression: input + 1.0
-- expect: steps[0].transform.expression
