import { attackSuite } from "../kit/suite.js";
import { ATTACKS } from "./cases/index.js";
import { LUA } from "./target.js";

attackSuite(LUA, ATTACKS, [
  ["a global", "x = 1"],
  ["a replaced function", "string.upper = string.lower"],
  ["a replaced function of the same kind", "local p = print print = function(...) p(...) end"],
  ["a random number", "math.random()"],
  ["a value that is kept", "kept = ('x'):rep(30) .. 'y' _G[kept] = nil kept = nil table.pack(collectgarbage, {})"],
  ["a method of a module", "test.mine = true"],
]);
