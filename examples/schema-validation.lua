--[[ @spell
name: schema-validation
description: Checks data, mends it, and finds out what a new version of a schema breaks.
capabilities: []
]]

local order = schema.create({
  type = "object",
  properties = {
    sku = { type = "string", pattern = "^[A-Z]{3}$" },
    count = { type = "integer", minimum = 1, default = 1 },
  },
  required = { "sku", "count" },
})

local mistakes = schema.validate({ sku = "tea", count = 0 }, order).errors
table.sort(mistakes, function(a, b) return a.path < b.path end)
for _, mistake in ipairs(mistakes) do print(mistake.path, mistake.keyword, mistake.message) end

-- A validator of one's own says what is wrong.
schema.add_custom("polite", function(text) return text:find("please") ~= nil or "say please" end)

local with_note = schema.create(order:extend({ note = { ["x-validator"] = "polite" } }))
schema.validate({ sku = "TEA", count = 1, note = "quick!" }, with_note)
print(schema.get_errors()[1])

-- Text from a form gets the types that are wanted; what is missing gets its default.
local form = schema.apply_defaults(schema.coerce({ sku = "TEA", count = "3" }, order), order)
print(form.count + 1, schema.validate(form, order).valid, schema.apply_defaults({ sku = "TEA" }, order).count)

-- Nothing is required while it is still being filled in.
print(schema.validate_partial({ count = 2 }, order).valid, schema.validate({ count = 2 }, order).valid)

-- Which changes break what was accepted before?
local newer = order:extend({ gift = { type = "boolean" } }, { "gift" })
for _, change in ipairs(order:diff(newer)) do print(change.path, change.change, change.breaking) end

-- A schema of an example.
print(schema.infer({ sku = "TEA", sizes = { 1, 2 } }).properties.sizes.items.type)

-- expect: count	minimum	must be >= 1
-- expect: sku	pattern	must match pattern "^[A-Z]{3}$"
-- expect: note: say please
-- expect: 4	true	1
-- expect: true	false
-- expect: gift	added	true
-- expect: 	changed	true
-- expect: integer
