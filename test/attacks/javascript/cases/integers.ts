import { attack, harmless, type AttackClass } from "../../kit/attack.js";

const ENDS = ["LIMIT_FUEL", "LIMIT_MEMORY", "SCRIPT_ERROR"] as const;

export const INTEGERS: AttackClass = {
  title: "Large integers",
  about: "BigInt grows without a loop of the script. Work on it costs fuel by its length, and it has a most length.",
  attacks: [
    attack("squaring", "let x = 3n; for (;;) x *= x", ENDS),
    attack("a power of a power", "return (2n ** 1000000n) ** 1000000n", ENDS),
    attack("a power tower", "let x = 9n; for (;;) x = x ** x", ENDS),
    attack("a shift to the left", "return 1n << 2n ** 40n", ENDS),
    attack("shifts without end", "let x = 1n; for (;;) x <<= 100000n", ENDS),
    harmless(
      "shifts to the right by a huge number",
      "return (-5n >> 2n ** 64n) === -1n && (5n >> 2n ** 64n) === 0n && 5n << -(2n ** 64n) === 0n",
    ),
    attack("a huge integer as text", "return (7n ** 300000n).toString().length", [...ENDS, "fine"]),
    attack("a huge integer as text, base 3", "return (2n ** 900000n).toString(3).length", [...ENDS, "fine"]),
    attack("huge text as an integer", "return BigInt('7'.repeat(1000000)) > 0n", [...ENDS, "fine"]),
    attack("huge text as an integer, base 16", "return BigInt('0x' + 'f'.repeat(2000000)) > 0n", [...ENDS, "fine"]),
    attack("a huge literal", `return ${"9".repeat(60_000)}n > 0n`, [...ENDS, "fine", "SYNTAX_ERROR"]),
    attack("division of huge integers", "const a = 7n ** 100000n; const b = 3n ** 60000n; for (;;) a / b", ENDS),
    attack("remainders of huge integers", "const a = 7n ** 100000n; const b = 3n ** 60000n; for (;;) a % b", ENDS),
    attack("factorials", "let x = 1n; for (let i = 1n; ; i++) x *= i", ENDS),
    attack("Fibonacci numbers", "let a = 1n, b = 1n; for (;;) [a, b] = [b, a + b]", ENDS),
    attack("asUintN of a huge width", "return BigInt.asUintN(2 ** 53 - 1, -1n)", ENDS),
    attack("asIntN of a huge width", "return BigInt.asIntN(2 ** 31, 2n ** 1000000n - 1n) > 0n", [...ENDS, "fine"]),
    harmless(
      "widths that are none",
      "for (const n of [-1, 2 ** 53, Infinity]) try { BigInt.asIntN(n, 1n); return false } catch {} return BigInt.asIntN(0, 5n) === 0n && BigInt.asUintN(64, -1n) === 2n ** 64n - 1n",
    ),
    attack("comparison with text that is huge", "const s = '9'.repeat(300000); for (;;) if (1n > s) break", ENDS),
    attack("a number made of a huge integer", "const x = 2n ** 1000000n; for (;;) Number(x)", ENDS),
    attack("bits of huge negative integers", "let x = -(2n ** 500000n); for (;;) x = ~(x ^ (x | -1n & x))", ENDS),
    attack("a huge integer that crosses", "return 2n ** 100000n", "INVALID_ARGUMENT"),
    harmless(
      "integers at the ends that cross",
      "return test.echo(2n ** 63n - 1n) === 2n ** 63n - 1n && test.echo(-(2n ** 63n)) === -(2n ** 63n)",
    ),
    harmless(
      "integers that are no integers",
      "for (const x of [1.5, NaN, Infinity, '1.5', '0x', 'x', Symbol(), undefined, null]) try { BigInt(x); return false } catch {} return BigInt('') === 0n",
    ),
    harmless(
      "division by zero",
      "for (const f of [() => 1n / 0n, () => 1n % 0n, () => 2n ** -1n]) try { f(); return false } catch (e) { if (!(e instanceof RangeError)) return false } return true",
    ),
    harmless(
      "the smallest integer by minus one",
      "return -(2n ** 63n) / -1n === 2n ** 63n && -(2n ** 63n) % -1n === 0n && -(-(2n ** 63n)) === 2n ** 63n",
    ),
    attack("integers in a Map", "const m = new Map(); for (let i = 0n; ; i++) m.set(2n ** 64n + i, 1)", ENDS),
    attack("huge integers as keys of a Map", "const m = new Map(); const x = 2n ** 500000n; for (;;) m.get(x)", ENDS),
    attack("toLocaleString of huge integers", "for (;;) (7n ** 20000n).toLocaleString()", ENDS),
    attack(
      "an operand that changes the other",
      "let x = 2n ** 5000n; const y = { valueOf() { x = 1n; return 1n } }; for (let i = 0; i < 1000; i++) { x = 2n ** 5000n; x += y; x *= y } return String(x)",
      "fine",
    ),
  ],
};
