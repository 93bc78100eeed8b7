--[[ @spell
name: tool-usage
description: Defines tools, checks what they are called with, runs them and lets an agent choose.
capabilities: [model]
]]

local number = { type = "number" }

tools.define({
  name = "add",
  description = "Adds two numbers",
  parameters = { type = "object", properties = { a = number, b = number }, required = { "a", "b" } },
  execute = function(args) return args.a + args.b end,
})
local half = tools.define("half", "Halves an even number",
  { type = "object", properties = { n = { type = "integer" } }, required = { "n" } },
  function(args)
    if args.n % 2 == 1 then error({ code = "ODD", message = args.n .. " is odd" }) end
    return args.n // 2
  end)

print(tools.execute("add", { a = 2, b = 3 }), half:execute({ n = 8 }))

-- What does not fit the schema never reaches the function.
local check = tools.validate_params("add", { a = "two" })
for _, mistake in ipairs(check.errors) do print(check.valid, mistake.message) end
print(select(2, pcall(tools.execute, "half", { n = 1.5 })).code)

-- A failure as a result instead of an error.
local result = tools.execute_safe("half", { n = 7 })
print(result.success, result.error.message)

print(tools.exists("add"), tools.get("nothing") == nil, half:get_info().description)

local answer = agent.create({ name = "clerk", tools = { "add", half } }):run("Add 2 and 3.")
print(answer.tool_calls[1].name, answer.tool_calls[1].result)

-- expect: 5	4
-- expect: false	must have required property 'b'
-- expect: false	must be number
-- expect: VALIDATION_FAILED
-- expect: false	7 is odd
-- expect: true	true	Halves an even number
-- expect: add	5
