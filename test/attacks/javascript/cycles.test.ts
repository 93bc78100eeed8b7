import { cyclesSuite } from "../kit/cycles.js";
import { ATTACKS } from "./cases/index.js";
import { JAVASCRIPT } from "./target.js";

cyclesSuite(JAVASCRIPT, ATTACKS, [
  "return 42",
  "return Array.from({ length: 50 }, (_, i) => i * i).join()",
  "return test.sayTwice('a')",
  "return await (async () => await test.wait('k'))()",
  "function* g() { yield 1 } return g().next().value",
]);
