import { domain, finite, list, lists, operand, sum, type Calculations, type MathArgs } from "./operand.js";

const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
const ordered = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);
// Spread of a long list would be too many arguments for Math.max.
const extreme = (numbers: readonly number[], pick: (a: number, b: number) => number): number =>
  numbers.reduce((best, value) => pick(best, value));

export const STATISTICS: Calculations = {
  sum: (args) => sum(list(args, "numbers", 0)),
  product: (args) => finite(list(args, "numbers", 0).reduce((product, value) => product * value, 1)),
  mean: (args) => mean(list(args)),
  median: (args) => quantile(ordered(list(args)), 0.5),
  mode(args) {
    const counts = new Map<number, number>();
    for (const value of list(args)) counts.set(value, (counts.get(value) ?? 0) + 1);
    const most = extreme([...counts.values()], Math.max);
    return ordered([...counts].filter(([, count]) => count === most).map(([value]) => value));
  },
  minimum: (args) => extreme(list(args), Math.min),
  maximum: (args) => extreme(list(args), Math.max),
  range: (args) => finite(extreme(list(args), Math.max) - extreme(list(args), Math.min)),
  variance,
  stddev: (args) => Math.sqrt(variance(args)),
  geometric_mean(args) {
    const numbers = list(args);
    if (numbers.some((value) => value <= 0)) throw domain("a geometric mean needs numbers above 0");
    return Math.exp(mean(numbers.map(Math.log)));
  },
  harmonic_mean(args) {
    const numbers = list(args);
    if (numbers.some((value) => value <= 0)) throw domain("a harmonic mean needs numbers above 0");
    return numbers.length / sum(numbers.map((value) => 1 / value));
  },
  percentile: (args) => quantile(ordered(list(args)), operand(args, "p") / 100),
  covariance: (args) => covariance(...lists(args, 2)),
  correlation(args) {
    const [x, y] = lists(args, 2);
    const spread = Math.sqrt(covariance(x, x) * covariance(y, y));
    if (spread === 0) throw domain("a correlation needs lists whose numbers differ");
    return finite(covariance(x, y) / spread);
  },
  linear_regression(args) {
    const [x, y] = lists(args, 2);
    const spread = covariance(x, x);
    if (spread === 0) throw domain("a regression needs 'numbers' that differ");
    const slope = finite(covariance(x, y) / spread);
    return { slope, intercept: finite(mean(y) - slope * mean(x)) };
  },
};

function variance(args: MathArgs): number {
  const isSample = args["sample"] === true;
  const numbers = list(args, "numbers", isSample ? 2 : 1);
  const middle = mean(numbers);
  return sum(numbers.map((value) => (value - middle) ** 2)) / (numbers.length - (isSample ? 1 : 0));
}

/** Of the population. */
function covariance(x: readonly number[], y: readonly number[]): number {
  const [middleX, middleY] = [mean(x), mean(y)];
  return sum(x.map((value, index) => (value - middleX) * ((y[index] ?? 0) - middleY))) / x.length;
}

/** Linear between the neighbours: type 7 of Hyndman and Fan (1996), as spreadsheets do. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return low + (high - low) * (place - Math.floor(place));
}
