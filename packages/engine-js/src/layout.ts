/**
 * How QuickJS-ng 0.17 lays its values out in the memory of `quickjs-wasi` 3.6.2
 * (quickjs.c, with 32-bit pointers). In any other build `checkLayout` looks whether
 * a sample of everything is read and written as it should be.
 */

/** A `JSValue`: a word, and above it its tag, unless the two are a float (quickjs.h, NaN boxing). */
export const VALUE_BYTES = 8;

/** Tags of values. */
export const Tag = {
  stringRope: -6,
  string: -7,
  object: -1,
  int: 0,
  bool: 1,
  null: 2,
  undefined: 3,
  exception: 6,
  shortBigInt: 7,
} as const;

/** The lowest tag, and how many there are: what is not among them is the upper word of a float. */
export const FIRST_TAG = -9;
export const TAG_COUNT = 17;
/** What is taken from the upper word of a float. */
export const FLOAT_ADDEND = 0x7ff8_0000 - FIRST_TAG + 1;

/** `JSString`: length and width, then hash, kind and type, then two links, then the text or where it is. */
export const JsString = {
  info: 4,
  data: 24,
  lengthMask: 0x7fff_ffff,
  hashMask: 0x0fff_ffff,
  kindShift: 28,
  kinds: { normal: 0, slice: 1, indirect: 2 },
  /** Above the kind; that of a name of a property. */
  typeShift: 30,
  nameType: 1,
  /** A slice: the string it is of, and the byte at which it begins. */
  parent: 24,
  start: 28,
} as const;

/** `JSStringRope`: length, width and depth, then the two parts. */
export const JsRope = { left: 8, right: 16 } as const;

/** `JSObject`. */
export const JsObject = {
  flags: 8,
  exoticFlag: 0x08,
  fastArrayFlag: 0x10,
  classId: 10,
  shape: 12,
  properties: 16,
  /** What the class keeps: a `JSCFunctionDataRecord`, which begins with its function, or the code of a function. */
  own: 24,
  /** A fast array: where its elements are, and how many. */
  elements: 28,
  count: 32,
} as const;

export const ClassId = { object: 1, array: 2 } as const;

/** The classes of functions that have code of a script: plain, generators, asynchronous, asynchronous generators. */
export const CODE_CLASSES: readonly number[] = [13, 17, 55, 59];

/** `JSFunctionBytecode`, where it says what it was compiled from. */
export const Bytecode = { file: 56, line: 60, column: 64 } as const;

/** `JSStackFrame`: the frame of the caller, then the function. */
export const Frame = { caller: 0, fn: 8 } as const;

/** `JSShape`: behind it the hash table, then 8 bytes for each property, its flags and its name. */
export const JsShape = { hashMask: 16, count: 24, prototype: 36, table: 40, flagShift: 26 } as const;

/** Flags of a property (quickjs.h). */
export const PropertyFlag = { enumerable: 1 << 2, kindMask: 3 << 4 } as const;

/** An atom with this bit is the integer in the others. */
export const INTEGER_ATOM = 0x8000_0000;

/** `JSRuntime`: behind five pointers to functions, the allocations, then their bytes. */
export const JsRuntime = { heapBytes: 24, atoms: 568, currentFrame: 660 } as const;

/** `JSContext`: how many jumps and calls are left until QuickJS asks whether to go on. */
export const JsContext = { interruptCounter: 292 } as const;
