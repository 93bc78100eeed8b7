local text = require("./lib/text")

local M = {}
local stock = {}

function M.add(name, count)
  stock[#stock + 1] = { name = name, count = count }
end

function M.lines()
  local lines = {}
  for i, item in ipairs(stock) do lines[i] = text.count(item.count, item.name) end
  return lines
end

return M
