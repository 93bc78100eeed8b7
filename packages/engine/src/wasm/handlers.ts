import type { Dispatch } from "./dispatch.js";
import { misfit } from "./fault.js";
import type { WasmModule } from "./module.js";
import { SectionId, readLocals } from "./module.js";
import { BLOCK_OPCODES, Op, skipImmediates } from "./opcodes.js";
import { ByteReader } from "./reader.js";

/**
 * Where an interpreter's code for each opcode begins: behind the block that the
 * opcode's label in the dispatch table ends.
 *
 * A compiler may map opcodes to labels through a table in memory and subtract a
 * bias; both are read back from the instructions before the `br_table`.
 */
export function dispatchHandlers(module: WasmModule, dispatch: Dispatch): (opcode: number) => number {
  const { ends, labels, index } = readDispatch(module, dispatch);
  return (opcode) => {
    const entry = index.table === undefined ? opcode : readWord(module, index.table + 4 * opcode);
    const label = labels[entry - index.bias];
    const end = label === undefined ? undefined : ends.get(label);
    if (end === undefined) throw misfit(`the interpreter has no code for opcode ${opcode}`);
    return end;
  };
}

interface TableIndex {
  /** Address of the words that map opcodes to labels, if there are any. */
  readonly table: number | undefined;
  readonly bias: number;
}

/** Walks the function once: which block each label means, and where the blocks end. */
function readDispatch(module: WasmModule, { functionIndex, loopOffset, targets }: Dispatch) {
  const body = module.bodies[functionIndex - module.importedFunctions];
  if (body === undefined) throw misfit(`function ${functionIndex} has no body`);
  const reader = new ByteReader(module.bytes, body.start, body.end);
  readLocals(reader);
  const ends = new Map<number, number>(); // by where the block starts
  const blocks: number[] = [body.start];
  const before: number[] = []; // offsets of the instructions so far
  let labels: number[] | undefined;
  let index: TableIndex = { table: undefined, bias: 0 };
  while (blocks.length > 0) {
    const offset = reader.pos;
    const op = reader.u8();
    if (op === Op.BrTable && labels === undefined && blocks.includes(loopOffset)) {
      const start = reader.pos;
      const count = reader.u32() + 1;
      if (count === targets) {
        labels = Array.from({ length: count }, () => blocks.at(-1 - reader.u32()) ?? body.start);
        index = readIndex(module, before);
      }
      reader.pos = start;
    }
    skipImmediates(reader, op);
    before.push(offset);
    if (BLOCK_OPCODES.includes(op)) blocks.push(offset);
    else if (op === Op.End || op === Op.Delegate) ends.set(blocks.pop() ?? body.start, reader.pos);
  }
  if (labels === undefined) throw misfit("the interpreter's dispatch is gone");
  return { ends, labels, index };
}

/** Reads `[const table; add; load offset] [const bias; sub]` back from the instructions before a `br_table`. */
function readIndex(module: WasmModule, before: readonly number[]): TableIndex {
  const at = (back: number): ByteReader => {
    const offset = before[before.length - back] ?? 0;
    return new ByteReader(module.bytes, offset, module.bytes.length);
  };
  const opcode = (back: number): number => at(back).u8();
  const operand = (back: number): number => {
    const reader = at(back);
    reader.u8();
    return reader.s32();
  };
  let bias = 0;
  let back = 1;
  if (opcode(1) === Op.I32Sub && opcode(2) === Op.I32Const) {
    bias = operand(2);
    back = 3;
  }
  if (opcode(back) !== Op.I32Load || opcode(back + 1) !== Op.I32Add || opcode(back + 2) !== Op.I32Const) {
    return { table: undefined, bias };
  }
  const load = at(back);
  load.u8();
  load.u32(); // alignment
  return { table: operand(back + 2) + load.u32(), bias };
}

/** The 32-bit word that an active data segment (core spec 5.5.14) puts at a constant address. */
function readWord(module: WasmModule, address: number): number {
  const section = module.sections.get(SectionId.Data);
  if (section === undefined) throw misfit("it has no data");
  const reader = new ByteReader(module.bytes, section.start, section.end);
  for (let left = reader.u32(); left > 0; left--) {
    const flags = reader.u32();
    if (flags === 2) reader.u32(); // memory
    let start = -1;
    if (flags !== 1) {
      if (reader.u8() !== Op.I32Const) throw misfit("a data segment's place is not constant");
      start = reader.s32();
      reader.u8(); // end
    }
    const size = reader.u32();
    if (start >= 0 && address >= start && address + 4 <= start + size) {
      return new DataView(module.bytes.buffer, module.bytes.byteOffset).getUint32(reader.pos + address - start, true);
    }
    reader.pos += size;
  }
  throw misfit(`no data at ${address}`);
}
