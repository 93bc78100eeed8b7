import { hex, malformed, unsupported } from "./fault.js";
import type { ByteReader } from "./reader.js";

/** The opcodes that the rewriter looks at or writes (core spec 5.4). */
export const Op = {
  Unreachable: 0x00,
  Block: 0x02,
  Loop: 0x03,
  If: 0x04,
  Try: 0x06,
  Catch: 0x07,
  Throw: 0x08,
  End: 0x0b,
  BrTable: 0x0e,
  Return: 0x0f,
  Call: 0x10,
  CallIndirect: 0x11,
  ReturnCall: 0x12,
  ReturnCallIndirect: 0x13,
  Delegate: 0x18,
  Drop: 0x1a,
  Select: 0x1b,
  TryTable: 0x1f,
  LocalGet: 0x20,
  LocalSet: 0x21,
  LocalTee: 0x22,
  GlobalGet: 0x23,
  GlobalSet: 0x24,
  I32Load: 0x28,
  I64Load: 0x29,
  I32Store: 0x36,
  MemorySize: 0x3f,
  MemoryGrow: 0x40,
  I32Const: 0x41,
  I64Const: 0x42,
  I32Eqz: 0x45,
  I32Eq: 0x46,
  I32LtS: 0x48,
  I32Add: 0x6a,
  I32Sub: 0x6b,
  I32And: 0x71,
  I32Shl: 0x74,
  I32ShrU: 0x76,
  I64ShrU: 0x88,
  I32WrapI64: 0xa7,
  RefFunc: 0xd2,
  BulkPrefix: 0xfc,
  SimdPrefix: 0xfd,
  AtomicPrefix: 0xfe,
} as const;

/** What opens a block, and what closes one: `delegate` ends a legacy try in the place of `end`. */
export const BLOCK_OPCODES: readonly number[] = [Op.Block, Op.Loop, Op.If, Op.Try, Op.TryTable];
export const END_OPCODES: readonly number[] = [Op.End, Op.Delegate];

/** The block type of a block without parameters and results. */
export const EMPTY_BLOCK = 0x40;

/** Value types of one byte: i32, i64, f32, f64, v128, funcref, externref, exnref. */
export const ValueType = {
  I32: 0x7f,
  I64: 0x7e,
  F32: 0x7d,
  F64: 0x7c,
  V128: 0x7b,
  FuncRef: 0x70,
  ExternRef: 0x6f,
  ExnRef: 0x69,
} as const;

const VALUE_TYPES: ReadonlySet<number> = new Set(Object.values(ValueType));

/** Reads a value type. Typed and GC references take several bytes and are not supported. */
export function readValueType(reader: ByteReader): number {
  const offset = reader.pos;
  const type = reader.u8();
  if (!VALUE_TYPES.has(type)) throw unsupported(`value type ${hex(type)}`, offset);
  return type;
}

/** What follows an opcode byte. `None` is 0, so that a hot loop can test for it first. */
const Immediates = {
  None: 0,
  /** One LEB128 integer: an index, a label, a constant. */
  Leb: 1,
  TwoLebs: 2,
  MemArg: 3,
  BlockType: 4,
  Bytes4: 5,
  Bytes8: 6,
  BrTable: 7,
  SelectTypes: 8,
  TryTable: 9,
  Bulk: 10,
  Simd: 11,
  Atomic: 12,
  Unknown: 13,
} as const;

const IMMEDIATES = immediatesTable();

function immediatesTable(): Uint8Array {
  const table = new Uint8Array(256).fill(Immediates.Unknown);
  const mark = (kind: number, first: number, last = first): void => void table.fill(kind, first, last + 1);
  mark(Immediates.None, 0x00, 0x01); // unreachable, nop
  mark(Immediates.BlockType, 0x02, 0x04); // block, loop, if
  mark(Immediates.None, 0x05); // else
  mark(Immediates.BlockType, 0x06); // try (legacy exception handling)
  mark(Immediates.Leb, 0x07, 0x09); // catch, throw, rethrow
  mark(Immediates.None, 0x0a, 0x0b); // throw_ref, end
  mark(Immediates.Leb, 0x0c, 0x0d); // br, br_if
  mark(Immediates.BrTable, 0x0e);
  mark(Immediates.None, 0x0f); // return
  mark(Immediates.Leb, 0x10); // call
  mark(Immediates.TwoLebs, 0x11); // call_indirect
  mark(Immediates.Leb, 0x12); // return_call
  mark(Immediates.TwoLebs, 0x13); // return_call_indirect
  mark(Immediates.Leb, 0x18); // delegate
  mark(Immediates.None, 0x19, 0x1b); // catch_all, drop, select
  mark(Immediates.SelectTypes, 0x1c);
  mark(Immediates.TryTable, 0x1f);
  mark(Immediates.Leb, 0x20, 0x26); // local.*, global.*, table.get, table.set
  mark(Immediates.MemArg, 0x28, 0x3e); // loads and stores
  mark(Immediates.Leb, 0x3f, 0x42); // memory.size, memory.grow, i32.const, i64.const
  mark(Immediates.Bytes4, 0x43); // f32.const
  mark(Immediates.Bytes8, 0x44); // f64.const
  mark(Immediates.None, 0x45, 0xc4); // numeric instructions, sign extension
  mark(Immediates.Leb, 0xd0); // ref.null
  mark(Immediates.None, 0xd1); // ref.is_null
  mark(Immediates.Leb, 0xd2); // ref.func
  mark(Immediates.Bulk, Op.BulkPrefix);
  mark(Immediates.Simd, Op.SimdPrefix);
  mark(Immediates.Atomic, Op.AtomicPrefix);
  return table;
}

