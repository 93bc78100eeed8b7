import { SpellError, isSpellError } from "@llmspell/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Float,
  FunctionRef,
  Handle,
  HostFunction,
  MAX_VALUE_DEPTH,
  asText,
  textField,
  type ScriptValue,
} from "../value.js";
import type { Guest } from "../engine.js";
import { GuestEnd, HostEnd } from "./ends.js";
import { BorrowedFunctions } from "./host-functions.js";
import { decode, decodeError, encode, encodeError, type Wire, type WireEnd } from "./wire.js";

const guestEnd = (maxBytes: number): GuestEnd =>
  new GuestEnd(
    maxBytes,
    new BorrowedFunctions(
      () => null,
      () => {},
    ),
  );
const host = (maxBytes = 1e6): HostEnd => new HostEnd(maxBytes, () => {});

/** Posts a value from one thread to another. */
function post(value: unknown, from: WireEnd = host(), to: WireEnd = guestEnd(from.maxBytes)): ScriptValue {
  return decode(structuredClone(encode(value, from)) as Wire, to);
}

describe("plain data", () => {
  const leaf = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.uint8Array(),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("value")),
      fc.dictionary(fc.oneof(fc.string(), fc.constant("__proto__")), tie("value"), { noNullPrototype: true }),
    ),
  }));

  it("arrives as it was sent, in both directions", () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(post(sent)).toEqual(sent);
        expect(post(sent, guestEnd(Infinity), host())).toEqual(sent);
      }),
    );
  });

  it("is a copy, of bytes without the buffer around them", () => {
    const buffer = new Uint8Array(1000).fill(7);
    const wire = encode({ part: buffer.subarray(10, 12) }, host()) as { part: Uint8Array };
    expect(wire.part.buffer.byteLength).toBe(2);
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    const arrived = post(shared) as Uint8Array;
    shared[0] = 1;
    expect([...arrived]).toEqual([0, 0]);
  });

  it("keeps minus zero, NaN, undefined fields and keys of every name", () => {
    const sent = { a: -0, b: NaN, c: undefined, ["__proto__"]: { x: 1 }, constructor: 1, "": 2 };
    Object.defineProperty(sent, "__proto__", { value: { x: 1 }, enumerable: true });
    expect(post(sent)).toEqual(sent);
    expect(Object.is((post(sent) as { a: number }).a, -0)).toBe(true);
  });

  it("can be a response that also is text", () => {
    const arrived = post(asText({ text: "hi", n: 1 }, "text")) as object;
    expect(arrived).toEqual({ text: "hi", n: 1 });
    expect(textField(arrived)).toBe("text");
  });

  it("cannot pass for something else", () => {
    const sent = { function: 1, handle: ["box", 1], error: ["LIMIT_FUEL", "x", {}, null] };
    expect(post(sent)).toEqual(sent);
    expect(post(new Map([["handle", ["box", 1]]]))).not.toBeInstanceOf(Handle);
  });
});

describe("what the other end is to refuse", () => {
  class Account {
    readonly owner = "me";
  }
  it.each([
    ["a Map", new Map(), "Map"],
    ["a Date", new Date(0), "Date"],
    ["an instance", new Account(), "Account"],
  ])("%s is still one of its kind there", (_, value, name) => {
    const { list } = post({ list: [1, value] }) as { list: [number, object] };
    expect(list[1].constructor.name).toBe(name);
    expect(Object.getPrototypeOf(list[1])).not.toBe(Object.prototype);
  });

  it("a function and a symbol are", () => {
    expect(typeof post(() => 1)).toBe("function");
    expect(typeof post(Symbol("s"))).toBe("symbol");
  });

  it("a cycle is too deep, and costs no more than one way down", () => {
    const cycle: Record<string, unknown> = {};
    for (const key of ["a", "b", "c"]) cycle[key] = cycle;
    let depth = 0;
    for (let at = post(cycle) as { a?: never } | undefined; at !== undefined; at = at.a) depth++;
    expect(depth).toBe(MAX_VALUE_DEPTH + 2);
  });

  it("something larger than valueBytes is too large there too, without being sent", () => {
    const end = host(10_000);
    for (const value of [
      "x".repeat(20_000),
      { list: Array.from({ length: 20_000 }, () => 1) },
      new Uint8Array(1e6),
      Object.assign([], { length: 4e9 }),
    ]) {
      expect(encode(value, end)).toEqual(new Map([["oversize", null]]));
      expect(post(value, end)).toHaveLength(10_001);
    }
  });

  it("a function of another guest, or one that was released, is unknown", () => {
    const [mine, theirs] = [host(), host()];
    const ref = decode(new Map([["function", 3]]) as Wire, mine) as FunctionRef;
    expect(encode(ref, mine)).toEqual(new Map([["function", 3]]));
    expect(encode(ref, theirs)).toEqual(new Map([["function", 0]]));
    ref.release();
    expect(encode(ref, mine)).toEqual(new Map([["function", 0]]));
  });
});

