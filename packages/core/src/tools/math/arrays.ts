import { domain, finite, list, lists, operand, sum, type Calculations, type MathArgs } from "./operand.js";

const pairwise =
  (calculate: (a: number, b: number) => number) =>
  (args: MathArgs): number[] => {
    const [numbers, others] = lists(args, 0);
    return numbers.map((value, index) => finite(calculate(value, others[index] ?? 0)));
  };

export const ARRAYS: Calculations = {
  sort: (args) => list(args, "numbers", 0).toSorted((a, b) => a - b),
  reverse: (args) => list(args, "numbers", 0).toReversed(),
  unique: (args) => [...new Set(list(args, "numbers", 0))],
  scale: (args) => list(args, "numbers", 0).map((value) => finite(value * operand(args, "a"))),
  cumulative_sum(args) {
    let total = 0;
    return list(args, "numbers", 0).map((value) => (total = finite(total + value)));
  },
  differences: (args) => {
    const numbers = list(args);
    return numbers.slice(1).map((value, index) => finite(value - (numbers[index] ?? 0)));
  },
  normalize(args) {
    const numbers = list(args);
    const length = Math.sqrt(sum(numbers.map((value) => value ** 2)));
    if (length === 0) throw domain("a list of zeros has no direction");
    return numbers.map((value) => value / length);
  },
  dot: (args) => sum(pairwise((a, b) => a * b)(args)),
  add_lists: pairwise((a, b) => a + b),
  subtract_lists: pairwise((a, b) => a - b),
  multiply_lists: pairwise((a, b) => a * b),
};
