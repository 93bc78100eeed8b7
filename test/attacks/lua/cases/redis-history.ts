import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const REDIS_HISTORY: AttackClass = {
  title: "Known holes of Redis' Lua sandbox",
  about:
    "The best documented escapes from a Lua sandbox in production. Each is tried in the form that this library allows.",
  attacks: [
    harmless(
      "CVE-2015-4335: bytecode through load and string.dump reads and writes any memory",
      'return string.dump == nil and load("\\27Lua\\x54\\0", "x", "b") == nil and loadstring == nil',
    ),
    harmless(
      "CVE-2022-0543: the package library is left in the environment, loadlib opens any native library",
      'return package == nil and not pcall(require, "package") and rawget(_G, "package") == nil',
    ),
    harmless(
      "CVE-2022-24735: functions of the library that other users' scripts call are replaced",
      'string.format = function() return "mine" end tonumber = nil return true',
    ),
    harmless(
      "CVE-2025-46818: the metatables of basic types are shared and can be changed",
      'for _, v in ipairs({ "", 1, true, print }) do local mt = getmetatable(v) if mt then return false end end return not pcall(rawset, getmetatable("") or nil, "__index", 1)',
    ),
    harmless(
      "CVE-2022-24736: a script that breaks what the host looks up in the globals",
      "local g = _G for k in next, g do g[k] = nil end return true",
    ),
    attack(
      "CVE-2024-31449: a number formatted into a buffer on the C stack (bit.tohex)",
      'local s = {} for _, n in ipairs({ math.mininteger, -2147483648, -1, 2147483647 }) do s[#s + 1] = string.format("%x", n) s[#s + 1] = string.format("%99.99d", n) end return bit.tohex(65535, -2147483648)',
      "SCRIPT_ERROR",
    ),
    attack(
      "CVE-2024-46981: a script manages the collector so that objects are used after their end",
      "local t = setmetatable({}, { __mode = 'kv' }) for i = 1, 2000 do t[{}] = setmetatable({ i }, { __gc = function(o) t[o] = o t[#t + 1] = function() return o end end }) if i % 50 == 0 then collectgarbage() for _, v in pairs(t) do if type(v) == 'function' then v() end end end end",
      ["fine", "LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack(
      "CVE-2025-49844: a chunk's name is collected while the parser runs",
      "for i = 1, 200 do local junk = ('x'):rep(20000) .. i load('local a = ' .. (' '):rep(2000) .. '\"' .. i .. '\"', ('n'):rep(1000) .. i) collectgarbage('step') end while true do end",
      "LIMIT_FUEL",
      { fuel: 20_000_000 },
    ),
    attack(
      "CVE-2025-49844: the reader of a chunk collects while the parser runs",
      "for i = 1, 50 do local n = 0 load(function() n = n + 1 collectgarbage() if n < 20 then return ' local a' .. n .. ' = {} ' end end, ('n'):rep(100) .. i) end return 1",
      ["fine", "LIMIT_FUEL"],
      { fuel: 50_000_000 },
    ),
    harmless(
      "CVE-2025-46817: unpack with a range that overflows a 32-bit integer",
      "for _, n in ipairs({ 2147483647, 2147483648, 4294967296, math.maxinteger }) do if pcall(unpack, { 1, 2 }, 0, n) or pcall(unpack, { 1, 2 }, -n, n) or pcall(unpack, { 1 }, -2147483648, n) then return false end end return true",
    ),
    harmless(
      "CVE-2025-46817: a table constructor whose size overflows",
      "local ok = pcall(function() local t = {} t[2147483647] = 1 t[-2147483648] = 1 t[4294967296] = 1 return #t end) return ok",
    ),
    harmless(
      "CVE-2025-46819: a long bracket that ends with the source",
      "for _, s in ipairs({ 'return [', 'return [=', 'return [==', '--[', '--[=', '--[==[', 'return [[x]', 'return [==[x]=]', '[' .. ('='):rep(5000) }) do load(s) end return load('return [==[x]=]]==]')() == 'x]=]'",
    ),
    attack("CVE-2025-46819: a long bracket of many levels", "load('return [' .. ('='):rep(1000000) .. '[x')", [
      "fine",
      "LIMIT_MEMORY",
      "LIMIT_FUEL",
    ]),
    attack(
      "CVE-2018-11218 and CVE-2021-32626: values that nest too deeply for a C encoder",
      "local t = {} for i = 1, 100000 do t = { t } end test.echo(t)",
      ["INVALID_ARGUMENT", "LIMIT_VALUE", "LIMIT_DEPTH", "LIMIT_MEMORY"],
      { fuel: 100_000_000, memoryBytes: 64 * 1024 * 1024 },
    ),
    harmless(
      "CVE-2018-11219 and CVE-2020-14147: sizes in a pack format that overflow",
      "for _, f in ipairs({ 'i2147483648', 'I4294967297', '!2147483648', 's2147483648', '>I99999999999999999999' }) do if pcall(string.pack, f, 1) or pcall(string.unpack, f, ('x'):rep(20)) then return false end end return true",
    ),
    attack("CVE-2021-32672: a debugger that reads behind its input", "debug.debug()", "SCRIPT_ERROR"),
  ],
};
