--[[ @spell
name: parallel-prompts
description: Asks three questions at the same time.
capabilities: [model]
]]

local ask = async(function(topic)
  local answer = llm.generate("In one word, what is " .. topic .. "?")
  return topic .. ": " .. (answer:find(topic) and "answered" or "no answer")
end)

-- Each call starts at once; `await` waits for all three.
local answers = await(all({ ask("fire"), ask("water"), ask("air") }))

for i, line in ipairs(answers) do
  print(i .. ". " .. line)
end

-- expect: 1. fire: answered
-- expect: 2. water: answered
-- expect: 3. air: answered
