import { domain, finite, operand, type Calculation, type Calculations, type MathArgs } from "./operand.js";

const inDegrees = (args: MathArgs): boolean => args["unit"] === "degrees";
const toDegrees = (radians: number): number => (radians * 180) / Math.PI;
const toRadians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Of an angle. In degrees the multiples of 30 and 45 have their exact values. */
const of =
  (calculate: (radians: number) => number, exactly: ReadonlyMap<number, number>): Calculation =>
  (args) => {
    const a = operand(args, "a");
    if (!inDegrees(args)) return finite(calculate(a));
    const turn = ((a % 360) + 360) % 360;
    return exactly.get(turn) ?? finite(calculate(toRadians(a % 360)));
  };

/** An angle as the result. */
const angle =
  (calculate: (a: number) => number): Calculation =>
  (args) => {
    const radians = calculate(operand(args, "a"));
    if (Number.isNaN(radians)) throw domain("this needs a number between -1 and 1");
    return inDegrees(args) ? toDegrees(radians) : radians;
  };

const plain =
  (calculate: (a: number) => number): Calculation =>
  (args) =>
    finite(calculate(operand(args, "a")));

const table = (values: Readonly<Record<number, number>>): ReadonlyMap<number, number> =>
  new Map(Object.entries(values).map(([degrees, value]) => [Number(degrees), value]));
const SIN = table({ 0: 0, 30: 0.5, 90: 1, 150: 0.5, 180: 0, 210: -0.5, 270: -1, 330: -0.5 });
const COS = table({ 0: 1, 60: 0.5, 90: 0, 120: -0.5, 180: -1, 240: -0.5, 270: 0, 300: 0.5 });
const TAN = table({ 0: 0, 45: 1, 135: -1, 180: 0, 225: 1, 315: -1 });

export const TRIGONOMETRY: Calculations = {
  sin: of(Math.sin, SIN),
  cos: of(Math.cos, COS),
  tan: (args) => {
    if (inDegrees(args) && Math.abs(operand(args, "a") % 180) === 90) throw domain("the tangent has no value here");
    return of(Math.tan, TAN)(args);
  },
  asin: angle(Math.asin),
  acos: angle(Math.acos),
  atan: angle(Math.atan),
  atan2(args) {
    const radians = Math.atan2(operand(args, "a"), operand(args, "b"));
    return inDegrees(args) ? toDegrees(radians) : radians;
  },
  sinh: plain(Math.sinh),
  cosh: plain(Math.cosh),
  tanh: plain(Math.tanh),
  to_degrees: plain(toDegrees),
  to_radians: plain(toRadians),
};
