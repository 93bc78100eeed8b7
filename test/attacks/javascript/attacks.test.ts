import { attackSuite } from "../kit/suite.js";
import { ATTACKS } from "./cases/index.js";
import { JAVASCRIPT } from "./target.js";

/** Enough for every attack to get where it wants to, little enough for more than a thousand of them. */
const FUEL_ELSEWHERE = 300_000;

const MARKS = [
  ["a global", "globalThis.x = 1"],
  ["a replaced function", "String.prototype.at = String.prototype.slice"],
  [
    "a replaced function of the same kind",
    "const { log } = console; globalThis.console = { log: (...a) => log(...a) }",
  ],
  ["a random number", "Math.random()"],
  ["a value that is kept", "globalThis.kept = 'x'.repeat(30); delete globalThis.kept"],
  ["a field of a prototype", "Map.prototype.mine = 1"],
  ["a symbol of the registry", "Symbol.for('mine')"],
] as const;

attackSuite(JAVASCRIPT, ATTACKS, MARKS, FUEL_ELSEWHERE);
