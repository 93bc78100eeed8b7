import { hostSuite } from "../kit/host.js";
import { JAVASCRIPT } from "../javascript/target.js";
import { LUA } from "./target.js";

hostSuite(LUA, {
  endlessCallback:
    "test.apply(function() while true do pcall(function() while true do end end) end end) test.report(1) test.report(2)",
  endlessFinalizers: "for i = 1, 2000 do setmetatable({}, { __gc = function() while true do end end }) end",
  wait: 'return test.wait("k")',
  other: JAVASCRIPT,
});
