import { expectType, exportedFunction, importedFunction } from "./lookup.js";
import type { WasmModule } from "./module.js";
import { SectionId } from "./module.js";
import { EMPTY_BLOCK, Op, ValueType } from "./opcodes.js";
import { extendVector, vectorLength } from "./sections.js";
import { ByteWriter } from "./writer.js";

/** The additions that move longjmp out of JavaScript. */
export interface LongjmpPlan {
  /** The function section and the tag section, extended. */
  readonly sections: readonly (readonly [id: number, contents: Uint8Array])[];
  /** The body of the new function that stands in for `invoke_vii`. */
  readonly body: Uint8Array;
  /** What to put in place of calls to the two imports. */
  readonly callPatches: ReadonlyMap<number, Uint8Array>;
}

/**
 * Emscripten's setjmp/longjmp without JavaScript.
 *
 * Emscripten compiles `longjmp` to a call of the import `_emscripten_throw_longjmp`,
 * which throws a JS exception, and every call under a `setjmp` to the import
 * `invoke_vii(f, a, b)`, which calls the table's function `f` inside a JS `try`.
 * Here the first becomes a wasm `throw` of a new tag, and the second a new function
 *
 *     sp = stackSave()
 *     try { table[f](a, b) } catch tag { stackRestore(sp); setThrew(1, 0) }
 *
 * in the legacy exception encoding (`try`/`catch`), the one that Node 20 runs.
 * `catch tag` matches only that tag: an exception that a host import throws, a
 * hard kill for instance, passes through.
 *
 * Nothing shifts: function, tag and exports are appended or reused, and the two
 * imports stay declared (but uncalled).
 */
export function planLongjmp(module: WasmModule): LongjmpPlan {
  const invoke = importedFunction(module, "invoke_vii");
  const throwLongjmp = importedFunction(module, "_emscripten_throw_longjmp");
  const setThrew = exportedFunction(module, "setThrew");
  const stackSave = exportedFunction(module, "stackSave");
  const stackRestore = exportedFunction(module, "stackRestore");
  expectType(module, invoke, "invoke_vii", 3, 0);
  expectType(module, throwLongjmp, "_emscripten_throw_longjmp", 0, 0);
  expectType(module, setThrew, "setThrew", 2, 0);
  expectType(module, stackSave, "stackSave", 0, 1);
  expectType(module, stackRestore, "stackRestore", 1, 0);
  const tag = module.importedTags + vectorLength(module, SectionId.Tag);
  const calleeType = typeIndexOf(module, setThrew); // (i32, i32) -> (), as the functions that are invoked
  const body = invokeBody({ stackSave, stackRestore, setThrew, calleeType, tag });
  return {
    sections: [
      [SectionId.Function, extendVector(module, SectionId.Function, 1, encoded([], typeIndexOf(module, invoke)))],
      // A tag is an attribute, 0, and a function type without results.
      [SectionId.Tag, extendVector(module, SectionId.Tag, 1, encoded([0], typeIndexOf(module, throwLongjmp)))],
    ],
    body,
    callPatches: new Map([
      [invoke, encoded([Op.Call], module.functionTypes.length).view()],
      [throwLongjmp, encoded([Op.Throw], tag).view()],
    ]),
  };
}

interface InvokeParts {
  readonly stackSave: number;
  readonly stackRestore: number;
  readonly setThrew: number;
  readonly calleeType: number;
  readonly tag: number;
}

function invokeBody({ stackSave, stackRestore, setThrew, calleeType, tag }: InvokeParts): Uint8Array {
  const sp = 3; // behind the parameters f, a, b
  const code = new ByteWriter(64);
  code.bytes([1, 1, ValueType.I32]); // one local
  code.bytes([Op.Call]);
  code.u32(stackSave);
  code.bytes([Op.LocalSet, sp]);
  code.bytes([Op.Try, EMPTY_BLOCK]);
  code.bytes([Op.LocalGet, 1, Op.LocalGet, 2, Op.LocalGet, 0, Op.CallIndirect]);
  code.u32(calleeType);
  code.u32(0); // table
  code.u8(Op.Catch);
  code.u32(tag);
  code.bytes([Op.LocalGet, sp, Op.Call]);
  code.u32(stackRestore);
  code.bytes([Op.I32Const, 1, Op.I32Const, 0, Op.Call]);
  code.u32(setThrew);
  code.bytes([Op.End, Op.End]);
  return code.view();
}

function encoded(prefix: readonly number[], index: number): ByteWriter {
  const out = new ByteWriter(16);
  out.bytes(prefix);
  out.u32(index);
  return out;
}

function typeIndexOf(module: WasmModule, functionIndex: number): number {
  return module.functionTypes[functionIndex] ?? 0;
}