describe("references", () => {
  it("a function goes out and comes back as itself; releasing it twice tells once", () => {
    const told: number[] = [];
    const [outside, inside] = [new HostEnd(1e6, (fn) => told.push(fn)), guestEnd(1e6)];
    let released = 0;
    const fn = new FunctionRef(9, () => released++);
    const out = post(fn, inside, outside) as FunctionRef;
    expect(post([out], outside, inside)).toEqual([fn]);
    expect((post([out], outside, inside) as unknown[])[0]).toBe(fn);
    out.release();
    out.release();
    expect(told).toEqual([out.id]);
    for (const id of told) inside.release(id);
    expect(released).toBe(1);
    expect(post(out, outside, inside)).not.toBe(fn);
  });

  it("a function of the host stays there, comes back as itself, and is released when all that was sent is let go of", () => {
    const outside = host();
    const drops: [number, number][] = [];
    const borrowed = new BorrowedFunctions(
      () => "called",
      (id, received) => drops.push([id, received]),
    );
    const inside = new GuestEnd(1e6, borrowed);
    let released = 0;
    const fn = new HostFunction(
      "fn",
      () => null,
      () => released++,
    );
    const there = post(fn, outside, inside) as HostFunction;
    expect([there.name, there.call([], {} as Guest), post([fn], outside, inside)]).toEqual(["fn", "called", [there]]);
    expect(post(there, inside, outside)).toBe(fn);
    there.released();
    // It is on its way again before the host hears of it.
    const again = post(fn, outside, inside) as HostFunction;
    for (const [id, received] of drops.splice(0)) outside.lent.dropped(id, received);
    expect([released, post(again, inside, outside)]).toEqual([0, fn]);
    again.released();
    for (const [id, received] of drops.splice(0)) outside.lent.dropped(id, received);
    expect(released).toBe(1);
    expect(() => outside.lent.get(1)).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    expect(() => (post(again, inside, outside) as HostFunction).call([], {} as Guest)).toThrow("revoked");
  });

  it("a whole float stays one", () => {
    expect(post([new Float(3)])).toEqual([new Float(3)]);
  });

  it("a handle keeps its kind and id", () => {
    expect(post({ box: new Handle("box", 4) })).toEqual({ box: new Handle("box", 4) });
  });
});

describe("errors", () => {
  const send = (error: SpellError, from: WireEnd, to: WireEnd): SpellError =>
    decodeError(structuredClone(encodeError(error, from)) as Wire, to);

  it("keep code, message, details and the chain of causes", () => {
    const root = new SpellError("PROVIDER_NETWORK", "no answer", { details: { after: 3 } });
    const error = new SpellError("TOOL_FAILED", "bad luck", { details: { tool: "dice", rolls: [1n] }, cause: root });
    const arrived = send(error, host(), guestEnd(1e6));
    expect(arrived).toMatchObject({ code: "TOOL_FAILED", message: "bad luck", details: { tool: "dice", rolls: [1n] } });
    expect(arrived.cause).toMatchObject({ code: "PROVIDER_NETWORK", message: "no answer", details: { after: 3 } });
  });

  it("leave foreign causes with the host, and find them there again", () => {
    const [outside, inside] = [host(), guestEnd(1e6)];
    const secret = new TypeError("secret of the host");
    const wire = encodeError(new SpellError("INTERNAL", "the host failed", { cause: secret }), outside);
    expect(JSON.stringify(wire, (_, v: unknown) => (v instanceof Map ? [...v] : v))).not.toContain("secret");
    const there = decodeError(structuredClone(wire) as Wire, inside);
    expect(JSON.stringify(there)).not.toContain("secret");
    const wrapped = new SpellError(there.code, there.message, { cause: there.cause });
    expect(send(wrapped, inside, outside).cause).toBe(secret);
  });

  it("remember only so many causes", () => {
    const [outside, inside] = [host(), guestEnd(1e6)];
    const sent = Array.from({ length: 1000 }, (_, i) =>
      send(new SpellError("INTERNAL", "x", { cause: new Error(String(i)) }), outside, inside),
    );
    const back = sent.map((error) => send(error, inside, outside).cause);
    expect(back.filter((cause) => cause !== undefined)).toHaveLength(256);
  });

  it("show of a failure in the guest's thread its name and message, and no stack", () => {
    const failure = send(
      new SpellError("INTERNAL", "x", { cause: new RangeError("deep") }),
      guestEnd(Infinity),
      host(),
    );
    expect(failure.cause).toMatchObject({ name: "RangeError", message: "deep", stack: "RangeError: deep" });
  });

  it("have free-form details: what cannot cross is as JSON shows it", () => {
    class Money {
      toJSON(): unknown {
        return { euro: 3 };
      }
    }
    const details = { at: new Date(0), price: new Money(), fn: () => 1, inner: new SpellError("NOT_FOUND", "x"), n: 1 };
    expect(send(new SpellError("TOOL_FAILED", "x", { details }), host(), guestEnd(1e6)).details).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      price: { euro: 3 },
      inner: { code: "NOT_FOUND", category: "usage", message: "x", details: {} },
      n: 1,
    });
  });

  it("lose details that are too large or contain themselves, and nothing else", () => {
    const cycle: Record<string, unknown> = {};
    for (const key of ["a", "b", "c"]) cycle[key] = cycle;
    const self: Record<string, unknown> = {};
    const looped = new SpellError("TOOL_FAILED", "x", { details: self });
    self["me"] = looped;
    for (const error of [
      new SpellError("TOOL_FAILED", "x", { details: cycle }),
      looped,
      new SpellError("TOOL_FAILED", "x", { details: { big: "x".repeat(20_000) } }),
    ]) {
      const arrived = post([error, 1], host(10_000)) as [SpellError, number];
      expect(arrived[0]).toMatchObject({ code: "TOOL_FAILED", message: "x", details: {} });
      expect(arrived[1]).toBe(1);
    }
  });

  it("with an unknown code are INTERNAL", () => {
    const wire = new Map([["error", ["LIMIT_FOO", "x", {}, undefined]]]) as Wire;
    expect(decodeError(wire, host()).code).toBe("INTERNAL");
    expect(isSpellError(decodeError(null, host()))).toBe(true);
  });
});
