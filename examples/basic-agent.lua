--[[ @spell
name: basic-agent
description: Makes agents, asks them, and looks at what they have used.
capabilities: [model]
]]

local poet = agent.create({ name = "poet", system_prompt = "You answer in rhymes.", max_steps = 3 })

local answer = poet:run("What is a sandbox?")
print(answer.role, #answer.content > 0)

-- A clone is a new agent: what one of them says or uses, the other does not know.
local critic = poet:clone({ name = "critic", system_prompt = "You find what is wrong." })
print(critic:get_info().name, critic:get_info().runs, poet:get_info().runs)

-- A conversation remembers what was said.
local talk = critic:conversation()
talk:send("It has no powers.")
talk:send("And what did I say before?")
print("messages: " .. #talk:history())

for _, info in ipairs(agent.list()) do
  print(info.name, info.status, info.usage.total_tokens > 0)
end

-- An agent that is removed is gone.
critic:remove()
print(#agent.list(), select(2, pcall(critic.run, critic, "Are you there?")).code)

-- expect: assistant	true
-- expect: critic	0	1
-- expect: messages: 5
-- expect: poet	completed	true
-- expect: critic	completed	true
-- expect: 1	NOT_FOUND
