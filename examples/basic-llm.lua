--[[ @spell
name: basic-llm
description: Asks a model once, with a system prompt, piece by piece, and several times at once.
capabilities: [model]
]]

-- The answer is also its text, so it can be joined with other text.
local answer = llm.generate("Name a sea.")
print(("" .. answer):find("sea", 1, true) ~= nil, answer.model, answer.finish_reason)

-- Only the text, with options.
local text = llm.quick_prompt("Name a river.", { system_prompt = "Be brief.", temperature = 0 })
print(#text > 0)

-- The pieces as they arrive; returning false ends the answer with what has been heard of it.
local heard, pieces = "", 0
local story = llm.stream("Tell me a long story.", function(piece)
  heard, pieces = heard .. piece, pieces + 1
  return pieces < 3
end)
print(story.content == heard, story.finish_reason, "pieces: " .. pieces)

-- Or one by one, in a loop.
local said = ""
for piece in llm.stream("Name a sea.") do said = said .. piece end
print(said == answer.content)

-- At most two of the questions are under way at the same time. One that fails is an entry, not an error.
local answers = llm.batch_process({ "one?", "two?", { prompt = "three?", model = "nobody:nothing" } }, { concurrency = 2 })
for i, outcome in ipairs(answers) do
  print(i, outcome.ok, outcome.ok and outcome.value.role or outcome.error.code)
end

-- expect: true	demo	stop
-- expect: true
-- expect: true	other	pieces: 3
-- expect: true
-- expect: 1	true	assistant
-- expect: 2	true	assistant
-- expect: 3	false	PROVIDER_AUTH
