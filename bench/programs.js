/** Programs for the comparison with other ways to run Lua; each returns a number to check. */
export const PROGRAMS = {
  "fib(32)": {
    source: "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end return fib(32)",
    result: 2178309,
  },
  "string building": {
    source: "local t = {} for i = 1, 300000 do t[#t + 1] = tostring(i) .. ',' end return #table.concat(t)",
    result: 1988895,
  },
  "table sort": {
    source: `local t, x = {}, 42
      for i = 1, 200000 do x = (x * 1103515245 + 12345) % 2147483648 t[i] = x end
      table.sort(t) return t[1] <= t[2] and #t or 0`,
    result: 200000,
  },
  "text patterns": {
    source: `local words, n = ("the quick brown fox jumps over the lazy dog "):rep(200), 0
      for i = 1, 20 do
        for w in words:gmatch("%a+") do n = n + #w end
        local s = words:gsub("(%a+) (%a+)", "%2 %1")
        n = n + (s:find("dog quick", 1, true) or 0)
      end return n`,
    result: 140000,
  },
  "objects and closures": {
    source: `local Account = {} Account.__index = Account
      function Account.new(b) return setmetatable({ balance = b, log = {} }, Account) end
      function Account:deposit(v) self.balance = self.balance + v self.log[#self.log % 16 + 1] = v return self end
      local adders = {} for i = 1, 10 do adders[i] = function(x) return x + i end end
      local a = Account.new(0)
      for i = 1, 400000 do a:deposit(adders[i % 10 + 1](1)) end return a.balance`,
    result: 2600000,
  },
  "numbers in loops": {
    source: `local x, y, vx, vy = 1.0, 0.0, 0.0, 1.0
      for i = 1, 2000000 do
        local r2 = x * x + y * y local k = -0.001 / (r2 * math.sqrt(r2))
        vx, vy = vx + k * x, vy + k * y x, y = x + 0.001 * vx, y + 0.001 * vy
      end return (x * x + y * y) > 0 and 1 or 0`,
    result: 1,
  },
  coroutines: {
    source: `local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
      local s = 0 for r = 1, 10 do for v in gen(10000) do s = s + v end end return s`,
    result: 500050000,
  },
};

/** A table of 20 fields, nested ones included. */
export const OBJECT = {
  id: 123,
  name: "alice smith",
  email: "alice@example.com",
  age: 30,
  score: 1.5,
  active: true,
  tags: ["a", "b", "c", "d"],
  address: { street: "1 Main St", city: "Paris", zip: "75001", geo: { lat: 48.85, lng: 2.35 } },
  role: "admin",
  level: 7,
  note: "some longer text with spaces in it, about fifty chars",
};
