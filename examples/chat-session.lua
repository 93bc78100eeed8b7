--[[ @spell
name: chat-session
description: A conversation that remembers what was said.
capabilities: [model]
]]

local chat = llm.chat_session("You are a patient teacher.")

chat:send("My name is Ada.")

-- The pieces of the answer arrive while the model still writes.
local pieces = 0
chat:stream("What is my name?", function(piece)
  pieces = pieces + 1
end)
print("streamed: " .. tostring(pieces > 1))

for _, message in ipairs(chat:history()) do
  print(message.role .. ": " .. message.content:sub(1, 30))
end

-- expect: streamed: true
-- expect: system: You are a patient teacher.
-- expect: user: My name is Ada.
-- expect: assistant: I am llmspell's offline stand-
-- expect: user: What is my name?
-- expect: assistant: I am llmspell's offline stand-