/**
 * Steps over the immediates of `opcode`, which the reader has just read.
 *
 * Covers the core instructions, sign extension, saturating truncation, bulk
 * memory, reference types, (relaxed) SIMD, threads, tail calls, and both the
 * legacy and the standard exception handling. Anything else, the GC and the
 * function-references proposals above all, is an `UNSUPPORTED` error: a wrong
 * guess would leave loops unmetered.
 */
export function skipImmediates(reader: ByteReader, opcode: number): void {
  switch (IMMEDIATES[opcode]) {
    case Immediates.None:
      return;
    case Immediates.Leb:
      return reader.skipLeb();
    case Immediates.TwoLebs:
      reader.skipLeb();
      return reader.skipLeb();
    case Immediates.MemArg:
      return skipMemArg(reader);
    case Immediates.BlockType:
      return skipBlockType(reader);
    case Immediates.Bytes4:
      return reader.skip(4);
    case Immediates.Bytes8:
      return reader.skip(8);
    case Immediates.BrTable:
      for (let labels = reader.u32() + 1; labels > 0; labels--) reader.skipLeb();
      return;
    case Immediates.SelectTypes:
      for (let types = reader.u32(); types > 0; types--) readValueType(reader);
      return;
    case Immediates.TryTable:
      return skipTryTable(reader);
    case Immediates.Bulk:
      return skipBulk(reader);
    case Immediates.Simd:
      return skipSimd(reader);
    case Immediates.Atomic:
      return skipAtomic(reader);
    default:
      throw unsupported(`opcode ${hex(opcode)}`, reader.pos - 1);
  }
}

/** A table for {@link nextMarked}: 1 for each of these opcodes. */
export function markOpcodes(opcodes: readonly number[]): Uint8Array {
  const marked = new Uint8Array(256);
  for (const opcode of opcodes) marked[opcode] = 1;
  return marked;
}

/**
 * Steps over instructions up to the next one whose opcode is marked, reads that
 * opcode and returns it.
 *
 * The hot loop of the rewriter, which mostly runs before V8 has optimized
 * anything: so the common immediates are stepped over without a call. A read past
 * the end gives `undefined`, which stops the inner loops, and then the outer one.
 */
export function nextMarked(reader: ByteReader, marked: Uint8Array): number {
  const { bytes, end } = reader;
  let pos = reader.pos;
  while (pos < end) {
    const op = bytes[pos++] as number;
    if (marked[op] === 1) {
      reader.pos = pos;
      return op;
    }
    const kind = IMMEDIATES[op];
    if (kind === Immediates.None) continue;
    if (kind === Immediates.MemArg && (bytes[pos] as number) < 0x40) {
      pos++; // a plain alignment; the offset is a LEB128 as below
    } else if (kind !== Immediates.Leb) {
      reader.pos = pos;
      skipImmediates(reader, op);
      pos = reader.pos;
      continue;
    }
    while ((bytes[pos++] as number) >= 0x80);
  }
  throw malformed("unexpected end", end);
}

/** A block type is `0x40`, a value type, or a type index as a non-negative s33 (core spec 5.4.1). */
function skipBlockType(reader: ByteReader): void {
  const start = reader.pos;
  const first = reader.u8();
  if (first >= 0x80) {
    reader.pos = start;
    reader.skipLeb();
  } else if (first > EMPTY_BLOCK) {
    reader.pos = start;
    readValueType(reader);
  }
}

/** Alignment, then offset; bit 6 of the alignment says that a memory index stands between. */
function skipMemArg(reader: ByteReader): void {
  if (reader.u32() & 0x40) reader.skipLeb();
  reader.skipLeb();
}

/** Catch clauses 0 and 1 carry a tag, all of them a label. */
function skipTryTable(reader: ByteReader): void {
  skipBlockType(reader);
  for (let clauses = reader.u32(); clauses > 0; clauses--) {
    const kind = reader.u8();
    if (kind > 3) throw malformed(`catch clause ${hex(kind)}`, reader.pos - 1);
    if (kind < 2) reader.skipLeb();
    reader.skipLeb();
  }
}

/** Instructions behind 0xfc whose topmost operand is a length (all but `*.drop` and `table.size`). */
export const Bulk = {
  MemoryInit: 8,
  MemoryCopy: 10,
  MemoryFill: 11,
  TableInit: 12,
  TableCopy: 14,
  TableGrow: 15,
  TableFill: 17,
} as const;

const BULK_IMMEDIATES = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

function skipBulk(reader: ByteReader): void {
  const sub = reader.u32();
  let lebs = BULK_IMMEDIATES[sub];
  if (lebs === undefined) throw unsupported(`opcode 0xfc ${sub}`, reader.pos);
  for (; lebs > 0; lebs--) reader.skipLeb();
}

function skipSimd(reader: ByteReader): void {
  const sub = reader.u32();
  if (sub <= 11 || sub === 92 || sub === 93) {
    skipMemArg(reader); // loads, stores, load32_zero, load64_zero
  } else if (sub === 12 || sub === 13) {
    reader.skip(16); // v128.const, i8x16.shuffle
  } else if (sub >= 21 && sub <= 34) {
    reader.skip(1); // extract_lane, replace_lane
  } else if (sub >= 84 && sub <= 91) {
    skipMemArg(reader); // load_lane, store_lane
    reader.skip(1);
  } else if (sub > 275) {
    throw unsupported(`opcode 0xfd ${sub}`, reader.pos); // relaxed SIMD ends at 275
  }
}

function skipAtomic(reader: ByteReader): void {
  const sub = reader.u32();
  if (sub <= 2 || (sub >= 0x10 && sub <= 0x4e)) skipMemArg(reader);
  else if (sub === 3) reader.skip(1); // atomic.fence
  else throw unsupported(`opcode 0xfe ${sub}`, reader.pos);
}
