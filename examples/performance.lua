--[[ @spell
name: performance
description: Patterns that save time, money and fuel.
capabilities: [model]
]]

-- Ask at the same time, but not everybody at once.
local under_way, most = 0, 0
hooks.around("model", function(_, proceed)
  under_way = under_way + 1
  most = math.max(most, under_way)
  local answer = proceed()
  sleep(5) -- a real model takes its time
  under_way = under_way - 1
  return answer
end)
local questions = {}
for i = 1, 6 do questions[i] = "Question " .. i end
print(#llm.batch_process(questions, { concurrency = 3 }), "at once: " .. most)

-- Ask only once.
local asked, known = 0, {}
local function answer_to(question)
  if known[question] == nil then
    asked = asked + 1
    known[question] = llm.quick_prompt(question)
  end
  return known[question]
end
for _ = 1, 10 do answer_to("What is Lua?") end
print("asked: " .. asked)

-- Compile once, use often.
local positive = schema.create({ type = "number", exclusiveMinimum = 0 })
local right = 0
for n = -2, 2 do
  if schema.validate(n, positive).valid then right = right + 1 end
end
print("positive: " .. right)

-- Collect the parts and join them once; joining as one goes copies everything each time.
local parts = {}
for i = 1, 1000 do parts[i] = i end
print("length: " .. #table.concat(parts, ","))

-- Make only what is used.
local made = 0
local squares = coroutine.wrap(function()
  for n = 1, math.huge do
    made = made + 1
    coroutine.yield(n * n)
  end
end)
local square
repeat square = squares() until square > 50
print(square, "made: " .. made)

-- expect: 6	at once: 3
-- expect: asked: 1
-- expect: positive: 2
-- expect: length: 3892
-- expect: 64	made: 8
