--[[ @spell
name: state
description: Values that several tasks share, watched, undone, merged and checked.
capabilities: []
]]

local cart = state.create({ items = { "tea" }, total = 4 })

-- Who watches a place is told after each change.
cart:watch("total", function(new, old) print("total: " .. old .. " -> " .. new) end)

-- All of these are written, or none.
local kept = cart:snapshot()
cart:update({ ["items[1]"] = "cake", total = 9 })
sleep(1)
print(cart:to_json(), cart:get("items[-1]"), cart:get("voucher", "none"))

-- Back to what it was.
state.restore(kept, cart)
sleep(1)
print(cart:to_json())

-- Two states as one.
local gift = state.create({ items = { "card" }, wrapped = true })
print(cart:merge(gift, "concat"):to_json())
print(cart:merge(gift, function(key, mine, theirs) return #mine + #theirs end):get("items"))

-- A state that refuses what does not fit.
local checked = cart:with_schema({ properties = { total = { type = "number", minimum = 0 } } })
local ok, problem = pcall(checked.set, checked, "total", -1)
print(ok, problem.code, checked:get("total"))

-- Keeping it beyond the run needs a power that nobody granted.
print(select(2, pcall(cart.save, cart, "cart")).code)

-- expect: total: 4 -> 9
-- expect: {"items":["tea","cake"],"total":9}	cake	none
-- expect: total: 9 -> 4
-- expect: {"items":["tea"],"total":4}
-- expect: {"items":["tea","card"],"total":4,"wrapped":true}
-- expect: 2
-- expect: false	VALIDATION_FAILED	4
-- expect: PERMISSION_DENIED
