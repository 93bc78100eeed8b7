import { attackFull, harmless, type AttackClass } from "../../kit/attack.js";

export const FULL: AttackClass = {
  title: "The level none",
  about:
    "With debug, binary chunks and all of the library a script can ruin its own guest. It ends within its limits, reaches no file, process or environment, and the next guest is clean.",
  attacks: [
    attackFull(
      "none: hooks that swallow the end",
      "debug.sethook(function() while true do pcall(function() while true do end end) end end, '', 1) while true do end",
      "LIMIT_FUEL",
    ),
    attackFull(
      "none: clearing the hook that ends the guest",
      "while true do pcall(function() while true do debug.sethook() end end) end",
      "LIMIT_FUEL",
    ),
    attackFull(
      "none: clearing it from a hook of every coroutine",
      "while true do pcall(coroutine.wrap(function() debug.sethook(function() debug.sethook() end, 'crl', 1) while true do end end)) end",
      "LIMIT_FUEL",
    ),
    attackFull(
      "none: the insides of the engine's library",
      "for k, v in pairs(debug.getregistry()) do if type(v) == 'function' then for i = 1, 60 do pcall(debug.setupvalue, v, i, nil) end end end while true do end",
      ["LIMIT_FUEL", "SCRIPT_ERROR", "DEADLOCK", "INTERNAL"],
    ),
    attackFull(
      "none: calling what only the engine's library may call",
      `local seen = {}
      local function dig(v)
        if seen[v] then return end
        seen[v] = true
        if type(v) == "function" then
          for i = 1, 255 do local n, u = debug.getupvalue(v, i) if n == nil then break end dig(u) end
          pcall(v, -1, {}, "x")
        elseif type(v) == "table" then for _, x in next, v do dig(x) end end
      end
      dig(debug.getregistry())`,
      [
        "fine",
        "LIMIT_FUEL",
        "LIMIT_CALLS",
        "SCRIPT_ERROR",
        "DEADLOCK",
        "INTERNAL",
        "LIMIT_MEMORY",
        "LIMIT_OUTPUT",
        "INVALID_ARGUMENT",
        "INVALID_STATE",
      ],
    ),
    attackFull(
      "none: host functions with other ids",
      "for i = -40, 40 do debug.setupvalue(test.echo, 1, i) pcall(test.echo, 1, 2, 3) end",
      ["fine", "SCRIPT_ERROR", "LIMIT_CALLS", "INTERNAL", "LIMIT_FUEL", "INVALID_STATE", "DEADLOCK"],
    ),
    attackFull(
      "none: host functions with no ids at all",
      "for _, v in ipairs({ {}, 'x', 0 / 0, 1e300, -1e300, 2^53 }) do debug.setupvalue(test.echo, 1, v) pcall(test.echo) end",
      ["fine", "SCRIPT_ERROR", "INTERNAL"],
    ),
    attackFull("none: handles with another kind", "debug.setmetatable(test.open('x'), debug.getmetatable(io.stdout))", [
      "fine",
      "SCRIPT_ERROR",
    ]),
    attackFull(
      "none: a userdata that claims to be a handle",
      "local mt = debug.getmetatable(test.open('x')) debug.setmetatable(io.stdout, mt) return test.describe(io.stdout)",
      ["fine", "SCRIPT_ERROR", "INVALID_ARGUMENT"],
    ),
    attackFull(
      "none: metatables for all types",
      "for _, v in ipairs({ 0, true, print, coroutine.create(print) }) do debug.setmetatable(v, { __index = error, __call = error, __gc = error }) end debug.setmetatable(nil, { __index = error }) local x = nil return x.y",
      ["SCRIPT_ERROR", "fine"],
    ),
    attackFull(
      "none: the text's metatable broken",
      "debug.setmetatable('', { __index = function() error('mine') end }) return ('x'):upper()",
      "SCRIPT_ERROR",
    ),
    attackFull(
      "none: locals of the frames below",
      "for level = 0, 20 do for i = 1, 50 do pcall(debug.setlocal, level, i, nil) end end return 1",
      ["fine", "SCRIPT_ERROR", "INTERNAL", "DEADLOCK"],
    ),
    attackFull(
      "none: upvalues joined across functions",
      "for i = 1, 20 do for j = 1, 20 do pcall(debug.upvaluejoin, spawn, i, await, j) end end return await(spawn(function() return 1 end))",
      ["fine", "SCRIPT_ERROR", "INTERNAL", "DEADLOCK"],
    ),
    attackFull(
      "none: the C stack's limit",
      "debug.setcstacklimit(1 << 30) local function f() return string.gsub('x', 'x', f) end f()",
      ["SCRIPT_ERROR", "LIMIT_DEPTH"],
    ),
    attackFull("none: the collector turned off", "collectgarbage('stop') while true do local t = {} end", [
      "LIMIT_MEMORY",
      "LIMIT_FUEL",
    ]),
    attackFull(
      "none: a collector that does nothing else",
      "collectgarbage('generational') collectgarbage('setpause', 0) collectgarbage('setstepmul', 1000) while true do local t = {} end",
      "LIMIT_FUEL",
    ),
    harmless(
      "none: files",
      "return io.open('/etc/passwd') == nil and io.open('x', 'w') == nil and not pcall(io.lines, '/etc/passwd') and not pcall(dofile, '/etc/passwd') and loadfile('/etc/passwd') == nil",
      true,
      "none",
    ),
    harmless("none: standard input", "return io.read('a') == '' or io.read('a') == nil", true, "none"),
    harmless(
      "none: processes and the environment",
      "return os.getenv('HOME') == nil and os.execute() == false and not pcall(io.popen, 'true') and not pcall(os.exit)",
      true,
      "none",
    ),
    harmless("none: temporary files", "return not pcall(os.tmpname) and (io.tmpfile()) == nil", true, "none"),
    harmless(
      "none: native libraries",
      "return not package.loadlib('/lib/libc.so.6', '*') and not pcall(require, 'ffi')",
      true,
      "none",
    ),
    attackFull("none: a flood through io.write", "while true do io.write('spam') end", "LIMIT_OUTPUT"),
    attackFull("none: a flood through io.stderr", "while true do io.stderr:write('spam') end", "LIMIT_OUTPUT"),
    attackFull(
      "none: closing the standard streams",
      "io.stdout:close() io.stderr:close() io.stdin:close() print('x') return 1",
      ["fine", "SCRIPT_ERROR"],
    ),
    attackFull("none: a huge buffer for a stream", "io.stdout:setvbuf('full', 1 << 40) io.write('x') return 1", [
      "fine",
      "SCRIPT_ERROR",
      "LIMIT_MEMORY",
    ]),
    attackFull("none: a debugger that reads commands", "debug.debug()", ["fine", "SCRIPT_ERROR", "LIMIT_FUEL"]),
  ],
};
