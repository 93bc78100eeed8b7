-- First in, first out, with removal anywhere: what waits may stop waiting.
local _, _, library = ...

local queue = {}

function queue.new() return { first = 1, last = 0 } end

-- An entry is a table of its owner's; it can be in one queue at a time.
function queue.push(q, entry)
  local at = q.last + 1
  q.last, q[at] = at, entry
  entry.queue, entry.at = q, at
end

-- The first entry, taken out; nil when there is none.
function queue.shift(q)
  for at = q.first, q.last do
    local entry = q[at]
    if entry ~= nil then
      q[at], q.first, entry.queue = nil, at + 1, nil
      return entry
    end
  end
  q.first, q.last = 1, 0
end

function queue.remove(entry)
  local q = entry.queue
  if q == nil then return end
  q[entry.at], entry.queue = nil, nil
  if entry.at == q.last then q.last = q.last - 1 end
end

library.queue = queue
