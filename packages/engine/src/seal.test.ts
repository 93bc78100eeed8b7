import { describe, expect, it } from "vitest";
import { seal, unseal } from "./index.js";

const FORMAT = "llmspell-test-1";
const body = new TextEncoder().encode("what is kept ".repeat(100));
const key = new TextEncoder().encode("sixteen bytes at least");
const reason = (is: string): object => expect.objectContaining({ code: "SNAPSHOT_INVALID", details: { reason: is } });

describe("seal", () => {
  it("gives the body back, smaller on the way", () => {
    const sealed = seal(FORMAT, body);
    expect(sealed.length).toBeLessThan(body.length / 5);
    expect(Buffer.compare(unseal(FORMAT, sealed, body.length), body)).toBe(0);
    expect(unseal(FORMAT, seal(FORMAT, new Uint8Array()), 1)).toHaveLength(0);
  });

  it("opens a view into a larger buffer", () => {
    const sealed = seal(FORMAT, body);
    const larger = new Uint8Array(sealed.length + 20);
    larger.set(sealed, 10);
    expect(unseal(FORMAT, larger.subarray(10, 10 + sealed.length), 10_000)).toHaveLength(body.length);
  });

  it("notices every changed byte", () => {
    const sealed = seal(FORMAT, body, { key });
    for (let at = 0; at < sealed.length; at++) {
      const altered = Uint8Array.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => unseal(FORMAT, altered, 10_000, { key })).toThrow(
        expect.objectContaining({ code: "SNAPSHOT_INVALID" }),
      );
    }
  });

  it("says what is wrong", () => {
    const sealed = seal(FORMAT, body);
    expect(() => unseal("llmspell-test-2", sealed, 10_000)).toThrow(
      "of the format 'llmspell-test-1'; expected 'llmspell-test-2'",
    );
    expect(() => unseal(FORMAT, body, 10_000)).toThrow(reason("foreign"));
    expect(() => unseal(FORMAT, sealed.subarray(0, 30), 10_000)).toThrow(reason("truncated"));
    expect(() => unseal(FORMAT, sealed.subarray(0, -1), 10_000)).toThrow(reason("altered"));
    expect(() => unseal(FORMAT, sealed, 10_000, { key })).toThrow(reason("key"));
    expect(() => unseal(FORMAT, seal(FORMAT, body, { key }), 10_000)).toThrow(reason("key"));
    expect(() => unseal(FORMAT, seal(FORMAT, body, { key }), 10_000, { key: key.slice(1) })).toThrow(reason("altered"));
  });

  it("unpacks no bomb", () => {
    const bomb = seal(FORMAT, new Uint8Array(50_000_000));
    expect(bomb.length).toBeLessThan(500_000);
    expect(() => unseal(FORMAT, bomb, 1_000_000)).toThrow(reason("size"));
  });
});
