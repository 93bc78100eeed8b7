import { misfit } from "./fault.js";
import type { FunctionType, WasmModule } from "./module.js";
import { ExternKind, readLocals, typeOfFunction } from "./module.js";
import { BLOCK_OPCODES, END_OPCODES, Op, ValueType, markOpcodes, nextMarked, skipImmediates } from "./opcodes.js";
import { ByteReader } from "./reader.js";

/** The index of the function import with this name. */
export function importedFunction(module: WasmModule, name: string): number {
  const found = module.imports.filter((entry) => entry.kind === ExternKind.Function && entry.name === name);
  const [only] = found;
  if (only === undefined || found.length > 1) throw misfit(`${found.length} function imports are named "${name}"`);
  return only.index;
}

/** The index of the function export with this name. */
export function exportedFunction(module: WasmModule, name: string): number {
  const found = module.exports.find((entry) => entry.kind === ExternKind.Function && entry.name === name);
  if (found === undefined) throw misfit(`it exports no function "${name}"`);
  return found.index;
}

/** The one function of this type that calls the function import with this name. */
export function callerOf(module: WasmModule, importName: string, type: FunctionType): number {
  const callee = importedFunction(module, importName);
  const found = module.bodies
    .map((_, i) => module.importedFunctions + i)
    .filter(
      (index) =>
        isType(typeOfFunction(module, index), type) && callsIn(module, index).some((site) => site.callee === callee),
    );
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw misfit(`${found.length} functions of type ${showType(type)} call "${importName}"`);
  }
  return only;
}

/** A direct call in a function. */
export interface CallSite {
  readonly callee: number;
  /** Offset in the module right behind it. */
  readonly end: number;
}

/** The direct calls in a function, in order. */
export function callsIn(module: WasmModule, functionIndex: number): CallSite[] {
  const found: CallSite[] = [];
  walk(module, functionIndex, Op.Call, (reader) => found.push({ callee: reader.u32(), end: reader.pos }));
  return found;
}

/** What each `i32.store` in a function adds to its address. */
export function storesIn(module: WasmModule, functionIndex: number): number[] {
  const found: number[] = [];
  walk(module, functionIndex, Op.I32Store, (reader) => {
    reader.u32(); // alignment
    found.push(reader.u32());
  });
  return found;
}

/** Visits each instruction with this opcode in a function, the reader standing at its immediates. */
function walk(module: WasmModule, functionIndex: number, opcode: number, visit: (reader: ByteReader) => unknown): void {
  const body = module.bodies[functionIndex - module.importedFunctions];
  if (body === undefined) return;
  const marked = markOpcodes([...BLOCK_OPCODES, ...END_OPCODES, opcode]);
  const reader = new ByteReader(module.bytes, body.start, body.end);
  readLocals(reader);
  for (let depth = 1; depth > 0;) {
    const op = nextMarked(reader, marked);
    if (op === opcode) {
      const { pos } = reader;
      visit(reader);
      reader.pos = pos;
    } else {
      depth += END_OPCODES.includes(op) ? -1 : 1;
    }
    skipImmediates(reader, op);
  }
}

function isType({ params, results }: FunctionType, type: FunctionType): boolean {
  return params.join() === type.params.join() && results.join() === type.results.join();
}

/** Checks that a function takes and gives this many i32. */
export function expectType(
  module: WasmModule,
  functionIndex: number,
  name: string,
  params: number,
  results: number,
): void {
  const type = typeOfFunction(module, functionIndex);
  if (isI32s(type.params, params) && isI32s(type.results, results)) return;
  throw misfit(`"${name}" is of type ${showType(type)}, not of ${params} i32 to ${results} i32`);
}

function isI32s(types: readonly number[], count: number): boolean {
  return types.length === count && types.every((type) => type === ValueType.I32);
}

const NAMES = new Map<number, string>(Object.entries(ValueType).map(([name, type]) => [type, name.toLowerCase()]));

function showType({ params, results }: FunctionType): string {
  const names = (types: readonly number[]): string => types.map((type) => NAMES.get(type) ?? "?").join(", ");
  return `(${names(params)}) -> (${names(results)})`;
}
