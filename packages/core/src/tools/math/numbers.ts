import { domain, exact, finite, integer, operand, type Calculations } from "./operand.js";

const unary =
  (calculate: (a: number) => unknown) =>
  (args: Readonly<Record<string, unknown>>): unknown =>
    calculate(operand(args, "a"));
const binary =
  (calculate: (a: number, b: number) => unknown) =>
  (args: Readonly<Record<string, unknown>>): unknown =>
    calculate(operand(args, "a"), operand(args, "b"));

// Enough for every factorial below 2^53, and an end to loops over a bad argument.
const MAX_FACTORIAL = 18;

export const UNARY: Calculations = {
  negate: unary((a) => finite(-a)),
  abs: unary(Math.abs),
  sign: unary((a) => finite(Math.sign(a))),
  sqrt: unary((a) => Math.sqrt(atLeastZero(a, "a square root"))),
  cbrt: unary((a) => finite(Math.cbrt(a))),
  exp: unary((a) => finite(Math.exp(a))),
  ln: unary((a) => Math.log(aboveZero(a))),
  log2: unary((a) => Math.log2(aboveZero(a))),
  log10: unary((a) => Math.log10(aboveZero(a))),
  floor: unary((a) => finite(Math.floor(a))),
  ceil: unary((a) => finite(Math.ceil(a))),
  // Away from zero, as people do; Math.round rounds halves up.
  round: unary((a) => finite(Math.sign(a) * Math.round(Math.abs(a)))),
  truncate: unary((a) => finite(Math.trunc(a))),
  to_integer: unary((a) => integer(finite(Math.trunc(a)), "a")),
  factorial: unary((a) => {
    if (!Number.isInteger(a) || a < 0) throw domain("a factorial needs a whole number that is not negative");
    if (a > MAX_FACTORIAL) throw domain("the result is an integer beyond 2^53");
    let product = 1;
    for (let factor = 2; factor <= a; factor++) product *= factor;
    return product;
  }),
  is_prime: unary((a) => isPrime(BigInt(integer(a, "a")))),
};

export const BINARY: Calculations = {
  add: binary((a, b) => finite(a + b)),
  subtract: binary((a, b) => finite(a - b)),
  multiply: binary((a, b) => finite(a * b)),
  divide: binary((a, b) => finite(a / notZero(b))),
  integer_divide: binary((a, b) => finite(Math.floor(a / notZero(b)))),
  modulo: binary((a, b) => {
    const rest = a % notZero(b);
    return finite(rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest);
  }),
  power: binary((a, b) => {
    if (a === 0 && b < 0) throw domain("division by zero");
    if (a < 0 && !Number.isInteger(b)) throw domain("a negative number has no power that is not whole");
    return finite(a ** b);
  }),
  root: binary((a, b) => {
    notZero(b);
    if (a >= 0) return finite(a ** (1 / b));
    if (Math.abs(b % 2) !== 1) throw domain("a negative number has roots with an odd degree only");
    return finite(-((-a) ** (1 / b)));
  }),
  log: binary((a, b) => finite(Math.log(aboveZero(a)) / notZero(Math.log(aboveZero(b))))),
  gcd: binary((a, b) => exact(gcd(BigInt(integer(a, "a")), BigInt(integer(b, "b"))))),
  lcm: binary((a, b) => {
    const [left, right] = [BigInt(integer(a, "a")), BigInt(integer(b, "b"))];
    return left === 0n || right === 0n ? 0 : exact(magnitude((left / gcd(left, right)) * right));
  }),
  hypot: binary((a, b) => finite(Math.hypot(a, b))),
  min: binary(Math.min),
  max: binary(Math.max),
  combinations: binary((a, b) => {
    const [n, k] = choices(a, b);
    return exact(product(n, Math.min(k, n - k)) / product(Math.min(k, n - k), Math.min(k, n - k)));
  }),
  permutations: binary((a, b) => exact(product(...choices(a, b)))),
};

function atLeastZero(value: number, what: string): number {
  if (value < 0) throw domain(`a negative number has no ${what.replace(/^an? /, "")}`);
  return value;
}

function aboveZero(value: number): number {
  if (value <= 0) throw domain("a logarithm needs a number above 0");
  return value;
}

function notZero(value: number): number {
  if (value === 0) throw domain("division by zero");
  return value;
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [magnitude(a), magnitude(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function choices(n: number, k: number): [number, number] {
  if (![n, k].every((value) => Number.isInteger(value) && value >= 0) || k > n)
    throw domain("this needs whole numbers with 0 <= b <= a");
  return [integer(n, "a"), k];
}

/** n · (n - 1) · … with `count` factors; stops once it is beyond anything that is kept. */
function product(n: number, count: number): bigint {
  let result = 1n;
  for (let factor = 0; factor < count; factor++) {
    result *= BigInt(n - factor);
    // Each factor is at least 2, but for the last.
    if (factor > 300) throw domain("the result is an integer beyond 2^53");
  }
  return result;
}

/** Miller–Rabin with the bases that decide every number below 3.3e24 (Sorenson and Webster 2015). */
function isPrime(n: bigint): boolean {
  const bases = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n];
  if (n < 2n) return false;
  if (bases.some((base) => n % base === 0n)) return bases.includes(n);
  let [odd, twos] = [n - 1n, 0];
  for (; odd % 2n === 0n; odd /= 2n) twos++;
  return bases.every((base) => {
    let x = powerModulo(base, odd, n);
    if (x === 1n || x === n - 1n) return true;
    for (let step = 1; step < twos; step++) {
      x = (x * x) % n;
      if (x === n - 1n) return true;
    }
    return false;
  });
}

function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base % modulus];
  for (let rest = exponent; rest > 0n; rest /= 2n) {
    if (rest % 2n === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
