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
