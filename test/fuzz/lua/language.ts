import { ATTACKS } from "../../attacks/lua/cases/index.js";
import { LUA } from "../../attacks/lua/target.js";
import type { FuzzedLanguage } from "../language.js";
import { runSource } from "../targets.js";
import { LuaWriter } from "./grammar.js";

const WORDS = [
  "end",
  "do",
  "then",
  "function",
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  "[[",
  "]]",
  "[==[",
  "--",
  "--[[",
  '"',
  "'",
  "\\",
  "\\x",
  "\\u{7fffffff}",
  "\\z",
  "::",
  "goto",
  "local",
  "<close>",
  "<const>",
  "...",
  "..",
  "return",
  "break",
  "not",
  "nil",
  "~=",
  "0x",
  "1e",
  "9999999999999999999",
  "math.maxinteger",
  "math.mininteger",
  "-1",
  "0/0",
  "coroutine.wrap",
  "pcall",
  "_ENV",
  "setmetatable",
  "__gc",
  "__index",
  "__close",
  "error",
  "\u0000",
  "\u001b",
  "\ufeff",
  "ÿ",
  "#",
  ";",
];

export const LUA_FUZZ: FuzzedLanguage = {
  target: LUA,
  attacks: ATTACKS,
  words: WORDS,
  program: (random) => new LuaWriter(random).program(),
  afterwards: "local t = {} for i = 1, 100 do t[i] = {} end collectgarbage() return #t",
  targets: [
    {
      name: "precompiled code",
      async run(arena, random, note) {
        const seed = random.next();
        const source = `
        math.randomseed(${seed})
        local code = string.dump(load(${JSON.stringify(new LuaWriter(random).program()).replaceAll("\\u00", "\\x")}) or print == nil or function(...) return ... end)
        for _ = 1, 5 do
          local at = math.random(#code)
          local f = load(code:sub(1, at - 1) .. string.char(math.random(0, 255)) .. code:sub(at + 1), "x", "b")
          if f then pcall(f) end
        end`;
        note(source);
        await runSource(arena, source, "none");
      },
    },
  ],
};
