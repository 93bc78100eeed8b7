--[[ @spell
name: handle-errors
description: What the host refuses arrives as an error that pcall can catch.
capabilities: [model]
]]

-- Nobody granted this spell the right to read files.
local ok, problem = pcall(tools.execute, "file_operations", { operation = "read", path = "secret.txt" })
print(ok, problem.code)
print(problem)

-- An error of its own keeps its value, and cleaning up works as everywhere in Lua.
local function divide(a, b)
  if b == 0 then error({ message = "division by zero", a = a }) end
  return a / b
end

local fine, mistake = pcall(divide, 1, 0)
print(fine, mistake.message, mistake.a)

-- expect: false	PERMISSION_DENIED
-- expect: tools.execute: this spell was not granted 'file.read=secret.txt'
-- expect: false	division by zero	1
