import { describe, expect, it } from "vitest";
import { checkTool } from "../check-tool.js";
import { executeTool } from "../execute.js";
import { createMathTool } from "./math-tool.js";

const tool = createMathTool();
const context = { signal: new AbortController().signal };
const result = async (operation: string, args: object): Promise<unknown> =>
  ((await executeTool(tool, { operation, ...args }, context)) as { result: unknown }).result;

const four = [2, 4, 4, 6];

describe("math", () => {
  it("TOOL-15: its examples are right", async () => {
    expect(await checkTool(tool, { run: context })).toEqual([]);
  });

  it.each([
    ["add", { a: 1, b: 2 }, 3],
    ["subtract", { a: 1, b: 2 }, -1],
    ["multiply", { a: -3, b: 0 }, 0],
    ["divide", { a: 1, b: 4 }, 0.25],
    ["integer_divide", { a: 7, b: -2 }, -4],
    ["modulo", { a: -7, b: 3 }, 2],
    ["modulo", { a: 7, b: -3 }, -2],
    ["modulo", { a: 6, b: -3 }, 0],
    ["power", { a: 2, b: -2 }, 0.25],
    ["power", { a: -2, b: 3 }, -8],
    ["root", { a: -27, b: 3 }, -3],
    ["root", { a: 16, b: 4 }, 2],
    ["log", { a: 8, b: 2 }, 3],
    ["gcd", { a: -12, b: 18 }, 6],
    ["lcm", { a: -4, b: 6 }, 12],
    ["lcm", { a: 0, b: 6 }, 0],
    ["hypot", { a: 3, b: 4 }, 5],
    ["min", { a: 3, b: 4 }, 3],
    ["max", { a: 3, b: 4 }, 4],
    ["combinations", { a: 52, b: 5 }, 2_598_960],
    ["combinations", { a: 5000, b: 4999 }, 5000],
    ["permutations", { a: 10, b: 3 }, 720],
    ["negate", { a: 0 }, 0],
    ["abs", { a: -2 }, 2],
    ["sign", { a: -2 }, -1],
    ["sqrt", { a: 9 }, 3],
    ["cbrt", { a: -8 }, -2],
    ["exp", { a: 0 }, 1],
    ["ln", { a: 1 }, 0],
    ["log2", { a: 8 }, 3],
    ["log10", { a: 1000 }, 3],
    ["floor", { a: -1.5 }, -2],
    ["ceil", { a: -1.5 }, -1],
    ["round", { a: -1.5 }, -2],
    ["round", { a: 2.5 }, 3],
    ["truncate", { a: -1.5 }, -1],
    ["to_integer", { a: 1.9 }, 1],
    ["factorial", { a: 18 }, 6_402_373_705_728_000],
    ["factorial", { a: 0 }, 1],
    ["is_prime", { a: 9_007_199_254_740_881 }, true],
    ["is_prime", { a: 3_215_031_751 }, false],
    ["is_prime", { a: 41 }, true],
    ["is_prime", { a: 1 }, false],
    ["sin", { a: 90, unit: "degrees" }, 1],
    ["sin", { a: -30, unit: "degrees" }, -0.5],
    ["cos", { a: 420, unit: "degrees" }, 0.5],
    ["tan", { a: 45, unit: "degrees" }, 1],
    ["cos", { a: 0 }, 1],
    ["asin", { a: 1, unit: "degrees" }, 90],
    ["acos", { a: -1 }, Math.PI],
    ["atan", { a: 1, unit: "degrees" }, 45],
    ["atan2", { a: 1, b: 0, unit: "degrees" }, 90],
    ["atan2", { a: 0, b: -1 }, Math.PI],
    ["sinh", { a: 0 }, 0],
    ["cosh", { a: 0 }, 1],
    ["tanh", { a: 0 }, 0],
    ["to_degrees", { a: Math.PI }, 180],
    ["to_radians", { a: 180 }, Math.PI],
    ["sum", { numbers: [0.1, 0.2, 0.3, 1e100, -1e100] }, 0.6],
    ["sum", { numbers: [] }, 0],
    ["product", { numbers: [2, 3] }, 6],
    ["mean", { numbers: four }, 4],
    ["median", { numbers: four }, 4],
    ["mode", { numbers: [1, 2, 2, 3, 3] }, [2, 3]],
    ["minimum", { numbers: four }, 2],
    ["maximum", { numbers: four }, 6],
    ["range", { numbers: four }, 4],
    ["variance", { numbers: four }, 2],
    ["variance", { numbers: [1, 3], sample: true }, 2],
    ["stddev", { numbers: [1, 3] }, 1],
    ["geometric_mean", { numbers: [1, 1, 1] }, 1],
    ["harmonic_mean", { numbers: [1, 0.5] }, 2 / 3],
    ["percentile", { numbers: [1, 2, 3, 4], p: 25 }, 1.75],
    ["covariance", { numbers: [1, 2, 3], others: [2, 4, 6] }, 4 / 3],
    ["correlation", { numbers: [1, 2, 3], others: [-2, -4, -6] }, -1],
    ["linear_regression", { numbers: [1, 2, 3], others: [3, 5, 7] }, { slope: 2, intercept: 1 }],
    ["sort", { numbers: [10, 9, 1] }, [1, 9, 10]],
    ["reverse", { numbers: [1, 2] }, [2, 1]],
    ["unique", { numbers: [1, 2, 1] }, [1, 2]],
    ["scale", { numbers: [1, 2], a: 3 }, [3, 6]],
    ["cumulative_sum", { numbers: [1, 2, 3] }, [1, 3, 6]],
    ["differences", { numbers: [1, 3, 2] }, [2, -1]],
    ["normalize", { numbers: [3, 4] }, [0.6, 0.8]],
    ["dot", { numbers: [1, 2], others: [3, 4] }, 11],
    ["add_lists", { numbers: [1], others: [2] }, [3]],
    ["subtract_lists", { numbers: [1], others: [2] }, [-1]],
    ["multiply_lists", { numbers: [2], others: [3] }, [6]],
  ])("TOOL-15: %s of %j is %j", async (operation, args, expected) => {
    const near = (value: unknown): unknown => (typeof value === "number" ? Number(value.toPrecision(12)) : value);
    const got = await result(operation, args);
    expect(near(got)).toEqual(near(expected));
    expect(Object.is(got, -0)).toBe(false);
  });

  it.each([
    ["divide", { a: 1, b: 0 }, "division by zero"],
    ["integer_divide", { a: 1, b: 0 }, "division by zero"],
    ["modulo", { a: 1, b: 0 }, "division by zero"],
    ["power", { a: 0, b: -1 }, "division by zero"],
    ["power", { a: -8, b: 0.5 }, "a negative number"],
    ["power", { a: 10, b: 400 }, "too large"],
    ["root", { a: -4, b: 2 }, "a negative number"],
    ["root", { a: 4, b: 0 }, "division by zero"],
    ["sqrt", { a: -1 }, "a negative number has no square root"],
    ["ln", { a: 0 }, "above 0"],
    ["log", { a: 8, b: 1 }, "division by zero"],
    ["log", { a: 8, b: -2 }, "above 0"],
    ["exp", { a: 1000 }, "too large"],
    ["multiply", { a: 1e200, b: 1e200 }, "too large"],
    ["gcd", { a: 1.5, b: 1 }, "integer"],
    ["lcm", { a: 9_007_199_254_740_991, b: 2 }, "beyond 2^53"],
    ["to_integer", { a: 1e300 }, "integer"],
    ["factorial", { a: 19 }, "beyond 2^53"],
    ["factorial", { a: -1 }, "not negative"],
    ["factorial", { a: 1e9 }, "beyond 2^53"],
    ["combinations", { a: 3, b: 4 }, "0 <= b <= a"],
    ["combinations", { a: 1e6, b: 5e5 }, "beyond 2^53"],
    ["permutations", { a: 1e15, b: 1e15 }, "beyond 2^53"],
    ["is_prime", { a: 0.5 }, "integer"],
    ["asin", { a: 2 }, "between -1 and 1"],
    ["tan", { a: 270, unit: "degrees" }, "no value"],
    ["mean", { numbers: [] }, "at least 1 number"],
    ["variance", { numbers: [1], sample: true }, "at least 2 numbers"],
    ["geometric_mean", { numbers: [0] }, "above 0"],
    ["harmonic_mean", { numbers: [0] }, "above 0"],
    ["correlation", { numbers: [1, 1], others: [1, 2] }, "differ"],
    ["linear_regression", { numbers: [1, 1], others: [1, 2] }, "differ"],
    ["normalize", { numbers: [0] }, "direction"],
    ["dot", { numbers: [1], others: [1, 2] }, "same length"],
    ["dot", { numbers: [1] }, "needs 'others'"],
    ["sum", { numbers: [1e308, 1e308] }, "too large"],
    ["add", { a: 1 }, "needs 'b'"],
  ])("TOOL-15: %s of %j is an error", async (operation, args, message) => {
    await expect(result(operation, args)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it("TOOL-20: refuses what is no calculation", async () => {
    for (const [operation, args] of [
      ["eval", { a: 1 }],
      ["toString", {}],
      ["add", { a: "1", b: 2 }],
      ["sum", { numbers: [1, "2"] }],
      ["sum", { numbers: [null] }],
      ["percentile", { numbers: [1], p: 101 }],
      ["sin", { a: 1, unit: "turns" }],
      ["add", { a: 1, b: 2, c: 3 }],
    ] as const)
      await expect(result(operation, args)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("takes long lists", async () => {
    const numbers = Array.from({ length: 100_000 }, (_, index) => index);
    expect(await result("maximum", { numbers })).toBe(99_999);
  });
});
