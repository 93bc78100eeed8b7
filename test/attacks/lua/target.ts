import { PROMISE_BINDINGS } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import type { Target } from "../kit/arena.js";

export const LUA: Target = {
  language: "Lua",
  bindings: PROMISE_BINDINGS,
  createEngine: createLuaEngine,
  /**
   * The name, kind and address of all that is reached, the next random number, and
   * how much memory is in use: a single changed byte of the heap's layout gives
   * another text.
   */
  fingerprint: `
    local seen, lines = {}, { collectgarbage("count"), tostring({}), math.random(0), ("x"):upper(), test.say_twice("a") }
    local function walk(value, path)
      if type(value) ~= "table" or seen[value] then return end
      seen[value] = true
      for k, v in pairs(value) do
        lines[#lines + 1] = path .. tostring(k) .. "=" .. tostring(v)
        walk(v, path .. tostring(k) .. ".")
      end
      local mt = getmetatable(value)
      if mt then walk(mt, path .. "(metatable).") end
    end
    walk(_G, "")
    for i, line in ipairs(lines) do lines[i] = tostring(line) end
    table.sort(lines)
    return table.concat(lines, "\\n")`,
};
