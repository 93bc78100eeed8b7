import { misfit } from "./fault.js";
import type { FunctionType, WasmModule } from "./module.js";
import { ExternKind, typeOfFunction } from "./module.js";
import { ValueType } from "./opcodes.js";

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
