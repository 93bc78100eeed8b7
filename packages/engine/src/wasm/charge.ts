import { EMPTY_BLOCK, Op } from "./opcodes.js";
import { ByteWriter } from "./writer.js";

/** What a function executes when fuel is below zero. */
export interface TrapCall {
  /** The import to call. */
  readonly functionIndex: number;
  /** Whether to pass it local 0. */
  readonly passLocal0: boolean;
  /** Whether it gives an i32, which means nothing. */
  readonly hasResult: boolean;
}

/** The instruction sequences that a function body gets, with `scratch` as its first free local. */
export interface ChargePlan {
  /** How many i32 locals the sequences need. */
  readonly locals: number;
  /** Takes 1 fuel. */
  one(scratch: number): Uint8Array;
  /** Takes `length >> bulkShift` fuel, where the length is the topmost operand. */
  length(scratch: number): Uint8Array;
}

/**
 * The instruction sequences that spend fuel. Both need one scratch i32 local and
 * leave the operand stack as they found it, so they fit at any instruction.
 *
 * Why the counter cannot wrap: a check starts from fuel >= 0 and takes at most
 * 2^31 - 1 (a length is below 2^32 and `bulkShift` is at least 1), so it ends
 * at -(2^31 - 1) or above. The next check again starts from fuel >= 0, because a
 * check that ends below zero calls the trap, and the trap must refuel or throw.
 */
export class Charges implements ChargePlan {
  readonly locals = 1;
  readonly #fuelGlobal: number;
  readonly #bulkShift: number;
  readonly #trap: TrapCall;
  // Scratch locals have few distinct indexes, so sequences are shared between functions.
  readonly #one = new Map<number, Uint8Array>();
  readonly #length = new Map<number, Uint8Array>();

  constructor(fuelGlobal: number, bulkShift: number, trap: TrapCall) {
    this.#fuelGlobal = fuelGlobal;
    this.#bulkShift = bulkShift;
    this.#trap = trap;
  }

