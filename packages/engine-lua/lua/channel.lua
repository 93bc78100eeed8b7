-- Channels between tasks, first in first out on both ends, and `select`.
local host, _, library = ...
local queue, waits, boxes = library.queue, library.waits, library.boxes
local open, invalid = boxes.open, waits.invalid

local getuservalue = debug.getuservalue
local setmetatable, type, error, ipairs, pairs = setmetatable, type, error, ipairs, pairs
local min, integer = math.min, math.tointeger
local concat = table.concat

local MAX_CASES <const> = 1000
-- How many channels of a `select` a report names.
local MAX_NAMED <const> = 5

local promise, methods = library.promise, {}
local Channel = boxes.kind("Channel", methods, {
  __len = function(box) return getuservalue(box, 1).size end,
  __close = function(box)
    if not getuservalue(box, 1).closed then methods.close(box) end
  end,
  __tostring = function(box)
    local ch = getuservalue(box, 1)
    return "channel: " .. ch.number .. " (" .. ch.size .. " of " .. ch.capacity .. (ch.closed and ", closed)" or ")")
  end,
})

-- A channel: its buffer from `head` on, and the waits that want to send or receive.
local Record = {}
Record.__index = Record

function Record.describe(ch) return "channel " .. ch.number end

local numbered = 0

local function want_channel(box, name, position)
  local ch = open(box, Channel)
  if ch == nil then invalid(name, "argument " .. (position or 1) .. " must be a channel, not " .. type(box)) end
  return ch
end

local function want_value(value, name)
  if value == nil then invalid(name, "nil cannot be sent; llmspell.null can") end
end

local function put(ch, value)
  ch.buffer[ch.head + ch.size] = value
  ch.size = ch.size + 1
end

-- Ends the wait behind an entry of one of a channel's queues.
local function serve(entry, value, ok)
  local wait = entry.wait
  wait.index, wait.value, wait.ok = entry.index, value, ok
  wait:wake()
end

-- Sends if that needs no waiting; says whether it did.
local function try_send(ch, value, name)
  if ch.closed then error(host.error("INVALID_STATE", name .. ": channel " .. ch.number .. " is closed"), 0) end
  local receiver = queue.shift(ch.receivers)
  if receiver then serve(receiver, value, true)
  elseif ch.size < ch.capacity then put(ch, value)
  else return false end
  return true
end

-- Receives if that needs no waiting: true, the value, and whether there was one.
local function try_receive(ch)
  if ch.size > 0 then
    local value = ch.buffer[ch.head]
    ch.buffer[ch.head] = nil
    ch.head, ch.size = ch.head + 1, ch.size - 1
    local sender = queue.shift(ch.senders)
    if sender then
      put(ch, sender.value)
      serve(sender, nil, true)
    end
    return true, value, true
  end
  local sender = queue.shift(ch.senders)
  if sender then
    local value = sender.value
    serve(sender, nil, true)
    return true, value, true
  end
  return ch.closed, nil, false
end

function promise.channel(capacity)
  local size = integer(capacity or 0)
  if size == nil or size < 0 then invalid("channel", "capacity must be a whole number of at least 0") end
  numbered = numbered + 1
  return host.box(setmetatable({
    number = numbered, capacity = size, size = 0, head = 1, buffer = {}, receivers = queue.new(), senders = queue.new(),
  }, Record), Channel)
end

function promise.channel_send(box, value, options)
  local ch = want_channel(box, "channel_send")
  want_value(value, "channel_send")
  local timeout, token = waits.options("channel_send", options)
  if try_send(ch, value, "channel_send") then return true end
  local wait = waits.new("channel_send", ch, timeout, token)
  -- A finalizer may have run while it was made.
  if try_send(ch, value, "channel_send") then
    wait:leave()
    return true
  end
  wait.value = value
  wait:join(ch.senders)
  wait:suspend()
  return true
end

