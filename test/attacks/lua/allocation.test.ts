import { FOREVER, allocationSuite } from "../kit/allocation.js";
import { failAllocations } from "./allocator.js";
import { LUA } from "./target.js";

allocationSuite(LUA, {
  failAllocations,
  refusals: [
    // The second attempt comes after an emergency collection.
    ["once", 2],
    ["and every later one too", FOREVER],
  ],
  firstHeap: 28 * 65_536,
  filler: `
    local t = {}
    for i = 1, 6000 do t[i] = { ("x"):rep(i % 97) .. i } end
    return #table.concat({ #t, test.say_twice("a"), await(spawn(function() return test.wait("k") end)) }, ",")`,
  scripts: {
    "values of every kind": {
      source: `
      local t = { 1, "two", x = { y = ("z"):rep(50) } }
      for i = 1, 20 do t[i] = function() return t, i end end
      local s = table.concat({ "a", "b", tostring(1.5), ("%d %s"):format(7, "x") }, ",")
      local f, problem = load("return ...")
      if not f then error(problem, 0) end
      local out = ("hello world"):gsub("%w+", function(w) return w:upper() end)
      table.sort(t, function(a, b) return tostring(a) < tostring(b) end)
      return { s, f(3), out }`,
      value: ["a,b,1.5,7 x", 3, "HELLO WORLD"],
    },
    "coroutines, closers and caught errors": {
      source: `
      local log = {}
      local co = coroutine.wrap(function(...)
        local c <close> = setmetatable({}, { __close = function() log[#log + 1] = "closed" end })
        for i = 1, 3 do coroutine.yield({ i, ... }) end
        error({ "failed" })
      end)
      for i = 1, 3 do log[#log + 1] = co("x")[1] end
      local ok, e = pcall(co)
      if e ~= "not enough memory" then log[#log + 1] = e[1] end
      setmetatable({}, { __gc = function() log.collected = {} end })
      collectgarbage()
      return #log`,
      value: 5,
    },
    "host calls, handles, promises and waits": {
      source: `
      local box = test.open()
      local label = box:label()
      local values = test.echo({ 1, { a = "b" }, box, ("x"):rep(100) })
      local p = promise.all({ spawn(function() return test.wait("a") end), test.wait_async("b") })
      local both = await(p)
      local _, e = pcall(test.fail)
      return { label, values[2].a, both[1], both[2], e.code }`,
      value: ["box 1", "b", "answer", "answer", "TOOL_FAILED"],
    },
  },
});
