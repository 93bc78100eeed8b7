--[[ @spell
name: hook-customization
description: Hooks that change, stop, repeat and surround what models and tools do.
capabilities: [model]
]]

tools.define("price", "Looks up a price", { type = "object", properties = { of = { type = "string" } } }, function(args)
  return args.of .. " costs 4"
end)

-- Before: change what goes in, or answer in the place of the operation.
hooks.before("tool", function(ctx)
  if ctx.data.of == "gold" then return { stop = true, result = "not for sale", reason = "policy" } end
  return { data = { of = ctx.data.of:lower() } }
end, { name = "policy", priority = "high" })

-- After: change what comes out.
local shout = hooks.after("tool", function(ctx) return { result = ctx.data:upper() } end, { name = "shout" })

print(tools.execute("price", { of = "Tea" }), tools.execute("price", { of = "gold" }))
hooks.disable(shout)
print(tools.execute("price", { of = "Tea" }))

-- Around: call it again, or not at all.
tools.define("flaky", "Works every second time", {}, (function()
  local calls = 0
  return function()
    calls = calls + 1
    if calls % 2 == 1 then error("try again") end
    return "worked at call " .. calls
  end
end)())
local only_flaky = hooks.filter({ names = { "flaky" } })
hooks.around("tool", function(ctx, proceed)
  local ok, result = pcall(proceed)
  return ok and result or proceed()
end, { filter = only_flaky, name = "again" })
print(tools.execute("flaky", { of = "" }))

-- What the framework has: at most one question a minute.
hooks.use("rate_limit", { limit = 1, window = "1m" })
llm.generate("one")
print(select(2, pcall(llm.generate, "two")).code)

-- A point of one's own.
hooks.before("deploy", function(ctx) return { data = ctx.data .. " checked" } end)
print(hooks.trigger("deploy", "build 7").data)

for _, hook in ipairs(hooks.list("tool")) do print(hook.name, hook.type, hook.enabled, hook.calls) end

-- expect: TEA COSTS 4	not for sale
-- expect: tea costs 4
-- expect: worked at call 2
-- expect: RATE_LIMITED
-- expect: build 7 checked
-- expect: policy	before	true	4
-- expect: again	around	true	1
-- expect: shout	after	false	1
