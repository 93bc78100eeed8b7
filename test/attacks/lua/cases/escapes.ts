import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const ESCAPES: AttackClass = {
  title: "Escapes",
  about:
    "Ways out of other Lua sandboxes: through the environment, metatables, loaded code, errors and tracebacks. Nothing that is reached is more than the guest had.",
  attacks: [
    harmless("the global table through _ENV", "return _ENV == _G and _ENV.io == nil and _ENV.debug.getinfo == nil"),
    harmless(
      "a function whose _ENV is another table",
      "local f do local _ENV = { x = 1 } f = function() return x, _G end end local x, g = f() return x == 1 and g == nil",
    ),
    harmless(
      "an upvalue named _ENV that is assigned",
      "local g = _G local function f() _ENV = { type = type } return io end return f() == nil and g.io == nil",
    ),
    harmless(
      "load with an environment that claims to be the real one",
      'local f = load("return io, os.execute, debug.getinfo", "x", "t", setmetatable({}, { __index = _G })) return select("#", f()) == 3 and f() == nil',
    ),
    harmless(
      "the environment of loaded code",
      'local env = {} load("function f() return _ENV end", "x", "t", env)() return env.f() == env',
    ),
    attack("loaded code without an environment", 'load("return print", "x", "t", nil)()', "SCRIPT_ERROR"),
    harmless("the registry through debug", "return debug.getregistry == nil and debug.getupvalue == nil"),
    harmless(
      "the original os through tables of the library",
      "local n = 0 for k in pairs(os) do n = n + 1 end return n == 4",
    ),
    harmless("package.loaded through require", 'return not pcall(require, "package") and not pcall(require, "_G")'),
    harmless("io through require", 'return not pcall(require, "io")'),
    harmless(
      "a metatable for the environment that counts unknown names",
      "local log = {} setmetatable(_G, { __index = function(_, k) log[#log + 1] = k end }) local t = { ('x'):upper(), #log } return #log == 0",
    ),
    harmless("the metatable of text", 'return getmetatable("") == false and not pcall(setmetatable, "", {})'),
    harmless(
      "the metatable of text through its methods",
      'string.__index = function() return "mine" end string.__add = string.__index return pcall(function() return "a" + {} end) == false',
    ),
    harmless(
      "arithmetic on text cannot be changed",
      'return "10" + 1 == 11 and not pcall(function() return ("x") .. {} end)',
    ),
    harmless(
      "metatables of nil, booleans, numbers, functions and coroutines",
      "for _, v in ipairs({ true, 1, print, coroutine.create(print) }) do if getmetatable(v) ~= nil or pcall(setmetatable, v, {}) then return false end end return getmetatable(nil) == nil",
    ),
    harmless(
      "a protected metatable through rawset",
      'return not pcall(rawset, getmetatable(test) or 1, "__metatable", nil) and getmetatable(test) == false',
    ),
    harmless(
      "the metatable of an error of the host",
      "local _, e = pcall(test.fail) return getmetatable(e) == false and not pcall(setmetatable, e, nil)",
    ),
    harmless(
      "an error object that looks into the handler",
      "local seen xpcall(error, function(e) seen = debug.traceback() return e end, setmetatable({}, { __tostring = function() return debug.traceback() end })) return not seen:find('node') and not seen:find('%.ts')",
    ),
    harmless(
      "tracebacks name no file of the host",
      'local t = coroutine.wrap(function() return debug.traceback("x", 1) end)() return t:find("/") == nil',
    ),
    harmless(
      "a coroutine's traceback from outside",
      'local co = coroutine.create(function() test.echo() coroutine.yield() end) coroutine.resume(co) return debug.traceback(co):find("/") == nil',
    ),
    harmless("debug.traceback returns what is no text unchanged", "local t = {} return debug.traceback(t) == t"),
    harmless(
      "a closer that escapes its scope",
      "local kept do local c <close> = setmetatable({}, { __close = function(self) kept = self end }) end return next(kept) == nil",
    ),
    attack("goto into a block", "goto inside do ::inside:: end", "SYNTAX_ERROR"),
    attack("goto over a local", "goto over local x ::over:: return x", "SYNTAX_ERROR"),
    attack(
      "a constant that is assigned through an upvalue",
      "local x <const> = 1 local function f() x = 2 end f()",
      "SYNTAX_ERROR",
    ),
    harmless(
      "string.format of what has an address",
      'local a = string.format("%p", print) return tonumber(a, 16) == nil and #a < 20',
    ),
    harmless(
      "tostring shows addresses of the guest's own memory only",
      'return tonumber(tostring({}):match("0x(%x+)"), 16) < 1 << 30',
    ),
    harmless("utf8.charpattern is text, not a way to the library", "return type(utf8.charpattern) == 'string'"),
    harmless("select with a negative index", "return select(-1, 1, 2, io) == nil and not pcall(select, -5, 1)"),
    harmless("select of 0", "return not pcall(select, 0)"),
    harmless("rawlen and rawget on what is no table", "return not pcall(rawlen, 5) and not pcall(rawget, '', 'len')"),
    harmless("next with a key that is not there", "return not pcall(next, {}, 'x')"),
    harmless(
      "the host's functions have no upvalues to read",
      "return debug.getupvalue == nil and debug.setupvalue == nil",
    ),
    harmless("the name of the host's functions", "return tostring(test.echo):find('^function: ') == 1"),
    harmless(
      "a proxy in place of a library table",
      "string = setmetatable({}, { __index = function() error('mine') end }) return ('x'):upper() == 'X'",
    ),
    harmless(
      "library functions that are replaced before the engine's own library runs",
      "local keep = error for _, t in pairs({ coroutine, table, string }) do for k in pairs(t) do t[k] = function() keep('mine') end end end pcall, error, type, next, setmetatable = nil return await(spawn(function() return true end))",
    ),
    harmless(
      "warn controls cannot turn off the host's count",
      'warn("@off") for i = 1, 5000 do warn("x") end return true',
    ),
    attack("a chunk that closes the host's wrapper", "end print(1) do", "SYNTAX_ERROR"),
    attack("a chunk with a null byte", "return 1 \0 return 2", "SYNTAX_ERROR"),
    attack("a return in the middle", "return 1 print(2)", "SYNTAX_ERROR"),
  ],
};
