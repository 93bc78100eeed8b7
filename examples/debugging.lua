--[[ @spell
name: debugging
description: Where an error comes from, what it carries, and how to add what one knows.
capabilities: []
]]

local function parse(line) -- the function that fails
  local price = tonumber(line)
  if price == nil then error({ code = "BAD_PRICE", message = "no price: " .. line, line = line }) end
  return price
end

-- An error says the file and the line; one with a value says what it carries.
local ok, problem = pcall(function()
  local order = nil
  return order.price
end)
print(ok, problem:match("^debugging%.lua:%d+: ") ~= nil)

-- Adding what the caller knows, without losing what is known already.
local function import(lines)
  for i, line in ipairs(lines) do
    local fine, cause = pcall(parse, line)
    if not fine then error({ message = "line " .. i .. ": " .. cause.message, code = cause.code, cause = cause }) end
  end
end
local _, wrapped = pcall(import, { "1", "2", "three" })
print(wrapped.code, wrapped.message, wrapped.cause.line)

-- The way to the error, from the inside to the outside.
local function inner() error("lost") end
local function outer()
  inner()
  return "unreached"
end
local _, trace = xpcall(function() print(outer()) end, debug.traceback)
print(trace:find("inner", 1, true) < trace:find("outer", 1, true))

-- What the host refuses has a code that never changes, a category and details.
local _, refused = pcall(tools.execute, "no_such_tool", {})
print(refused.code, refused.category)

-- A line of the log goes to standard error, with its place; it does not disturb what is printed.
warn("this is a warning")

-- expect: false	true
-- expect: BAD_PRICE	line 3: no price: three	three
-- expect: true
-- expect: NOT_FOUND	usage
