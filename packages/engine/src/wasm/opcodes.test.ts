import { describe, expect, it } from "vitest";
import { markOpcodes, nextMarked, skipImmediates } from "./opcodes.js";
import { ByteReader } from "./reader.js";

const zeros = (count: number): number[] => Array<number>(count).fill(0);
const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const LONG = [0x80, 0x01]; // 128, in two bytes
const each = (opcodes: number[], immediates: number[]): number[][] => opcodes.map((op) => [op, ...immediates]);
const leb2 = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);

/** One instruction of every shape that there is. */
const INSTRUCTIONS: Record<string, number[][]> = {
  "without immediates": each([0x00, 0x01, 0x05, 0x0a, 0x0b, 0x0f, 0x19, 0x1a, 0x1b, 0xd1, ...range(0x45, 0xc4)], []),
  "with one index": each(
    [0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x18, ...range(0x20, 0x26), 0x3f, 0x40, 0xd0, 0xd2],
    LONG,
  ),
  "with two indexes": each([0x11, 0x13], [...LONG, ...LONG]),
  "with a block type": range(2, 4)
    .concat(6)
    .flatMap((op) => [
      [op, 0x40],
      [op, 0x7f],
      [op, 0x69],
      [op, 0x05],
      [op, 0x80, 0x01],
    ]),
  "with a memory argument": range(0x28, 0x3e).flatMap((op) => [
    [op, 0x02, ...LONG],
    [op, 0x42, 0x01, ...LONG],
  ]),
  constants: [
    [0x41, 0xff, 0xff, 0xff, 0xff, 0x7f],
    [0x42, ...Array<number>(9).fill(0x80), 0x01],
    [0x43, ...zeros(4)],
    [0x44, ...zeros(8)],
  ],
  br_table: [
    [0x0e, 0, 0],
    [0x0e, 2, 0, ...LONG, 1],
  ],
  select: [[0x1c, 1, 0x7f]],
  try_table: [[0x1f, 0x40, 4, 0, 3, 1, 1, 3, 1, 2, 1, 3, 1]],
  "bulk memory and saturating truncation": [
    ...range(0, 7).map((sub) => [0xfc, sub]),
    ...[8, 10, 12, 14].map((sub) => [0xfc, sub, ...LONG, 0]),
    ...[9, 11, 13, 15, 16, 17].map((sub) => [0xfc, sub, ...LONG]),
  ],
  SIMD: [
    ...[...range(0, 11), 92, 93].map((sub) => [0xfd, sub, 4, ...LONG]),
    ...[12, 13].map((sub) => [0xfd, sub, ...zeros(16)]),
    ...range(21, 34).map((sub) => [0xfd, sub, 3]),
    ...range(84, 91).map((sub) => [0xfd, sub, 0, ...LONG, 3]),
    ...[...range(14, 20), ...range(35, 83), ...range(94, 275)].map((sub) => [0xfd, ...leb2(sub)]),
  ],
  atomics: [[0xfe, 3, 0], ...[0, 1, 2, ...range(0x10, 0x4e)].map((sub) => [0xfe, sub, 2, ...LONG])],
};

describe("skipImmediates", () => {
  it.each(Object.entries(INSTRUCTIONS))("steps over instructions %s", (_, instructions) => {
    for (const bytes of instructions) {
      const reader = new ByteReader(Uint8Array.from(bytes));
      skipImmediates(reader, reader.u8());
      expect([bytes, reader.pos]).toEqual([bytes, bytes.length]);
    }
  });

  it("refuses opcodes that it does not know", () => {
    const known = new Set(
      Object.values(INSTRUCTIONS)
        .flat()
        .map((bytes) => bytes[0]),
    );
    const unknown = range(0, 255).filter((op) => !known.has(op));
    expect(unknown.length).toBeGreaterThan(50);
    for (const bytes of [
      ...unknown.map((op) => [op]),
      [0xfc, 18],
      [0xfd, 0x94, 0x02],
      [0xfe, 4],
      [0xfe, 0x4f],
      [0x02, 0x64, 0],
    ]) {
      const reader = new ByteReader(Uint8Array.from([...bytes, ...zeros(16)]));
      expect(() => skipImmediates(reader, reader.u8())).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    }
  });

  it("ends at the end of the bytes, however many labels a table claims", () => {
    const reader = new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0));
    expect(() => skipImmediates(reader, 0x0e)).toThrow("unexpected end at offset 8");
  });
});

describe("nextMarked", () => {
  const marked = markOpcodes([0x01]); // nop

  it.each(Object.entries(INSTRUCTIONS))("steps over instructions %s to the next marked one", (_, instructions) => {
    for (const bytes of instructions) {
      if (bytes[0] === 0x01) continue;
      const reader = new ByteReader(Uint8Array.from([...bytes, 0x01, 0x01]));
      expect([bytes, nextMarked(reader, marked), reader.pos]).toEqual([bytes, 0x01, bytes.length + 1]);
    }
  });

  it.each([[[]], [[0x20, 0x80]], [[0x28, 0x02]], [[0x41]], [[0x43, 0, 0, 0]], [[0x0e, 0x03, 0]]])(
    "ends at the reader's end, though the bytes go on: %j",
    (bytes) => {
      const reader = new ByteReader(Uint8Array.from([...bytes, ...zeros(8), 0x01]), 0, bytes.length);
      expect(() => nextMarked(reader, marked)).toThrow("unexpected end");
    },
  );
});
