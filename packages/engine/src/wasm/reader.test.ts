import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader } from "./reader.js";
import { ByteWriter } from "./writer.js";

const written = (write: (w: ByteWriter) => void): ByteReader => {
  const writer = new ByteWriter(0);
  write(writer);
  return new ByteReader(writer.view());
};

describe("integers", () => {
  it("come back as they were written", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        const reader = written((w) => w.u32(value));
        expect(reader.u32()).toBe(value);
        expect(reader.done).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), (value) => {
        const reader = written((w) => w.s32(value));
        expect(reader.s32()).toBe(value);
        expect(reader.done).toBe(true);
      }),
    );
  });

  it("may be padded, as compilers do", () => {
    expect(new ByteReader(Uint8Array.of(0x83, 0x80, 0x80, 0x80, 0x00)).u32()).toBe(3);
    expect(new ByteReader(Uint8Array.of(0xfd, 0xff, 0xff, 0xff, 0x7f)).s32()).toBe(-3);
  });

  it("are skipped whatever their length", () => {
    const reader = new ByteReader(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x2a));
    reader.skipLeb();
    expect(reader.u8()).toBe(0x2a);
  });

  it.each<[string, number[], (r: ByteReader) => void]>([
    ["u32 with a sixth byte", [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], (r) => r.u32()],
    ["u32 with a 33rd bit", [0xff, 0xff, 0xff, 0xff, 0x1f], (r) => r.u32()],
    ["s32 whose last byte does not repeat the sign", [0xff, 0xff, 0xff, 0xff, 0x0f], (r) => r.s32()],
    ["s32 with a sixth byte", [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], (r) => r.s32()],
    ["an integer of more than 64 bits", Array<number>(11).fill(0x80), (r) => r.skipLeb()],
    ["a truncated integer", [0x80], (r) => r.u32()],
    ["a name past the end", [0x05, 0x61], (r) => r.name()],
    ["a name that is not UTF-8", [0x01, 0xff], (r) => r.name()],
    ["skipping past the end", [0x00], (r) => r.skip(2)],
  ])("reject %s", (_, bytes, read) => {
    expect(() => read(new ByteReader(Uint8Array.from(bytes)))).toThrow(expect.objectContaining({ code: "INTERNAL" }));
  });
});

describe("names and ranges", () => {
  it("come back as they were written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(written((w) => w.name(text)).name()).toBe(text);
      }),
    );
  });

  it("bound a sub-reader to its part", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3));
    const part = reader.sub(2);
    expect([part.u8(), part.u8(), part.done, reader.u8()]).toEqual([1, 2, true, 3]);
    expect(() => part.u8()).toThrow("unexpected end at offset 2");
  });

  it("copy short and long ranges while the buffer grows", () => {
    const source = Uint8Array.from({ length: 300 }, (_, i) => i & 0xff);
    const writer = new ByteWriter(0);
    writer.copy(source, 0, 10);
    writer.copy(source, 10, 300);
    writer.copy(source, 5, 5);
    expect(writer.view()).toEqual(source);
  });
});
