import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryImage, captureImage } from "./image.js";

const PAGE = 65_536;
const newMemory = (pages = 2): WebAssembly.Memory => new WebAssembly.Memory({ initial: pages, maximum: 8 });
const bytesOf = (memory: WebAssembly.Memory): Uint8Array => new Uint8Array(memory.buffer);
const newGlobal = (value: number): WebAssembly.Global => new WebAssembly.Global({ value: "i32", mutable: true }, value);

const writes = fc.array(
  fc.record({ at: fc.nat(2 * PAGE - 1), length: fc.nat(9000), byte: fc.integer({ min: 1, max: 255 }) }),
  { maxLength: 12 },
);
const skips = fc.array(
  fc.tuple(fc.nat(2 * PAGE), fc.nat(20_000)).map(([at, size]): [number, number] => [at, at + size]),
  { maxLength: 3 },
);

describe("MemoryImage", () => {
  it("restores memory outside the skipped ranges, and nothing inside them", () => {
    fc.assert(
      fc.property(writes, writes, skips, (before, after, skip) => {
        const memory = newMemory();
        const bytes = bytesOf(memory);
        for (const { at, length, byte } of before) bytes.fill(byte, at, at + length);
        const captured = bytes.slice();
        const image = captureImage(memory, [], { skip });
        for (const { at, length, byte } of after) bytes.fill(byte, at, at + length);
        const dirty = bytes.slice();
        image.apply(memory, []);
        const expected = captured;
        for (const [start, end] of skip) expected.set(dirty.subarray(start, end), start);
        expect(Buffer.compare(bytes, expected)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it("fills another instance's fresh memory", () => {
    const memory = newMemory();
    bytesOf(memory).set([1, 2, 3], 5000);
    const other = newMemory();
    captureImage(memory, []).apply(other, [], 0);
    expect(Buffer.compare(bytesOf(other), bytesOf(memory))).toBe(0);
  });

  it("keeps only pages that are not zero, and joins neighbours", () => {
    const memory = newMemory();
    const bytes = bytesOf(memory);
    bytes[4096] = 1;
    bytes[12_287] = 1;
    bytes[2 * PAGE - 1] = 1;
    const image = captureImage(memory, [], { skip: [[4096, 4100]] });
    expect(image.extents.map(({ start, data }) => [start, start + data.length])).toEqual([
      [8192, 12_288],
      [2 * PAGE - 4096, 2 * PAGE],
    ]);
  });

  it("restores globals", () => {
    const globals = [newGlobal(7), newGlobal(-1)];
    const memory = newMemory();
    const image = captureImage(memory, globals);
    for (const global of globals) global.value = 99;
    image.apply(memory, globals);
    expect(globals.map((global) => global.value as number)).toEqual([7, -1]);
  });

  it("leaves what is above the dirty end alone", () => {
    const memory = newMemory();
    const image = captureImage(memory, []);
    const bytes = bytesOf(memory);
    bytes.fill(9);
    image.apply(memory, [], 10_000);
    expect([bytes[9_999], bytes[10_000]]).toEqual([0, 9]);
  });

  it("zeroes what a memory grew by", () => {
    const memory = newMemory();
    bytesOf(memory)[0] = 5;
    const image = captureImage(memory, []);
    image.apply(memory, []);
    memory.grow(1);
    bytesOf(memory).fill(9);
    image.apply(memory, []);
    expect(bytesOf(memory).findLastIndex((byte) => byte !== 0)).toBe(0);
  });

  it("can be made again from its parts", () => {
    const memory = newMemory();
    bytesOf(memory).fill(3, 100, 20_000);
    const skip: [number, number][] = [[8000, 9000]];
    const { byteLength, extents, globals } = captureImage(memory, [], { skip });
    const other = newMemory();
    new MemoryImage({ byteLength, extents, globals, skip }).apply(other, []);
    bytesOf(memory).fill(0, 8000, 9000);
    expect(Buffer.compare(bytesOf(other), bytesOf(memory))).toBe(0);
  });

  it("refuses a smaller memory and other globals", () => {
    const image = captureImage(newMemory(2), []);
    expect(() => image.apply(newMemory(1), [])).toThrow(expect.objectContaining({ code: "INTERNAL" }));
    expect(() => image.apply(newMemory(2), [newGlobal(0)])).toThrow("belongs to another module");
  });
});
