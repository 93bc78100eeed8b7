import { SpellError } from "@llmspell/errors";

/** The arguments of one calculation. */
export type MathArgs = Readonly<Record<string, unknown>>;
export type Calculation = (args: MathArgs) => unknown;
export type Calculations = Readonly<Record<string, Calculation>>;

export function domain(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}

/** One number of the arguments. @throws SpellError `INVALID_ARGUMENT` when it is missing. */
export function operand(args: MathArgs, name: "a" | "b" | "p"): number {
  const value = args[name];
  if (typeof value !== "number") throw domain(`this needs '${name}'`);
  return value;
}

/** A list of the arguments. @throws SpellError `INVALID_ARGUMENT` when it is missing or has fewer than `least` numbers. */
export function list(args: MathArgs, name: "numbers" | "others" = "numbers", least = 1): readonly number[] {
  const value = args[name];
  if (!Array.isArray(value)) throw domain(`this needs '${name}'`);
  if (value.length < least) throw domain(`'${name}' needs at least ${least} number${least === 1 ? "" : "s"}`);
  return value as number[];
}

/** Both lists, of one length. */
export function lists(args: MathArgs, least = 1): [readonly number[], readonly number[]] {
  const [numbers, others] = [list(args, "numbers", least), list(args, "others", least)];
  if (numbers.length !== others.length) throw domain("'numbers' and 'others' must have the same length");
  return [numbers, others];
}

/** `value`, unless it is beyond what a number can hold. Zero has no sign. */
export function finite(value: number): number {
  if (!Number.isFinite(value)) throw domain("the result is too large for a number");
  return value + 0;
}

/** An integer that is exact. */
export function integer(value: number, name: string): number {
  if (!Number.isSafeInteger(value)) throw domain(`'${name}' must be an integer between -2^53 and 2^53`);
  return value;
}

/** An exact integer out of a calculation with big ones. */
export function exact(value: bigint): number {
  const result = Number(value);
  if (!Number.isSafeInteger(result)) throw domain("the result is an integer beyond 2^53");
  return result;
}

/** The sum with the rounding error of each step carried on (Neumaier 1974). */
export function sum(numbers: readonly number[]): number {
  let [total, lost] = [0, 0];
  for (const value of numbers) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return finite(total + lost);
}