function promise.channel_receive(box, options)
  local ch = want_channel(box, "channel_receive")
  local timeout, token = waits.options("channel_receive", options)
  local ready, value, ok = try_receive(ch)
  if ready then return value, ok end
  local wait = waits.new("channel_receive", ch, timeout, token)
  ready, value, ok = try_receive(ch)
  if ready then
    wait:leave()
    return value, ok
  end
  wait:join(ch.receivers)
  wait:suspend()
  return wait.value, wait.ok
end

function promise.channel_close(box)
  local ch = want_channel(box, "channel_close")
  if ch.closed then
    error(host.error("INVALID_STATE", "channel_close: channel " .. ch.number .. " is closed already"), 0)
  end
  ch.closed = true
  local receiver = queue.shift(ch.receivers)
  while receiver do
    serve(receiver, nil, false)
    receiver = queue.shift(ch.receivers)
  end
  local sender = queue.shift(ch.senders)
  while sender do
    local wait = sender.wait
    wait:fail(host.error("INVALID_STATE", wait.name .. ": channel " .. ch.number .. " was closed"))
    sender = queue.shift(ch.senders)
  end
end

-- Reads { channel, send? } of each case; other fields are mistakes.
local function read_cases(list)
  if type(list) ~= "table" or #list == 0 then invalid("promise.select", "argument 1 must be a list of at least one case") end
  if #list > MAX_CASES then invalid("promise.select", "takes " .. MAX_CASES .. " cases at most, not " .. #list) end
  local cases = {}
  for i = 1, #list do
    local case = list[i]
    if type(case) ~= "table" then invalid("promise.select", "case " .. i .. " must be { channel, send? }, not " .. type(case)) end
    for key in pairs(case) do
      if key ~= "channel" and key ~= "send" then invalid("promise.select", "case " .. i .. " may have the fields channel and send only") end
    end
    local ch = open(case.channel, Channel)
    if ch == nil then invalid("promise.select", "case " .. i .. ": channel must be a channel, not " .. type(case.channel)) end
    cases[i] = { channel = ch, value = case.send, sends = case.send ~= nil, index = i }
  end
  return cases
end

local Cases = {}
Cases.__index = Cases

function Cases.describe(cases)
  local names = {}
  for i = 1, min(#cases, MAX_NAMED) do
    names[i] = (cases[i].sends and "sending to " or "receiving from ") .. cases[i].channel:describe()
  end
  if #cases > MAX_NAMED then names[#names + 1] = "…" end
  return concat(names, ", ")
end

-- Whether a case is ready, its index, the value and whether there was one.
local function try_cases(cases)
  for i, case in ipairs(cases) do
    if case.sends then
      if try_send(case.channel, case.value, "promise.select") then return true, i, nil, true end
    else
      local ready, value, ok = try_receive(case.channel)
      if ready then return true, i, value, ok end
    end
  end
end

local function wait_for_case(wait, cases)
  for _, case in ipairs(cases) do
    wait:join(case.sends and case.channel.senders or case.channel.receivers, case)
  end
  wait:suspend()
  return wait.index, wait.value, wait.ok
end

promise["select"] = function(list, options)
  local cases = read_cases(list)
  local timeout, token = waits.options("promise.select", options)
  local ready, index, value, ok = try_cases(cases)
  if not ready then
    local wait = waits.new("promise.select", setmetatable(cases, Cases), timeout, token)
    ready, index, value, ok = try_cases(cases)
    if ready then wait:leave()
    else index, value, ok = wait_for_case(wait, cases) end
  end
  return { index = index, value = value, ok = ok }
end

methods.send, methods.receive, methods.close = promise.channel_send, promise.channel_receive, promise.channel_close

function methods.iter(box)
  want_channel(box, "iter")
  return function() return (methods.receive(box)) end
end

function methods.closed(box) return want_channel(box, "closed").closed == true end

function methods.capacity(box) return want_channel(box, "capacity").capacity end
