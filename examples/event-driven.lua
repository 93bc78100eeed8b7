--[[ @spell
name: event-driven
description: Parts that know nothing of each other, joined by events; recorded, counted and played again.
capabilities: [model]
]]

-- One event leads to the next.
events.on("order.placed", function(event)
  print("billing", event.data.sum)
  events.emit("order.paid", event.data, { correlation_id = event.correlation_id })
end)

-- `*` is one word of a type, `**` any number of them. A handler of higher priority hears an event first.
events.on("*.placed", function(event) print("audit", event.type) end, { priority = "high" })

-- A filter looks into the data.
local large = events.filters_create({ where = { { field = "data.sum", op = "gte", value = 100 } } })
events.on("order.paid", function(event) print("call the customer", event.data.sum) end, { filter = large })
events.once("order.paid", function() print("the first sale of the day") end)

local total = events.aggregation_create("sum", { pattern = "order.paid", field = "data.sum" })
local recording = events.recording_start({ pattern = "order.paid" })

-- emit_async ends when the handlers of all events so far are done.
for _, sum in ipairs({ 5, 500 }) do await(events.emit_async("order.placed", { sum = sum })) end
print("total", events.aggregation_get_data(total).value)
print("recorded", events.recording_stop(recording).count)

-- Played again, the events say that they are a replay.
events.off("order.paid")
events.on("order.paid", function(event) print("again", event.data.sum, event.replay) end)
events.replay_start(recording, { speed = 0, wait = true })

-- The framework tells of itself in the same way.
events.once("model.completed", function(event) print(event.category, event.severity) end)
llm.generate("Hello")
await(events.emit_async("done"))

-- expect: audit	order.placed
-- expect: billing	5
-- expect: the first sale of the day
-- expect: audit	order.placed
-- expect: billing	500
-- expect: call the customer	500
-- expect: total	505
-- expect: recorded	2
-- expect: again	5	true
-- expect: again	500	true
-- expect: model	info
