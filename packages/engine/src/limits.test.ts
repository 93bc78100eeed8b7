import { describe, expect, it } from "vitest";
import { SpellError, isErrorCode } from "@llmspell/errors";
import { DEFAULT_LIMITS, limitError, resolveLimits, type Limits } from "@llmspell/engine";

const NAMES = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];

describe("resolveLimits", () => {
  it("has every limit on by default", () => {
    expect(resolveLimits()).toEqual(DEFAULT_LIMITS);
    expect(NAMES.filter((name) => !(DEFAULT_LIMITS[name] > 0 && Number.isFinite(DEFAULT_LIMITS[name])))).toEqual([]);
  });

  it("takes what is given and keeps the other defaults", () => {
    expect(resolveLimits({ fuel: 5, timeMs: 10 })).toEqual({ ...DEFAULT_LIMITS, fuel: 5, timeMs: 10 });
  });

  it("treats undefined as not given", () => {
    const partial = { fuel: undefined } as unknown as Partial<Limits>;
    expect(resolveLimits(partial).fuel).toBe(DEFAULT_LIMITS.fuel);
  });

  it("cuts fractions", () => {
    expect(resolveLimits({ timeMs: 10.9 }).timeMs).toBe(10);
  });

  it("gives a result that nobody can change, and leaves the defaults alone", () => {
    const limits = resolveLimits({ fuel: 5 }) as { fuel: number };
    expect(() => (limits.fuel = 6)).toThrow(TypeError);
    expect(() => ((DEFAULT_LIMITS as { fuel: number }).fuel = 6)).toThrow(TypeError);
  });

  it.each([0, -1, Number.NaN, Infinity, -Infinity])("refuses the limit %s and names it", (value) => {
    for (const name of NAMES) {
      expect(() => resolveLimits({ [name]: value })).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(name) as string }),
      );
    }
  });

  it.each(["feul", "constructor", "toString"])("refuses the unknown name '%s' and lists the known ones", (name) => {
    expect(() => resolveLimits({ [name]: 1 })).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", details: { known: NAMES } }),
    );
  });
});

describe("limitError", () => {
  it("has a code of its own for each limit, and says the limit's value", () => {
    const codes = NAMES.map((name) => {
      const error = limitError(name, { ...DEFAULT_LIMITS, [name]: 1_234 });
      expect(error).toBeInstanceOf(SpellError);
      expect(error.category).toBe("limit");
      expect(error.message).toContain("1234");
      expect(error.details).toEqual({ limit: name, value: 1_234 });
      return error.code;
    });
    expect(new Set(codes).size).toBe(NAMES.length);
    expect(codes.every(isErrorCode)).toBe(true);
  });
});
