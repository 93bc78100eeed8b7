import { harmless, type AttackClass } from "../../kit/attack.js";

export const RESIDUE: AttackClass = {
  title: "Residue",
  about:
    "What a guest leaves behind: after each of these the next guest on the same instance is byte for byte in the state of a new one.",
  attacks: [
    harmless("globals", "for i = 1, 100 do _G['secret' .. i] = i end return true"),
    harmless("replaced functions", "print, pairs, tostring = nil return true"),
    harmless("replaced library functions", "string.upper, table.concat, math.random = nil return true"),
    harmless(
      "fields in every library",
      "for _, t in pairs({ string, table, math, utf8, os, coroutine, debug, test, promise }) do t.secret = 1 end return true",
    ),
    harmless(
      "a metatable of the globals",
      "setmetatable(_G, { __index = function() return 'secret' end }) return true",
    ),
    harmless("a method of all text", "function string.secret() return 1 end return ('').secret() == 1"),
    harmless("the state of the random numbers", "math.randomseed(42) for _ = 1, 10 do math.random() end return true"),
    harmless("the mode of warnings", "warn('@on') return true"),
    harmless(
      "pending finalizers",
      "for _ = 1, 100 do setmetatable({}, { __gc = function() secret = 1 end }) end return true",
    ),
    harmless("a suspended coroutine", "co = coroutine.wrap(function() coroutine.yield() end) co() return true"),
    harmless("a task that is not over", "spawn(function() promise.yield() secret = 1 end) return true"),
    harmless("a changed module", "test.say_twice, test.secret = function() return 'secret' end, 1 return true"),
    harmless("names found on first use", "return test.sayTwice ~= nil and test.echo_async == nil"),
    harmless("an interned text", "secret = ('se' .. 'cret'):rep(3) return true"),
    harmless(
      "a heap in pieces",
      "local t = {} for i = 1, 3000 do t[i] = ('x'):rep(i % 90) end for i = 1, 3000, 2 do t[i] = nil end collectgarbage() return true",
    ),
    harmless(
      "memory full of a secret",
      "local t = {} for i = 1, 300 do t[i] = ('secret'):rep(100) .. i end return true",
    ),
    harmless(
      "errors of the host that are kept",
      "for _ = 1, 50 do kept = { kept, select(2, pcall(test.fail)) } end return true",
    ),
    harmless("functions the host was given", "return test.keep(function() return 'secret' end) == nil or true"),
    harmless("a hook, were there a way to set one", "return debug.sethook == nil"),
    harmless(
      "everything at the level none",
      "debug.getregistry().secret = 1 debug.sethook(function() end, 'l', 1) debug.setmetatable(nil, { __index = {} }) debug.getmetatable('').__index = {} package.loaded.secret = 1 os.setlocale('C') collectgarbage('stop') return true",
      true,
      "none",
    ),
  ],
};
