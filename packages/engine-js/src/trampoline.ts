import {
  ByteWriter,
  Op,
  ValueType,
  callerOf,
  exportedFunction,
  importedFunction,
  type WasmModule,
} from "@llmspell/engine/wasm";
import { Tag, VALUE_BYTES } from "./layout.js";

const { I32, I64 } = ValueType;
/** `JSCFunctionData` (quickjs.h): context, `this`, argc, argv, magic, data. */
const C_FUNCTION_DATA = { params: [I32, I64, I32, I32, I32, I32], results: [I64] };
const [CTX, THIS, ARGC, ARGV, MAGIC, DATA, ANSWER, VALUE, RESULT] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
/** An answer is the address of a value, whose lowest bits say what becomes of it. */
const KIND_MASK = 7;

/** What becomes of the value that a host call answers with. */
export const Answer = {
  /** There is no value: the function's own way to be called, its first datum, is taken with the same arguments. */
  ownWay: 0,
  /** It is the result. */
  result: 0,
  /** The second datum is called with it as `this`: a number is a pending operation, text an error or a value. */
  later: 1,
  /** The third datum is called with it as `this`: the result of a function that always gives a promise. */
  promise: 2,
} as const;

/**
 * Machine code for what QuickJS calls for a function of the host, in the place of
 * the one in `quickjs-wasi`: arguments stay where they are, and the result is read
 * from where the host has put it, so nothing is allocated. What needs guest code
 * is called from here, with no frame of the host on the stack.
 *
 * The import `host_call` gets argc, argv, magic, data, and the address of the object
 * that is `this`, or 0.
 *
 * @returns the index of the function, and its body
 */
export function hostTrampoline(module: WasmModule): [functionIndex: number, body: Uint8Array] {
  const hostCall = importedFunction(module, "host_call");
  const call = exportedFunction(module, "JS_Call");
  const freeValue = exportedFunction(module, "JS_FreeValue");
  const code = new ByteWriter(128);
  const get = (...locals: readonly number[]): void => {
    for (const local of locals) code.bytes([Op.LocalGet, local]);
  };
  const constant = (value: number): void => {
    code.u8(Op.I32Const);
    code.s32(value);
  };
  const callTo = (index: number): void => {
    code.u8(Op.Call);
    code.u32(index);
  };
  const loadValue = (): void => code.bytes([Op.I64Load, 3, 0]);

  code.bytes([2, 1, I32, 2, I64]); // locals: the answer; its value and what is made of it
  get(ARGC, ARGV, MAGIC, DATA);
  // What is not an object must not be taken for the address of one.
  get(THIS);
  code.u8(Op.I32WrapI64);
  constant(0);
  get(THIS);
  code.bytes([Op.I64Const, 32, Op.I64ShrU, Op.I32WrapI64]);
  constant(Tag.object);
  code.bytes([Op.I32Eq, Op.Select]);
  callTo(hostCall);
  code.bytes([Op.LocalTee, ANSWER, Op.I32Eqz, Op.If, EMPTY_BLOCK]);
  get(CTX, DATA);
  loadValue();
  get(THIS, ARGC, ARGV);
  callTo(call);
  code.bytes([Op.Return, Op.End]);

  get(ANSWER);
  constant(~KIND_MASK);
  code.u8(Op.I32And);
  loadValue();
  code.bytes([Op.LocalSet, VALUE]);
  get(ANSWER);
  constant(KIND_MASK);
  code.bytes([Op.I32And, Op.LocalTee, ANSWER, Op.I32Eqz, Op.If, EMPTY_BLOCK]);
  get(VALUE);
  code.bytes([Op.Return, Op.End]);

  get(CTX, DATA, ANSWER);
  constant(Math.log2(VALUE_BYTES));
  code.bytes([Op.I32Shl, Op.I32Add]);
  loadValue();
  get(VALUE);
  constant(0);
  constant(0);
  callTo(call);
  code.bytes([Op.LocalSet, RESULT]);
  get(CTX, VALUE);
  callTo(freeValue);
  get(RESULT);
  code.u8(Op.End);
  return [callerOf(module, "host_call", C_FUNCTION_DATA), code.view()];
}

/** The block type of a block that gives nothing. */
const EMPTY_BLOCK = 0x40;
