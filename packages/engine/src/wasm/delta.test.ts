import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DeltaBase } from "./delta.js";
import { captureImage } from "./image.js";

const PAGE = 65_536;
const newMemory = (pages = 2): WebAssembly.Memory => new WebAssembly.Memory({ initial: pages, maximum: 8 });
const bytesOf = (memory: WebAssembly.Memory): Uint8Array => new Uint8Array(memory.buffer);
const write = (memory: WebAssembly.Memory, list: readonly { at: number; length: number; byte: number }[]): void => {
  for (const { at, length, byte } of list) bytesOf(memory).fill(byte, at, at + length);
};
const writes = fc.array(
  fc.record({ at: fc.nat(2 * PAGE - 1), length: fc.nat(9000), byte: fc.integer({ min: 0, max: 255 }) }),
  { maxLength: 12 },
);

describe("DeltaBase", () => {
  it("brings any state to another memory that holds the image", () => {
    fc.assert(
      fc.property(writes, writes, fc.boolean(), (before, after, grows) => {
        const memory = newMemory();
        write(memory, before);
        const image = captureImage(memory, []);
        const base = new DeltaBase(image);
        if (grows) memory.grow(1);
        write(memory, after);
        const delta = base.capture(memory, [], Infinity);
        expect(base.fits(delta)).toBe(true);

        const other = newMemory(grows ? 3 : 2);
        image.apply(other, [], 0);
        const unpacked = delta.extents.map(({ start, data }) => ({
          start,
          data: base.xor({ start, data: base.xor({ start, data }) }),
        }));
        base.apply({ ...delta, extents: unpacked }, other, []);
        expect(Buffer.compare(bytesOf(other), bytesOf(memory))).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps only pages that differ, outside the skipped ranges and below the dirty end", () => {
    const memory = newMemory();
    write(memory, [{ at: 0, length: 20_000, byte: 7 }]);
    const base = new DeltaBase(captureImage(memory, [], { skip: [[9_000, 10_000]] }));
    write(memory, [
      { at: 5_000, length: 1, byte: 1 },
      { at: 9_500, length: 100, byte: 2 },
      { at: 30_000, length: 1, byte: 3 },
      { at: 100_000, length: 1, byte: 4 },
    ]);
    const { extents } = base.capture(memory, [], 90_000);
    expect(extents.map(({ start, data }) => [start, start + data.length])).toEqual([
      [4096, 8192],
      [28_672, 32_768],
    ]);
  });

  it("is a copy: the memory may go on", () => {
    const memory = newMemory();
    const base = new DeltaBase(captureImage(memory, []));
    bytesOf(memory)[5] = 1;
    const delta = base.capture(memory, [], Infinity);
    bytesOf(memory)[5] = 2;
    expect(delta.extents[0]?.data[5]).toBe(1);
  });

  it("has the same fingerprint for the same image, and another for another", () => {
    const image = (byte: number, skip: [number, number][] = []): string => {
      const memory = newMemory();
      bytesOf(memory)[100] = byte;
      return new DeltaBase(captureImage(memory, [], { skip })).fingerprint;
    };
    expect(image(1)).toBe(image(1));
    expect(new Set([image(1), image(2), image(1, [[8_192, 9_000]])]).size).toBe(3);
  });

  it("refuses deltas that no memory can have", () => {
    const memory = newMemory();
    const global = new WebAssembly.Global({ value: "i32", mutable: true }, 5);
    const base = new DeltaBase(captureImage(memory, [global]));
    const good = base.capture(memory, [global], Infinity);
    const data = new Uint8Array(4096);
    expect(base.fits(good)).toBe(true);
    for (const bad of [
      { ...good, byteLength: 100 },
      { ...good, globals: [] },
      { ...good, globals: ["5"] },
      { ...good, extents: [{ start: -4096, data }] },
      { ...good, extents: [{ start: 0.5, data }] },
      { ...good, extents: [{ start: 2 * PAGE, data }] },
      {
        ...good,
        extents: [
          { start: 4096, data },
          { start: 0, data },
        ],
      },
      {
        ...good,
        extents: [
          { start: 0, data },
          { start: 100, data },
        ],
      },
    ]) {
      expect(base.fits(bad)).toBe(false);
    }
    expect(() => base.apply({ ...good, byteLength: 9 * PAGE }, memory, [global])).toThrow(
      "not one that the snapshot fits",
    );
  });
});
