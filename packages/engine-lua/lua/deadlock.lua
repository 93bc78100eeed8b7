-- Says who waits for whom when nothing can go on.
local host, _, library = ...
local tasks, places = library.scheduler.tasks, library.places

local next, ipairs, type = next, ipairs, type
local sort, concat = table.sort, table.concat

-- How many tasks the error lists, and how many its message names.
local MAX_LISTED <const>, MAX_NAMED <const> = 100, 10

local function report(task)
  local wait = task.wait
  local entry = { task = task.number, main = task.main }
  if type(wait) == "table" then
    entry.waits, entry.on = wait.name, wait.about:describe()
    entry.file, entry.line = places.of(wait.co)
  end
  return entry
end

local function line(entry)
  return (entry.main and "the main task" or "task " .. entry.task)
    .. (entry.on and " waits in " .. entry.waits .. " for " .. entry.on or "")
    .. (entry.file and " at " .. entry.file .. ":" .. entry.line or "")
end

function library.report_deadlock()
  local blocked, list, lines = {}, library.array(), {}
  for _, task in next, tasks do blocked[#blocked + 1] = task end
  sort(blocked, function(a, b) return a.number < b.number end)
  for i, task in ipairs(blocked) do
    if i > MAX_LISTED then break end
    list[i] = report(task)
    if i <= MAX_NAMED then lines[i] = line(list[i]) end
  end
  if #blocked > MAX_NAMED then lines[#lines + 1] = "and " .. #blocked - MAX_NAMED .. " more" end
  host.deadlock("nothing can go on: " .. concat(lines, "; "), list)
end
