import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { createLuaEngine } from "../index.js";
import { openSession } from "./testing/session.js";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

/** Everything that a stop could disturb: open results, varargs, upvalues, closing, errors, coroutines, tasks. */
const PROGRAM = `local log = {}
local function note(...)
  local parts = table.pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  log[#log + 1] = table.concat(parts, ",")
  return ...
end
local function pass(...) return ... end
local mt = {
  __add = function(a, b) return note("add", a.n + b.n) end,
  __index = function(t, k) return k .. "!" end,
  __close = function(t) note("close", t.n) end,
}
local function make(n) return setmetatable({ n = n }, mt) end
for i = 1, 3 do
  local x <close> = make(i)
  note(pass(i, select("#", pass(1, nil, nil)), x.missing))
end
note(make(1) + make(2))
local gen = coroutine.wrap(function(...)
  local sum = select("#", ...)
  for i = 1, 3 do
    local got = coroutine.yield(i, sum)
    sum = sum + got
  end
  error("gen ends " .. sum)
end)
note(gen("a", "b"))
note(gen(10)) note(gen(20))
note(pcall(gen, 30))
local t = { 5, 2, 8, 1 }
table.sort(t, function(a, b)
  return a < b
end)
note(table.unpack(t))
note((("a-b-c"):gsub("%a", function(c)
  return c:upper()
end)))
local function deep(n)
  if n == 0 then error({ code = "deep" }) end
  return deep(n - 1) + 1
end
local ok, e = pcall(deep, 5)
note(tostring(ok), e.code)
local done = {}
local tasks = {}
for i = 1, 3 do
  tasks[i] = spawn(function()
    for j = 1, 2 do
      done[#done + 1] = i .. ":" .. j
      promise.yield()
    end
    return i
  end)
end
note(await(tasks[1]), await(tasks[2]), await(tasks[3]))
note(table.unpack(done))
local i = 0
::again::
i = i + 1
if i < 4 then goto again end
note(i, pass(pass(1, 2), pass(3, 4)))
return table.concat(log, "\\n")`;

const LINES = PROGRAM.split("\n").length;
const MOVES = ["continue", "stepIn", "stepOver", "stepOut"] as const;

describe("a program that is debugged", () => {
  it("gives what it gives without, wherever it is stopped and looked at", async () => {
    using plain = openSession(engine);
    plain.debug.detach();
    const wanted = await plain.run(PROGRAM).result();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: LINES }), { maxLength: 8 }),
        fc.array(fc.tuple(fc.constantFrom(...MOVES), fc.boolean()), { maxLength: 60 }),
        fc.boolean(),
        async (lines, moves, pauses) => {
          using s = openSession(engine, {
            onStop(stop, debug) {
              if (!stop.isHeld) debug.evaluate("{ a, b, c, ... }");
            },
          });
          if (pauses) s.debug.pause();
          const task = s.run(PROGRAM, ...lines);
          for (const [move, looks] of moves) {
            if (s.debug.stopped === undefined) break;
            if (looks) {
              s.lines();
              s.variables("Locals");
              s.value("setmetatable({ ... }, nil)");
            }
            s.debug[move]();
          }
          s.debug.detach();
          expect(await task.result()).toBe(wanted);
        },
      ),
      { numRuns: 150, seed: 11 },
    );
  });

  it("passes every line of a straight walk in the order of the program", () => {
    using s = openSession(engine);
    s.debug.pause();
    const task = s.run(
      "local a = 1\nlocal b = a + 1\nif b == 2 then\n  a = b\nend\nfor i = 1, 2 do\n  a = a + i\nend\nreturn a",
    );
    const lines = [];
    while (s.debug.stopped !== undefined) {
      lines.push(s.debug.stopped.line);
      s.debug.stepOver();
    }
    expect([task.value, lines]).toEqual([5, [1, 2, 3, 4, 6, 7, 6, 7, 6, 9]]);
  });
});
