--[[ @spell
name: multi-agent
description: Agents that work after each other, at the same time, and as tools of another one.
capabilities: [model]
]]

local researcher = agent.create({ name = "researcher", system_prompt = "You find facts." })
local writer = agent.create({ name = "writer", system_prompt = "You write one sentence." })
local sceptic = agent.create({ name = "sceptic", system_prompt = "You doubt everything." })

-- After each other: each agent gets what the one before said.
local article = workflow.sequential({
  { id = "research", agent = researcher },
  { id = "write", agent = writer },
}):run("Why is the sea salty?")
for _, step in ipairs(article.steps) do print(step.id, step.status) end

-- At the same time: all of them get the same question.
local opinions = await(all({ writer:run_async("Is it true?"), sceptic:run_async("Is it true?") }))
print("opinions: " .. #opinions)

-- An agent as a tool: the lead decides by itself whom to ask.
local function as_tool(helper, description)
  return {
    name = helper:get_info().name,
    description = description,
    parameters = { type = "object", properties = { topic = { type = "string" } }, required = { "topic" } },
    execute = function(args) return helper:run(args.topic).role .. " answered" end,
  }
end
local lead = agent.create({
  name = "lead",
  tools = { as_tool(researcher, "Researches the facts of a topic") },
})
local answer = lead:run("Let the researcher look into the topic of tides.")
print(answer.tool_calls[1].name, answer.tool_calls[1].result)

for _, info in ipairs(agent.list()) do print(info.name, info.runs) end

-- expect: research	completed
-- expect: write	completed
-- expect: opinions: 2
-- expect: researcher	assistant answered
-- expect: researcher	2
-- expect: writer	2
-- expect: sceptic	1
-- expect: lead	1
