import { EMPTY_BLOCK, Op } from "./opcodes.js";
import { ByteWriter } from "./writer.js";

/** What a function executes when fuel is below zero. */
export interface TrapCall {
  /** The import to call. */
  readonly functionIndex: number;
  /** Whether to pass it local 0. */
  readonly passLocal0: boolean;
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
export class Charges {
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

  /** Takes 1 fuel. */
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

  /** Takes `length >> bulkShift` fuel, where the length is the topmost operand. */
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
    code.u8(Op.I32Const);
    code.s32(0);
    code.u8(Op.I32LtS);
    code.u8(Op.If);
    code.u8(EMPTY_BLOCK);
    if (this.#trap.passLocal0) {
      code.u8(Op.LocalGet);
      code.u32(0);
    }
    code.u8(Op.Call);
    code.u32(this.#trap.functionIndex);
    code.u8(Op.End);
  }
}

function remember(cache: Map<number, Uint8Array>, scratch: number, code: ByteWriter): Uint8Array {
  const bytes = code.view();
  cache.set(scratch, bytes);
  return bytes;
}
