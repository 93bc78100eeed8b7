import { expect } from "vitest";
import { type MeterOptions, meterModule } from "../meter.js";
import { I32, type ModuleSpec, assemble } from "./assemble.js";

// Types 0 to 2 and imports 0 to 2 of every module below.
export const TYPES: ModuleSpec["types"] = [
  [[], []],
  [[I32], []],
  [[I32], [I32]],
];
export const IMPORTS: NonNullable<ModuleSpec["imports"]> = [
  ["host", [0, 2]],
  ["trap", [0, 0]],
  ["trapWith", [0, 1]],
];
export const F = IMPORTS.length; // index of the module's first own function

export const END = 0x0b;
export const VOID = 0x40;
export const get = (local: number): number[] => [0x20, local];
/** `local -= 1`, which stays on the operand stack too. */
export const decrement = (local: number): number[] => [...get(local), 0x41, 1, 0x6b, 0x22, local];
/** Runs `body` n times, where n > 0 is in `counter`. */
export const times = (counter: number, body: number[]): number[] => [
  0x03,
  VOID,
  ...body,
  ...decrement(counter),
  0x0d,
  0,
  END,
];
/** `if (local 0 > 0) { body }` */
export const ifPositive = (body: number[]): number[] => [...get(0), 0x04, VOID, ...body, END];
/** Calls `callee` with local 0 less 1. */
export const callLess = (callee: number): number[] => [...get(0), 0x41, 1, 0x6b, 0x10, callee];

type Metered = {
  exports: WebAssembly.Exports;
  fuel: number;
  used: () => number;
  call: (name: string, ...args: number[]) => unknown;
};

const FULL = 1_000_000;

export class Trapped extends Error {}

/** Assembles, meters and instantiates a module. */
export function meter(
  spec: Partial<ModuleSpec>,
  options: Partial<MeterOptions> = {},
  imports: Record<string, unknown> = {},
): Metered {
  const original = assemble({ types: TYPES, imports: IMPORTS, ...spec });
  expect(WebAssembly.validate(original)).toBe(true);
  const bytes = meterModule(original, { trap: { import: "trap" }, ...options });
  const module = new WebAssembly.Module(bytes);
  const trap = (): never => {
    throw new Trapped();
  };
  const { exports } = new WebAssembly.Instance(module, {
    env: { host: (x: number) => x, trap, trapWith: trap, ...imports },
  });
  const counter = exports["$fuel"] as WebAssembly.Global;
  counter.value = FULL;
  return {
    exports,
    get fuel() {
      return counter.value as number;
    },
    set fuel(value) {
      counter.value = value;
    },
    used: () => FULL - (counter.value as number),
    call: (name, ...args) => (exports[name] as (...args: number[]) => unknown)(...args),
  };
}

/** A module whose one function, `run(n)`, has this code. */
export const run = (code: number[], locals: number[] = []): Partial<ModuleSpec> => ({
  functions: [{ type: 1, locals, code: [...code, END] }],
  exports: [["run", 0, F]],
});
