import type { TrapCall } from "./charge.js";
import { CodeRewriter, type InterpreterPlan } from "./code.js";
import { misfit } from "./fault.js";
import { planLongjmp } from "./longjmp.js";
import { expectType, importedFunction } from "./lookup.js";
import type { WasmModule } from "./module.js";
import { ExternKind, SectionId, parseModule, typeOfFunction } from "./module.js";
import type { MemoryLimits, NewExport } from "./sections.js";
import { assembleModule, mutableGlobalExports, withExports, withFuelGlobal, withMemoryLimits } from "./sections.js";

/** Export name of the fuel counter, a mutable i32 global. */
export const FUEL_EXPORT = "$fuel";

/** What the counter holds in a fresh instance, until the host sets it. */
const INITIAL_FUEL = 0x7fff_ffff;

export interface MeterOptions {
  /**
   * The function import, of type `() -> ()` or `() -> (i32)`, to call when fuel
   * is below zero; what it gives is dropped.
   *
   * It must throw, or set `$fuel` to zero or more before it returns. That is
   * what keeps the counter from wrapping around.
   */
  readonly trap: { readonly import: string };
  /** An interpreter's own function, which keeps the fuel in a local while it runs. */
  readonly interpreter?: {
    readonly functionIndex: number;
    /**
     * It traps to this import, of type `(i32) -> ()`, which gets the function's
     * first parameter. The function must be one that never assigns that.
     */
    readonly trapWithFirstParam?: string;
    /**
     * The dispatch loop takes its fuel without looking whether any is left; at
     * these offsets, each right behind the end of a block or a direct call, the
     * function looks instead. Every cycle through the loop must pass one of them.
     */
    readonly countOnly?: { readonly loopOffset: number; readonly checkAt: readonly number[] };
  };
  /** Loops not to charge. What they run, and recursion through them, must be bounded in another way. */
  readonly skipLoop?: (functionIndex: number, loopOffset: number) => boolean;
  /** Functions not to charge at entry. As for loops, recursion through them must be bounded in another way. */
  readonly freeEntry?: readonly number[];
  /** Bulk instructions take `length >> bulkShift` fuel, 1 to 31. Default 6: one fuel for 64 bytes. */
  readonly bulkShift?: number;
  /**
   * Which calls count as recursion: `direct` ones only (the default), or also
   * `indirect` ones, assumed to reach every function of the type that is in a table.
   */
  readonly recursion?: "direct" | "indirect";
  /** New memory limits, for the module's own memory or an imported one. */
  readonly memory?: MemoryLimits;
  /**
   * Which of the module's own exports stay. Default: all. Each costs time when an
   * instance is made (measured: 0.7 µs for a function).
   */
  readonly keepExport?: (name: string) => boolean;
  /**
   * A function import of type `(i32) -> (i32)` that answers `memory.grow` in the
   * place of the memory itself, and `memory.size` as a growth by 0: so the host
   * decides how large the module takes its memory to be.
   */
  readonly growth?: { readonly import: string };
  /** Exports every mutable global of the module as `$g<index>`, for memory images. */
  readonly exportGlobals?: boolean;
  /** Function imports to export, new name to import name: so a host function gets into the function table. */
  readonly exportImports?: Readonly<Record<string, string>>;
  /**
   * Functions of the module's own that get another body (core spec 5.5.13: locals
   * and code), which is not charged: it must be bounded, and so must recursion
   * through it.
   */
  readonly bodies?: ReadonlyMap<number, Uint8Array>;
  /** `exceptions`: Emscripten's longjmp as wasm exceptions. Default `imports`: left to the JS imports. */
  readonly longjmp?: "imports" | "exceptions";
}

