--[[ @spell
name: agent-with-tool
description: An agent answers a question with the help of a tool written in Lua.
params:
  city: { type: string, default: Paris, description: Where to look up the weather }
capabilities: [model]
]]

-- A tool is a function with a description that a model can read.
local weather = {
  name = "weather",
  description = "Looks up the current weather in a city",
  parameters = {
    type = "object",
    properties = { city = { type = "string", description = "Name of the city" } },
    required = { "city" },
  },
  execute = function(args)
    -- A real tool would ask a weather service; this one makes something up.
    local degrees = #args.city * 3
    return args.city .. ": " .. degrees .. " degrees and sunny"
  end,
}

local helper = agent.create({
  name = "helper",
  system_prompt = "You answer questions about the weather in one sentence.",
  tools = { weather },
})

local answer = helper:run("What is the weather in " .. params.city .. "?")

print(answer.content)
print("Tool calls: " .. #answer.tool_calls)

-- expect: The tool weather says: Paris: 15 degrees and sunny
-- expect: (This answer comes from llmspell's offline stand-in, no real model.)
-- expect: Tool calls: 1
