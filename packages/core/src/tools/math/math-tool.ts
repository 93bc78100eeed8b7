import { defineTool, type Tool } from "../tool.js";
import { ARRAYS } from "./arrays.js";
import { BINARY, UNARY } from "./numbers.js";
import { STATISTICS } from "./statistics.js";
import { TRIGONOMETRY } from "./trigonometry.js";

const MAX_NUMBERS = 100_000;

/**
 * The built-in tool `math`. The result is `{result}`.
 *
 * - `a` and `b`: add, subtract, multiply, divide, integer_divide and modulo (rounded towards
 *   minus infinity), power, root, log (base `b`), gcd, lcm, hypot, min, max, combinations, permutations;
 * - `a`: negate, abs, sign, sqrt, cbrt, exp, ln, log2, log10, floor, ceil, round, truncate, factorial,
 *   is_prime, to_integer;
 * - `a`, with `unit` `radians` (default) or `degrees`: sin, cos, tan, asin, acos, atan, sinh, cosh,
 *   tanh, to_degrees, to_radians; atan2 of `a` and `b`;
 * - `numbers`: sum, product, mean, median, mode, minimum, maximum, range, variance, stddev (of the
 *   population; `sample: true` for a sample), geometric_mean, harmonic_mean, percentile (`p`, 0 to 100),
 *   and of two lists (`numbers`, `others`) correlation, covariance, linear_regression;
 * - `numbers`: sort, reverse, unique, cumulative_sum, differences, normalize, and with `others`
 *   add_lists, subtract_lists, multiply_lists, dot; scale by `a`.
 *
 * What has no answer — a division by zero, a root of a negative number, an integer beyond
 * 2^53 where only an exact one makes sense — is `INVALID_ARGUMENT`, never NaN or infinity.
 */
export function createMathTool(): Tool {
  return defineTool({
    name: "math",
    description: "Calculates exactly: arithmetic, trigonometry, statistics and lists of numbers",
    version: "1.0.0",
    category: "math",
    tags: ["math", "statistics"],
    permissions: [],
    parameters: {
      type: "object",
      properties: {
        operation: { enum: Object.keys(OPERATIONS), description: "What to calculate" },
        a: { type: "number" },
        b: { type: "number" },
        unit: { enum: ["radians", "degrees"], description: "Of angles; radians by default" },
        numbers: { type: "array", maxItems: MAX_NUMBERS, items: { type: "number" } },
        others: { type: "array", maxItems: MAX_NUMBERS, items: { type: "number" } },
        p: { type: "number", minimum: 0, maximum: 100, description: "For percentile" },
        sample: { type: "boolean", description: "For variance and stddev: of a sample" },
      },
      required: ["operation"],
      additionalProperties: false,
    },
    output: { type: "object", required: ["result"] },
    examples: [
      { args: { operation: "integer_divide", a: -7, b: 2 }, result: { result: -4 } },
      { args: { operation: "sin", a: 30, unit: "degrees" }, result: { result: 0.5 } },
      { args: { operation: "median", numbers: [3, 1, 2] }, result: { result: 2 } },
    ],
    execute: (args) => ({ result: OPERATIONS[String(args["operation"])]?.(args) }),
  });
}

const OPERATIONS: Readonly<Record<string, (args: Record<string, unknown>) => unknown>> = {
  ...UNARY,
  ...BINARY,
  ...TRIGONOMETRY,
  ...STATISTICS,
  ...ARRAYS,
};
