import { attack, type AttackClass } from "../../kit/attack.js";

export const DOOR: AttackClass = {
  title: "The door",
  about:
    "Floods of output, calls, pending calls and values that cross are counted; what is no plain value does not cross.",
  attacks: [
    attack("a flood of output", 'while true do print("spam") end', "LIMIT_OUTPUT"),
    attack("one huge print", 'print(("x"):rep(1000000))', "LIMIT_OUTPUT"),
    attack("a flood of warnings", 'warn("@on") while true do warn("spam") end', "LIMIT_FUEL"),
    attack("a flood of calls", "while true do test.echo() end", "LIMIT_CALLS"),
    attack("a flood of calls in pcall", "while true do pcall(test.echo) end", "LIMIT_CALLS"),
    attack(
      "a call too many, and the spell returns",
      "for i = 1, 1001 do pcall(test.echo) end return 'survived'",
      "LIMIT_CALLS",
    ),
    attack(
      "a call too many in a coroutine, and the spell returns",
      "coroutine.wrap(function() pcall(function() while true do test.echo() end end) end)() return 'survived'",
      "LIMIT_CALLS",
    ),
    attack("a flood of pending calls", 'while true do test.wait_async("x") end', "LIMIT_PENDING"),
    attack("a huge argument", 'test.echo(("x"):rep(200000))', "LIMIT_VALUE", { valueBytes: 100_000 }),
    attack("a wide argument", "local t = {} for i = 1, 10000 do t[i] = i end test.echo(t)", "LIMIT_VALUE", {
      valueBytes: 100_000,
    }),
    attack(
      "a shared argument that unfolds",
      "local t = {} for i = 1, 60 do t = { t, t } end test.echo(t)",
      "LIMIT_VALUE",
      { valueBytes: 100_000 },
    ),
    attack("a cyclic argument", "local t = {} t.t = t test.echo(t)", "INVALID_ARGUMENT"),
    attack(
      "a table that claims a huge length",
      "test.echo(setmetatable({}, { __len = function() return 1 << 60 end }))",
      "fine",
    ),
    attack("a huge error", 'error(("x"):rep(200000))', "LIMIT_VALUE", { valueBytes: 100_000 }),
    attack("a cyclic error", "local t = {} t.t = t error(t)", "INVALID_ARGUMENT"),
    attack("an error that is a coroutine", "error(coroutine.create(print))", "INVALID_ARGUMENT"),
    attack("an error that is nothing", "error()", "SCRIPT_ERROR"),
    attack(
      "an error whose tostring loops",
      "error(setmetatable({}, { __tostring = function() while true do end end }))",
      "SCRIPT_ERROR",
    ),
    attack(
      "bytecode through load",
      'assert(load("\\27Lua\\x54\\0\\x19\\x93\\r\\n\\x1a\\n\\4\\8\\8" .. ("\\255"):rep(1000), "x", "b"))',
      "SCRIPT_ERROR",
    ),
    attack(
      "texts with equal hashes",
      'local t = {} for i = 1, 20000 do t[("x"):rep(40) .. i .. ("y"):rep(40)] = i end return 1',
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack("keys that collide in a table", "local t = {} for i = 1, 20000 do t[i * 2.0 ^ 40] = i end return 1", "fine"),
  ],
};
