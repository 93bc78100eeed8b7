import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const COLLECTOR: AttackClass = {
  title: "The garbage collector and finalizers",
  about:
    "Finalizers, weak tables and collections at bad moments: work in them takes fuel as any other, an error in them reaches nobody, and no object is seen after its end.",
  attacks: [
    harmless(
      "an object that its finalizer brings back",
      "local kept do setmetatable({ 42 }, { __gc = function(o) kept = o end }) end collectgarbage() return kept[1] == 42",
    ),
    harmless(
      "a finalizer that raises an error",
      "setmetatable({}, { __gc = function() error('x') end }) collectgarbage() return true",
    ),
    harmless(
      "a finalizer that is no function",
      "setmetatable({}, { __gc = 1 }) setmetatable({}, { __gc = {} }) collectgarbage() return true",
    ),
    harmless(
      "a finalizer that collects",
      "local n = 0 setmetatable({}, { __gc = function() n = n + 1 collectgarbage() end }) collectgarbage() collectgarbage() return n == 1",
    ),
    attack(
      "a finalizer that calls the host for ever",
      "setmetatable({}, { __gc = function() while true do test.echo() end end }) collectgarbage()",
      ["LIMIT_CALLS", "LIMIT_FUEL"],
    ),
    attack(
      "a finalizer that prints for ever",
      "setmetatable({}, { __gc = function() while true do print('x') end end }) collectgarbage()",
      "LIMIT_OUTPUT",
    ),
    attack(
      "a finalizer that takes memory",
      "setmetatable({}, { __gc = function() local s = 'x' while true do s = s .. s end end }) collectgarbage() while true do end",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
    ),
    attack(
      "a finalizer that recurses",
      "setmetatable({}, { __gc = function() local function f() return 1 + f() end f() end }) collectgarbage() while true do end",
      ["LIMIT_DEPTH", "LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack(
      "finalizers as many as fit",
      "for i = 1, 1e6 do setmetatable({}, { __gc = function() end }) end while true do end",
      "LIMIT_FUEL",
    ),
    harmless(
      "a finalizer in a coroutine that ends",
      "local co = coroutine.wrap(function() setmetatable({}, { __gc = function() coroutine.yield() end }) end) co() collectgarbage() return true",
    ),
    harmless(
      "a finalizer that resumes a coroutine",
      "local co = coroutine.create(function() coroutine.yield() end) setmetatable({}, { __gc = function() coroutine.resume(co) end }) collectgarbage() return coroutine.status(co) ~= 'running'",
    ),
    harmless(
      "a finalizer that closes the coroutine it runs in",
      "local co co = coroutine.create(function() setmetatable({}, { __gc = function() pcall(coroutine.close, co) end }) collectgarbage() return 1 end) return select(2, coroutine.resume(co)) == 1",
    ),
    harmless(
      "a weak table whose values are seen while they go",
      "local w = setmetatable({}, { __mode = 'v' }) for i = 1, 500 do w[i] = {} end collectgarbage() local n = 0 for _ in pairs(w) do n = n + 1 end return n == 0",
    ),
    harmless(
      "a table whose keys go while it is walked",
      "local w = setmetatable({}, { __mode = 'k' }) for i = 1, 500 do w[{}] = i end for k in pairs(w) do k = nil collectgarbage('step') end return true",
    ),
    // How often the collector walks it depends on the order of its table, and that on addresses.
    attack(
      "an ephemeron chain",
      "local w = setmetatable({}, { __mode = 'k' }) local k = {} local first = k for i = 1, 3000 do local n = {} w[k] = n k = n end collectgarbage() local n = 0 for _ in pairs(w) do n = n + 1 end return n >= 2999",
      ["fine", "LIMIT_FUEL"],
    ),
    {
      ...harmless(
        "a mode that changes while the table is in use",
        "local mt = { __mode = 'k' } local t = setmetatable({}, mt) for i = 1, 200 do t[i] = {} mt.__mode = i % 2 == 0 and 'v' or nil collectgarbage('step') end return true",
      ),
      // A step walks all of a small heap: what a new guest has costs some 10,000 of fuel each time.
      limits: { fuel: 10_000_000 },
    },
    attack(
      "a mode that is not text",
      "for i = 1, 1000 do setmetatable({}, { __mode = {} }) setmetatable({}, { __mode = 5 }) end collectgarbage() return 1",
      "fine",
    ),
    attack("steps without end", "while true do collectgarbage('step', 1 << 40) end", "LIMIT_FUEL"),
    harmless(
      "collectgarbage with what it does not know",
      "return not pcall(collectgarbage, 'stop') and not pcall(collectgarbage, 'restart') and not pcall(collectgarbage, {})",
    ),
    attack(
      "a __close that errors in a finalizer of a closer",
      "for i = 1, 2000 do pcall(function() local a <close> = setmetatable({}, { __close = function() error(setmetatable({}, { __gc = function() error('x') end })) end }) error('y') end) end",
      ["fine", "LIMIT_FUEL"],
    ),
  ],
};
