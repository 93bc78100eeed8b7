import { malformed } from "./fault.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/**
 * A cursor over WebAssembly bytes. Every read is checked against `end`, so a
 * truncated or lying module gives a `SpellError` and never a read past it.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  /** Offset of the next byte, from the start of the module. */
  pos: number;

  constructor(bytes: Uint8Array, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }

  get done(): boolean {
    return this.pos >= this.end;
  }

  u8(): number {
    if (this.pos >= this.end) throw malformed("unexpected end", this.pos);
    // In bounds by the check above: `end` never exceeds the array.
    return this.bytes[this.pos++] as number;
  }

  /** Unsigned LEB128 of at most 32 bits (core spec 5.2.2). */
  u32(): number {
    let byte = this.u8();
    if (byte < 0x80) return byte;
    let result = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.u8();
      if (shift === 28 && byte > 0x0f) break;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
    throw malformed("integer longer than 32 bits", this.pos - 1);
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8();
      // The fifth byte holds 4 value bits; its other bits repeat the sign.
      if (shift === 28 && byte !== (byte & 0x08 ? byte | 0x70 : byte & 0x0f)) break;
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift < 28 && byte & 0x40 ? result | (-1 << (shift + 7)) : result;
    }
    throw malformed("integer longer than 32 bits", this.pos - 1);
  }

  /** Steps over any LEB128 integer (the longest, s64, takes 10 bytes). */
  skipLeb(): void {
    const limit = this.pos + 10;
    while (this.u8() >= 0x80) if (this.pos >= limit) throw malformed("integer longer than 64 bits", this.pos);
  }

  skip(count: number): void {
    if (count > this.end - this.pos) throw malformed("unexpected end", this.pos);
    this.pos += count;
  }

  name(): string {
    const length = this.u32();
    const start = this.pos;
    this.skip(length);
    try {
      return UTF8.decode(this.bytes.subarray(start, this.pos));
    } catch {
      throw malformed("name that is not UTF-8", start);
    }
  }

  /** A reader of the next `length` bytes; this one moves past them. */
  sub(length: number): ByteReader {
    const start = this.pos;
    this.skip(length);
    return new ByteReader(this.bytes, start, this.pos);
  }
}
