import { guestFunction } from "../../door/module.js";
import { t } from "../../door/types.js";

/** What stands in for a function and remembers its calls: `calls`, `call_count`, `called_with(...)`. In Lua it is a table that can be called, and `fn` the function itself. */
export const doubles = {
  mock: guestFunction({
    doc: "Puts a function in the place of a method, until `restore()` or the end of the test case; has `original` and all that a spy has.",
    params: { object: t.table, method: t.string, replacement: t.fn },
    result: "function",
    aliases: ["create_mock"],
    everywhere: true,
    example:
      'local mail = { send = function() return "sent" end } local m = test.mock(mail, "send", function() return "kept" end) local r = mail.send("hi") m.restore() return { r, m.call_count, mail.send() }',
  }),
  stub: guestFunction({
    doc: "A function that always returns a value, in the place of another one; has all that a spy has.",
    params: { fn: t.optional(t.fn), return_value: t.optional(t.any) },
    result: "function",
    aliases: ["create_stub"],
    everywhere: true,
    example: "local s = test.stub(print, 7) return s() + s.call_count",
  }),
  spy: guestFunction({
    doc: "A function that calls another one and remembers: `calls` (lists of arguments), `call_count`, `called_with(...)`. In Lua a table that can be called; its `fn` is the function itself.",
    params: { fn: t.optional(t.fn) },
    result: "function",
    aliases: ["create_spy"],
    everywhere: true,
    example: "local s = test.spy(function(n) return n + 1 end) s(1) return s.called_with(1)",
  }),
};
