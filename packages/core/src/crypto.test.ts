import { describe, expect, it } from "vitest";
import { decode, encode, hash, randomString, type TextEncoding } from "./crypto.js";

describe("hash", () => {
  // Of the empty text and of "abc", from RFC 1321, RFC 3174 and FIPS 180-4.
  it.each([
    ["md5", "", "d41d8cd98f00b204e9800998ecf8427e"],
    ["md5", "abc", "900150983cd24fb0d6963f7d28e17f72"],
    ["sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    ["sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ] as const)("%s of '%s'", (algorithm, text, expected) => {
    expect(hash(text, algorithm)).toBe(expected);
  });

  it("is of the bytes, which text is in UTF-8", () => {
    expect(hash("ä")).toBe(hash(Uint8Array.of(0xc3, 0xa4)));
    expect(hash("x", "sha512")).toHaveLength(128);
    expect(hash("x", "sha384")).toHaveLength(96);
  });
});

describe("randomString", () => {
  it("gives each character the same chance, and never the same twice", () => {
    const counts = new Map<string, number>();
    for (const letter of randomString(60_000, "abc")) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    // Six standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 20_000)).toBeLessThan(700);
    expect(new Set(Array.from({ length: 1000 }, () => randomString(16))).size).toBe(1000);
    expect(randomString(5, "👍👎")).toMatch(/^(?:👍|👎){5}$/u);
  });

  it.each([
    [-1, "ab"],
    [1.5, "ab"],
    [1e6, "ab"],
    [3, "aa"],
  ])("refuses %d of '%s'", (length, charset) => {
    expect(() => randomString(length, charset)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("encode and decode", () => {
  it.each<[TextEncoding, string]>([
    ["base64", "aMOkPz/wn5GNCg=="],
    ["base64url", "aMOkPz_wn5GNCg"],
    ["hex", "68c3a43f3ff09f918d0a"],
    ["url", "h%C3%A4%3F%3F%F0%9F%91%8D%0A"],
  ])("%s", (encoding, expected) => {
    const text = "hä??👍\n";
    expect(encode(text, encoding)).toBe(expected);
    expect(Buffer.from(decode(expected, encoding)).toString()).toBe(text);
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(decode(encode(bytes, encoding), encoding)).toEqual(bytes);
  });

  it.each<[TextEncoding, string]>([
    ["base64", "a*"],
    ["base64", "abcde"],
    ["base64url", "a+b="],
    ["hex", "abc"],
    ["hex", "zz"],
    ["url", "%2"],
  ])("%s refuses '%s'", (encoding, text) => {
    expect(() => decode(text, encoding)).toThrow(expect.objectContaining({ code: "SYNTAX_ERROR" }));
  });
});
