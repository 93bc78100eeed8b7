local M = {}

function M.count(n, noun) return n .. " " .. noun .. (n == 1 and "" or "s") end

function M.list(items) return table.concat(items, ", ") end

return M
