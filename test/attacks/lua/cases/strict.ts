import type { Attack, AttackClass } from "../../kit/attack.js";

/** At the level `strict` each must be refused, and what it went for be as before. */
const refused = (name: string, source: string): Attack => ({
  name: `strict: ${name}`,
  source: `local upper, twice = string.upper, test.say_twice
    local ok = pcall(function() ${source} end)
    return not ok and string.upper == upper and test.say_twice == twice and ("a"):upper() == "A"`,
  ends: "fine",
  returns: true,
  level: "strict",
});

export const STRICT: AttackClass = {
  title: "The frozen library of the level strict",
  about: "Every way to assign, replace or hide a part of the library is refused, and the part stays what it was.",
  attacks: [
    refused("a global", "string = nil"),
    refused("a global through _G", "_G.string = nil"),
    refused("a global through _ENV", "_ENV.string = nil"),
    refused("a global through rawset", "rawset(_G, 'string', nil)"),
    refused("a global that hides the library's", "rawset(_G, 'string', {})"),
    refused("a member", "string.upper = nil"),
    refused("a member through rawset", "rawset(string, 'upper', nil)"),
    refused("a new member", "string.mine = 1"),
    refused("a member through table.insert", "table.insert(string, 1)"),
    refused("a member through table.move", "table.move({ 1 }, 1, 1, 1, string)"),
    refused(
      "a member through table.sort",
      "table.sort(setmetatable({}, { __len = function() return 2 end, __index = string, __newindex = string }))",
    ),
    refused("a member behind a table of the script", "setmetatable({}, { __newindex = string }).upper = nil"),
    refused("a member through pairs", "local step, t = pairs(string) t.upper = nil"),
    refused("a member through ipairs", "local step, t = ipairs(string) t.upper = nil"),
    refused("a member through require", "require('string').upper = nil"),
    refused("a module", "test.say_twice = nil"),
    refused("a module through another spelling", "test.sayTwice = nil"),
    refused("a module through its root", "llmspell.test = nil"),
    refused("a module in its root", "llmspell.test.say_twice = nil"),
    refused("a module through require", "require('test').say_twice = nil"),
    refused("the metatable of the globals", "setmetatable(_G, nil)"),
    refused("the metatable of a library", "setmetatable(string, nil)"),
    refused("the metatable of a module", "setmetatable(test, nil)"),
    refused("the metatable of text", "setmetatable('', nil)"),
    refused("compiling", "load('string = nil')()"),
    refused("tracebacks", "debug.traceback()"),
    refused("a finalizer", "setmetatable({}, { __gc = function() end })"),
    refused("a full collection", "collectgarbage()"),
    refused("a name that was never assigned", "return missing"),
    refused("a name of the level basic", "return unpack, load"),
  ],
};