/**
 * Rewrites a WebAssembly module so that it counts what it does.
 *
 * One fuel is taken at every loop header and at the entry of every function that
 * can call itself, directly or through others, without passing a charged loop;
 * bulk memory and table instructions are charged by length. Fuel is the exported
 * i32 global `$fuel`. When it falls below zero, the trap import is called.
 *
 * No function, global, type, table or memory index changes. Custom sections are
 * dropped. The result depends on nothing but the arguments.
 *
 * @example
 * const module = parseModule(bytes);
 * const vm = findDispatch(module, { minTargets: 83, maxTargets: 84, params: 2 });
 * const metered = meterModule(module, {
 *   trap: { import: "abort" },
 *   interpreter: { functionIndex: vm.functionIndex, trapWithFirstParam: "exit" },
 * });
 */
export function meterModule(input: Uint8Array | WasmModule, options: MeterOptions): Uint8Array<ArrayBuffer> {
  const module = input instanceof Uint8Array ? parseModule(input) : input;
  const fuelGlobal = module.globals.length;
  const longjmp = options.longjmp === "exceptions" ? planLongjmp(module) : undefined;
  const sections = new Map<number, Uint8Array>(longjmp?.sections);
  sections.set(SectionId.Global, withFuelGlobal(module, INITIAL_FUEL));
  sections.set(SectionId.Export, withExports(module, newExports(module, options, fuelGlobal), options.keepExport));
  if (options.memory !== undefined) sections.set(...withMemoryLimits(module, options.memory));
  const code = new CodeRewriter(module, {
    fuelGlobal,
    bulkShift: bulkShift(options),
    trap: trapCall(module, options.trap.import, false),
    interpreter: interpreterPlan(module, options),
    skipLoop: options.skipLoop,
    freeEntry: new Set(options.freeEntry),
    followIndirectCalls: options.recursion === "indirect",
    callPatches: longjmp?.callPatches ?? new Map(),
    growth: growthFunction(module, options),
    replaced: options.bodies ?? new Map(),
    appended: longjmp === undefined ? [] : [longjmp.body],
  });
  sections.set(SectionId.Code, code.rewrite());
  return assembleModule(module, sections);
}

function bulkShift({ bulkShift: shift = 6 }: MeterOptions): number {
  // With 0, a length of 2^31 or more would be a negative charge.
  if (!Number.isInteger(shift) || shift < 1 || shift > 31) throw misfit(`bulkShift ${shift}`);
  return shift;
}

function trapCall(module: WasmModule, importName: string, passLocal0: boolean): TrapCall {
  const functionIndex = importedFunction(module, importName);
  const hasResult = !passLocal0 && typeOfFunction(module, functionIndex).results.length > 0;
  expectType(module, functionIndex, importName, passLocal0 ? 1 : 0, hasResult ? 1 : 0);
  return { functionIndex, passLocal0, hasResult };
}

function growthFunction(module: WasmModule, { growth }: MeterOptions): number | undefined {
  if (growth === undefined) return undefined;
  const functionIndex = importedFunction(module, growth.import);
  expectType(module, functionIndex, growth.import, 1, 1);
  return functionIndex;
}

function interpreterPlan(module: WasmModule, { interpreter, trap }: MeterOptions): InterpreterPlan | undefined {
  if (interpreter === undefined) return undefined;
  const { functionIndex, trapWithFirstParam } = interpreter;
  if (functionIndex < module.importedFunctions || functionIndex >= module.functionTypes.length) {
    throw misfit(`function ${functionIndex}, which is to be an interpreter's, is not its own`);
  }
  const { loopOffset = -1, checkAt = [] } = interpreter.countOnly ?? {};
  return {
    functionIndex,
    trap: trapCall(module, trapWithFirstParam ?? trap.import, trapWithFirstParam !== undefined),
    countOnlyLoop: loopOffset,
    checkAt: new Set(checkAt),
  };
}

function newExports(module: WasmModule, options: MeterOptions, fuelGlobal: number): NewExport[] {
  const reexports = Object.entries(options.exportImports ?? {}).map(([name, importName]) => ({
    name,
    kind: ExternKind.Function,
    index: importedFunction(module, importName),
  }));
  const globals = options.exportGlobals ? mutableGlobalExports(module) : [];
  return [...reexports, ...globals, { name: FUEL_EXPORT, kind: ExternKind.Global, index: fuelGlobal }];
}