  one(scratch: number): Uint8Array {
    const known = this.#one.get(scratch);
    if (known !== undefined) return known;
    const code = new ByteWriter(32);
    this.#global(code, Op.GlobalGet);
    code.u8(Op.I32Const);
    code.s32(1);
    this.#subtractAndCheck(code, scratch);
    return remember(this.#one, scratch, code);
  }

  length(scratch: number): Uint8Array {
    const known = this.#length.get(scratch);
    if (known !== undefined) return known;
    const code = new ByteWriter(32);
    code.u8(Op.LocalTee);
    code.u32(scratch);
    this.#global(code, Op.GlobalGet);
    code.u8(Op.LocalGet);
    code.u32(scratch);
    code.u8(Op.I32Const);
    code.s32(this.#bulkShift);
    code.u8(Op.I32ShrU);
    this.#subtractAndCheck(code, scratch);
    return remember(this.#length, scratch, code);
  }

  #global(code: ByteWriter, op: number): void {
    code.u8(op);
    code.u32(this.#fuelGlobal);
  }

  #subtractAndCheck(code: ByteWriter, scratch: number): void {
    code.u8(Op.I32Sub);
    code.u8(Op.LocalTee);
    code.u32(scratch);
    this.#global(code, Op.GlobalSet);
    code.u8(Op.LocalGet);
    code.u32(scratch);
    trapIfNegative(code, this.#trap);
  }
}

/**
 * Charges of an interpreter's function, which keeps the fuel in a local while it
 * runs: V8 keeps a local in a register, but loads and stores a global each time.
 * The local is stored before everything that may look at the counter (calls,
 * traps, returns) and loaded again after it. The dispatch loop may count without
 * looking, if each opcode that can close a cycle looks: {@link count}, {@link check}.
 */
export class CachedCharges implements ChargePlan {
  readonly locals = 2; // the fuel, and a length
  readonly #fuelGlobal: number;
  readonly #bulkShift: number;
  readonly #trap: TrapCall;
  // Around each of some thousand calls.
  readonly #load = new Map<number, Uint8Array>();
  readonly #store = new Map<number, Uint8Array>();

  constructor(fuelGlobal: number, bulkShift: number, trap: TrapCall) {
    this.#fuelGlobal = fuelGlobal;
    this.#bulkShift = bulkShift;
    this.#trap = trap;
  }

  /** Loads the local from the counter. */
  load(scratch: number): Uint8Array {
    const known = this.#load.get(scratch);
    return known ?? remember(this.#load, scratch, this.#move(Op.GlobalGet, this.#fuelGlobal, Op.LocalSet, scratch));
  }

  /** Stores the local into the counter. */
  store(scratch: number): Uint8Array {
    const known = this.#store.get(scratch);
    return known ?? remember(this.#store, scratch, this.#move(Op.LocalGet, scratch, Op.GlobalSet, this.#fuelGlobal));
  }

  one(scratch: number): Uint8Array {
    const code = new ByteWriter(32);
    code.u8(Op.LocalGet);
    code.u32(scratch);
    code.u8(Op.I32Const);
    code.s32(1);
    return this.#subtractAndCheck(code, scratch);
  }

  length(scratch: number): Uint8Array {
    const code = new ByteWriter(32);
    code.u8(Op.LocalTee);
    code.u32(scratch + 1);
    code.u8(Op.LocalGet);
    code.u32(scratch);
    code.u8(Op.LocalGet);
    code.u32(scratch + 1);
    code.u8(Op.I32Const);
    code.s32(this.#bulkShift);
    code.u8(Op.I32ShrU);
    return this.#subtractAndCheck(code, scratch);
  }

  /** Takes 1 fuel without looking whether there is any. */
  count(scratch: number): Uint8Array {
    const code = new ByteWriter(12);
    code.u8(Op.LocalGet);
    code.u32(scratch);
    code.u8(Op.I32Const);
    code.s32(1);
    code.u8(Op.I32Sub);
    code.u8(Op.LocalSet);
    code.u32(scratch);
    return code.view();
  }

  /** Looks whether there is any fuel left, and traps if not. */
  check(scratch: number): Uint8Array {
    const code = new ByteWriter(32);
    code.u8(Op.LocalGet);
    code.u32(scratch);
    trapIfNegative(code, this.#trap, this.store(scratch), this.load(scratch));
    return code.view();
  }

  #move(from: number, source: number, to: number, target: number): ByteWriter {
    const code = new ByteWriter(12);
    code.u8(from);
    code.u32(source);
    code.u8(to);
    code.u32(target);
    return code;
  }

  #subtractAndCheck(code: ByteWriter, scratch: number): Uint8Array {
    code.u8(Op.I32Sub);
    code.u8(Op.LocalTee);
    code.u32(scratch);
    trapIfNegative(code, this.#trap, this.store(scratch), this.load(scratch));
    return code.view();
  }
}

const NOTHING: Uint8Array = new Uint8Array();

/** Calls the trap if the fuel on the operand stack is below zero, between what is to be done around the call. */
function trapIfNegative(code: ByteWriter, trap: TrapCall, before = NOTHING, after = NOTHING): void {
  code.u8(Op.I32Const);
  code.s32(0);
  code.u8(Op.I32LtS);
  code.u8(Op.If);
  code.u8(EMPTY_BLOCK);
  code.bytes(before);
  if (trap.passLocal0) {
    code.u8(Op.LocalGet);
    code.u32(0);
  }
  code.u8(Op.Call);
  code.u32(trap.functionIndex);
  if (trap.hasResult) code.u8(Op.Drop);
  code.bytes(after);
  code.u8(Op.End);
}

function remember(cache: Map<number, Uint8Array>, scratch: number, code: ByteWriter): Uint8Array {
  const bytes = code.view();
  cache.set(scratch, bytes);
  return bytes;
}
