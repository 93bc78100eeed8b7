import type { ScriptValue } from "@llmspell/engine";
import type { Random } from "../support/random.js";

const TEXTS = [
  "",
  "a",
  "hello",
  "äöü€😀",
  "\0",
  "with\nlines",
  "x".repeat(5_000),
  "__proto__",
  "constructor",
  "toString",
  "length",
];
const NUMBERS = [
  0,
  1,
  -1,
  0.5,
  -0.5,
  255,
  1e21,
  -1e-7,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  Infinity,
  -Infinity,
  NaN,
];
const BIGINTS = [2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];

/** A value that comes back from a guest as it went in. */
export function plainValue(random: Random, depth = 4): ScriptValue {
  const inner = (): ScriptValue => plainValue(random, depth - 1);
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return random.oneIn(2);
    case 1:
      return random.pick(NUMBERS);
    case 2:
      return random.pick(BIGINTS);
    case 3:
      return random.pick(TEXTS);
    case 4:
      // Bytes that are UTF-8 come back as text.
      return Uint8Array.from([0xff, ...random.many(20, () => random.below(256))]);
    case 5:
      return [inner(), ...random.many(5, inner)];
    default: {
      const entries = [1, ...random.many(5, () => 1)].map((_, i) => [`${random.pick(TEXTS)}k${i}`, inner()] as const);
      return Object.fromEntries(entries);
    }
  }
}

/** Anything JavaScript code could hand over, what must be refused included. */
export function wildValue(random: Random, depth = 4): unknown {
  const inner = (): unknown => wildValue(random, depth - 1);
  switch (random.below(depth > 0 ? 13 : 8)) {
    case 0:
      return plainValue(random, 1);
    case 1:
      return null;
    case 2:
      return undefined;
    case 3:
      return random.pick([2n ** 64n, -(2n ** 70n), 10n ** 400n]);
    case 4:
      return Symbol("s");
    case 5:
      return () => 1;
    case 6:
      return random.pick([
        new Date(0),
        /x/,
        new Map(),
        new Set([1]),
        new Error("e"),
        Promise.resolve(1),
        new Float64Array(3),
      ]);
    case 7:
      return random.pick([[], {}, -0, "\ud800", new Uint8Array(0)]);
    case 8:
      return random.many(6, inner);
    case 9:
      return Object.create(null);
    case 10: {
      const cyclic: Record<string, unknown> = { a: inner() };
      cyclic["self"] = random.oneIn(2) ? cyclic : [cyclic];
      return cyclic;
    }
    case 11: {
      const holes = Array.from({ length: 5 });
      holes[random.below(50)] = inner();
      return holes;
    }
    default:
      return {
        a: inner(),
        get b() {
          return inner();
        },
        1: inner(),
        ["__proto__"]: inner(),
      };
  }
}
