import { cyclesSuite } from "../kit/cycles.js";
import { ATTACKS } from "./cases/index.js";
import { LUA } from "./target.js";

cyclesSuite(LUA, ATTACKS, [
  "return 42",
  'local t = {} for i = 1, 50 do t[i] = i * i end return table.concat(t, ",")',
  'return test.say_twice("a")',
  'return await(spawn(function() return test.wait("k") end))',
  "return coroutine.wrap(function() coroutine.yield(1) end)()",
]);
