import { misfit } from "./fault.js";
import type { Span, WasmModule } from "./module.js";
import { readLocals, typeOfFunction } from "./module.js";
import { BLOCK_OPCODES, END_OPCODES, Op, markOpcodes, nextMarked, skipImmediates } from "./opcodes.js";
import { ByteReader } from "./reader.js";

/** A `br_table` inside a loop: how a C compiler renders an interpreter's `for (;;) switch (opcode)`. */
export interface Dispatch {
  readonly functionIndex: number;
  /** Offset in the module of the innermost loop around the table. */
  readonly loopOffset: number;
  /** Offsets of the loops around that one, outermost first: calls and returns of the interpreted program. */
  readonly outerLoops: readonly number[];
  /** How many labels the table has, the default included. */
  readonly targets: number;
}

export interface DispatchQuery {
  readonly minTargets: number;
  readonly maxTargets?: number;
  /** Only functions with this many parameters. */
  readonly params?: number;
}

/**
 * Finds interpreter loops.
 *
 * @example
 * // Lua 5.4's luaV_execute(L, ci) switches over 83 opcodes:
 * const vm = findDispatch(module, { minTargets: 83, maxTargets: 84, params: 2 });
 */
export function findDispatches(module: WasmModule, query: DispatchQuery): Dispatch[] {
  const found: Dispatch[] = [];
  module.bodies.forEach((body, i) => {
    const functionIndex = module.importedFunctions + i;
    // Each label takes a byte at least, so most functions need no look inside.
    if (body.end - body.start <= query.minTargets) return;
    if (query.params !== undefined && typeOfFunction(module, functionIndex).params.length !== query.params) return;
    searchBody(module.bytes, body, functionIndex, query, found);
  });
  return found;
}

/** The one dispatch that matches; none or several is an `UNSUPPORTED` error. */
export function findDispatch(module: WasmModule, query: DispatchQuery): Dispatch {
  const [only, ...others] = findDispatches(module, query);
  if (only === undefined || others.length > 0) {
    throw misfit(`expected one interpreter dispatch, found ${only === undefined ? 0 : others.length + 1}`);
  }
  return only;
}

const NOT_A_LOOP = -1;
const MARKED = markOpcodes([...BLOCK_OPCODES, ...END_OPCODES, Op.BrTable]);

function searchBody(
  bytes: Uint8Array,
  body: Span,
  functionIndex: number,
  query: DispatchQuery,
  found: Dispatch[],
): void {
  const reader = new ByteReader(bytes, body.start, body.end);
  readLocals(reader);
  const blocks: number[] = [NOT_A_LOOP]; // the body itself
  while (blocks.length > 0) {
    const op = nextMarked(reader, MARKED);
    const start = reader.pos;
    if (op === Op.BrTable) {
      const targets = reader.u32() + 1;
      reader.pos = start;
      const outerLoops = blocks.filter((block) => block !== NOT_A_LOOP);
      const loopOffset = outerLoops.pop();
      const fits = targets >= query.minTargets && targets <= (query.maxTargets ?? Infinity);
      if (fits && loopOffset !== undefined) found.push({ functionIndex, loopOffset, outerLoops, targets });
    } else if (op === Op.End || op === Op.Delegate) {
      blocks.pop();
    } else {
      blocks.push(op === Op.Loop ? start - 1 : NOT_A_LOOP);
    }
    skipImmediates(reader, op);
  }
}
