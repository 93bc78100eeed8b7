import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const BUFFERS: AttackClass = {
  title: "Bytes, buffers and views",
  about:
    "Buffers that shrink, move or vanish while something reads or writes them. Where C keeps an address over a call of the script, memory would be corrupted: nothing outside of the buffer changes.",
  attacks: [
    harmless(
      "bytes of a buffer that was detached",
      "const b = new Uint8Array(8); b.buffer.transfer(); const v = test.echo(b); return v.length === 0",
    ),
    harmless(
      "bytes of a buffer that shrinks while they cross",
      "const b = new ArrayBuffer(1000, { maxByteLength: 2000 }); const u = new Uint8Array(b); const v = test.echo([{ get a() { b.resize(10); return 1n } }, u]); return [10, 1000].includes(v[1].length) && v[1].every((x) => x === 0)",
    ),
    harmless(
      "bytes of a buffer that is detached while they cross",
      "const b = new ArrayBuffer(1000); const u = new Uint8Array(b); const v = test.echo({ get a() { try { b.transfer() } catch {} return 1n }, u }); return v.u.length === 0",
    ),
    harmless(
      "bytes of a view that is out of its buffer",
      "const b = new ArrayBuffer(100, { maxByteLength: 200 }); const u = new Uint8Array(b, 50, 50); b.resize(10); try { return test.echo(u).length === 0 } catch { return true }",
    ),
    harmless(
      "bytes whose length is covered",
      "const u = new Uint8Array([1, 2, 3]); Object.defineProperty(u, 'length', { value: 2 ** 31 }); Object.defineProperty(u, 'byteOffset', { value: -100 }); return test.echo(u).length === 3",
    ),
    harmless(
      "a subclass of Uint8Array",
      "class U extends Uint8Array { get length() { return 2 ** 31 } } const v = test.echo(new U(3)); return Object.getPrototypeOf(v) === Uint8Array.prototype && v.length === 3",
    ),
    harmless(
      "bytes with a prototype of their own",
      "const u = new Uint8Array(3); Object.setPrototypeOf(u, null); const v = test.echo(u); return v[2] === 0 && v[3] === undefined",
    ),
    harmless(
      "a tag of bytes that is claimed",
      "try { return !(test.echo({ [Symbol.toStringTag]: 'Uint8Array', length: 1e9, a: 1 }) instanceof Uint8Array) } catch { return true }",
    ),
    harmless(
      "the tag of typed arrays replaced",
      "Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag, { get: () => 'Uint8Array' }); try { test.echo(new Float64Array(2)); return false } catch { return test.echo(new Uint8Array(2)).length === 2 }",
    ),
    attack("more bytes than may cross", "test.echo(new Uint8Array(200000))", "LIMIT_VALUE", { valueBytes: 100_000 }),
    attack(
      "the same bytes again and again",
      "const u = new Uint8Array(50000); test.echo([u, u, u, u])",
      "LIMIT_VALUE",
      { valueBytes: 100_000 },
    ),
    attack(
      "bytes given, and a refusal, again and again",
      "const u = new Uint8Array(60000); for (let i = 0; i < 50; i++) try { test.echo([u, Symbol()]) } catch (e) { if (e.code !== 'INVALID_ARGUMENT') throw e } return 1",
      ["fine", "LIMIT_VALUE"],
      { valueBytes: 100_000 },
    ),
    harmless(
      "fill with a value that shrinks the buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); const u = new Uint8Array(b); u.fill({ valueOf() { b.resize(16); return 7 } }); return u.length === 16",
    ),
    harmless(
      "fill with a value that detaches the buffer",
      "const u = new Uint8Array(4096); try { u.fill({ valueOf() { u.buffer.transfer(0); return 7 } }) } catch {} return u.length === 0",
    ),
    harmless(
      "set from an array whose getter shrinks the buffer",
      "const b = new ArrayBuffer(64, { maxByteLength: 128 }); const u = new Uint8Array(b); u.set({ length: 64, get 0() { b.resize(1); return 1 } }); return u.length === 1",
    ),
    harmless(
      "set of overlapping views at an edge",
      "const u = new Uint8Array([1, 2, 3, 4]); u.set(u.subarray(0, 3), 1); try { u.set(u, 1); return false } catch { return u.join() === '1,1,2,3' }",
    ),
    harmless(
      "set with an offset that is huge",
      "const u = new Uint8Array(4); for (const at of [2 ** 31, 2 ** 32, 2 ** 53, Infinity, -1]) try { u.set([1], at); return false } catch {} return true",
    ),
    harmless(
      "copyWithin whose argument shrinks the buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); const u = new Uint8Array(b); u.copyWithin(0, 1000, { valueOf() { b.resize(100); return 4096 } }); return u.length === 100",
    ),
    harmless(
      "slice whose species gives a smaller array",
      "class U extends Uint8Array { static get [Symbol.species]() { return function () { return new Uint8Array(1) } } } try { new U(100).slice(); return false } catch { return true }",
    ),
    harmless(
      "slice whose species gives the same buffer",
      "class U extends Uint8Array { static get [Symbol.species]() { return function () { return keep } } } const keep = new U(8); keep.set([1, 2, 3, 4, 5, 6, 7, 8]); new U(keep.buffer).slice(4); return keep.length === 8",
    ),
    harmless(
      "slice whose species shrinks the buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); class U extends Uint8Array { static get [Symbol.species]() { return function (n) { b.resize(8); return new Uint8Array(n) } } } const r = new U(b).slice(); return r.length === 4096 && r[100] === 0",
    ),
    harmless(
      "ArrayBuffer.slice whose species gives itself",
      "const b = new ArrayBuffer(8); b.constructor = { [Symbol.species]: function () { return b } }; try { b.slice(); return false } catch { return true }",
    ),
    harmless(
      "ArrayBuffer.slice whose species detaches",
      "const b = new ArrayBuffer(4096); b.constructor = { [Symbol.species]: function (n) { b.transfer(); return new ArrayBuffer(n) } }; try { b.slice(); return false } catch { return true }",
    ),
    harmless(
      "subarray of a length-tracking view that shrinks",
      "const b = new ArrayBuffer(100, { maxByteLength: 200 }); const u = new Uint8Array(b); const s = u.subarray(50); b.resize(10); return s.length === 0 || s.byteOffset === 0",
    ),
    harmless(
      "sort with a comparator that shrinks the buffer",
      "const b = new ArrayBuffer(256, { maxByteLength: 2560 }); const u = new Uint8Array(b); for (let i = 0; i < 256; i++) u[i] = 255 - i; let n = 0; u.sort((x, y) => { if (++n === 500) b.resize(10); return x - y }); return u.length === 10",
    ),
    harmless(
      "sort with a comparator that detaches the buffer",
      "const u = new Float64Array(512); u[3] = 1; let n = 0; u.sort((x, y) => { if (++n === 100) u.buffer.transfer(); return x - y }); return u.length === 0",
    ),
    harmless(
      "toSorted with a comparator that shrinks the buffer",
      "const b = new ArrayBuffer(256, { maxByteLength: 512 }); const u = new Uint8Array(b); const r = u.toSorted((x, y) => { b.resize(0); return 0 }); return r.length === 256 && u.length === 0",
    ),
    harmless(
      "with whose value shrinks the buffer",
      "const b = new ArrayBuffer(64, { maxByteLength: 128 }); const u = new Uint8Array(b); try { u.with(50, { valueOf() { b.resize(1); return 1 } }); return false } catch { return u.length === 1 }",
    ),
    harmless(
      "indexOf, lastIndexOf and includes from the ends",
      "const u = new Float64Array(4); return [2 ** 53, -(2 ** 53), Infinity, -Infinity, -4.0000001, 1e300].every((at) => [u.indexOf(1, at), u.lastIndexOf(1, at)].every((i) => i === -1) && u.includes(1, at) === false)",
    ),
    harmless(
      "indexOf whose argument shrinks the buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); const u = new Uint8Array(b); return u.indexOf(1, { valueOf() { b.resize(0); return 4000 } }) === -1",
    ),
    harmless(
      "join whose separator shrinks the buffer",
      "const b = new ArrayBuffer(64, { maxByteLength: 128 }); const u = new Uint8Array(b); return u.join({ toString() { b.resize(1); return '-' } }).length <= 64 + 2",
    ),
    harmless(
      "map whose function shrinks the buffer",
      "const b = new ArrayBuffer(64, { maxByteLength: 128 }); const u = new Uint8Array(b); return u.map((x) => { b.resize(1); return 5 }).length === 64",
    ),
    harmless(
      "an iterator over a buffer that shrinks",
      "const b = new ArrayBuffer(64, { maxByteLength: 128 }); const u = new Uint8Array(b); let n = 0; for (const x of u) { if (n++ === 3) b.resize(2) } return n === 4",
    ),
    harmless(
      "a view over the end of a buffer",
      "const b = new ArrayBuffer(8); for (const f of [() => new Uint32Array(b, 4, 2), () => new Uint32Array(b, 1), () => new DataView(b, 9), () => new Uint8Array(b, 2 ** 32), () => new DataView(b, 0, 2 ** 53 - 1)]) try { f(); return false } catch {} return true",
    ),
    harmless(
      "a view whose offset shrinks the buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); try { const u = new Uint8Array(b, { valueOf() { b.resize(1); return 2000 } }, 10); return u.length === 0 } catch { return true }",
    ),
    harmless(
      "DataView at the ends",
      "const d = new DataView(new ArrayBuffer(8)); for (const at of [1, 8, -1, 2 ** 32, 2 ** 53, Infinity, NaN + 9]) try { d.getFloat64(at); if (at === at) return false } catch {} return true",
    ),
    harmless(
      "DataView whose value shrinks the buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); const d = new DataView(b); for (const set of ['setInt8', 'setUint32', 'setFloat64', 'setBigInt64']) { b.resize(4096); try { d[set](4000, { valueOf() { b.resize(8); return set === 'setBigInt64' ? 1n : 1 } }); return false } catch {} } return true",
    ),
    harmless(
      "an element whose value shrinks the buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); const u = new Uint8Array(b); u[4000] = { valueOf() { b.resize(8); return 1 } }; return u.length === 8 && u[4000] === undefined",
    ),
    harmless(
      "an element whose value detaches the buffer",
      "const u = new BigInt64Array(512); u[500] = { valueOf() { u.buffer.transfer(0); return 1n } }; return u.length === 0",
    ),
    harmless(
      "resize to more than the most",
      "const b = new ArrayBuffer(8, { maxByteLength: 16 }); for (const n of [17, 2 ** 32, -1]) try { b.resize(n); return false } catch {} try { b.resize(Infinity) } catch {} return b.byteLength <= 8",
    ),
    harmless(
      "resize whose argument detaches the buffer",
      "const b = new ArrayBuffer(8, { maxByteLength: 16 }); try { b.resize({ valueOf() { b.transfer(); return 16 } }); return false } catch { return b.byteLength === 0 }",
    ),
    harmless(
      "transfer whose argument detaches the buffer",
      "const b = new ArrayBuffer(8); try { b.transfer({ valueOf() { b.transfer(); return 16 } }); return false } catch { return b.detached }",
    ),
    harmless(
      "transfer of a buffer whose bytes are crossing",
      "const u = new Uint8Array(16).fill(9); const v = test.echo([u, { get x() { u.buffer.transfer(0); return 1n } }]); return v[0][0] === 9",
    ),
    attack(
      "a resizable buffer with a huge most",
      "const b = new ArrayBuffer(0, { maxByteLength: 2 ** 40 }); b.resize(2 ** 30)",
      ["SCRIPT_ERROR", "LIMIT_MEMORY"],
    ),
    attack("a buffer that is too large", "new ArrayBuffer(2 ** 30)", "LIMIT_MEMORY"),
    attack("a typed array that is too large", "new Float64Array(2 ** 26)", "LIMIT_MEMORY"),
    attack(
      "a typed array of an endless iterator",
      "new Uint8Array({ [Symbol.iterator]: function* () { for (;;) yield 1 } })",
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack("a typed array of an object with a huge length", "new Uint8Array({ length: 2 ** 53 - 1 })", [
      "SCRIPT_ERROR",
      "LIMIT_MEMORY",
    ]),
    attack(
      "Uint8Array.fromBase64 and toHex of much",
      "const u = new Uint8Array(2000000); if (!u.toHex) for (;;); u.toHex() + u.toHex() + u.toBase64() + u.toBase64()",
      ["LIMIT_MEMORY", "LIMIT_FUEL"],
    ),
    harmless(
      "shared memory",
      "return typeof SharedArrayBuffer === 'undefined' && [ArrayBuffer, Uint8Array].every((C) => !('sab' in C))",
    ),
    harmless("Atomics, which is not there", "return typeof Atomics === 'undefined'"),
    harmless(
      "a constructor whose new.target detaches its source",
      "const from = new Uint8Array(4096); const T = new Proxy(Uint8Array, { get(t, k) { if (k === 'prototype') from.buffer.transfer(0); return t[k] } }); try { Reflect.construct(Uint8Array, [from], T) } catch {} return from.length === 0",
    ),
    harmless(
      "a constructor whose new.target shrinks its buffer",
      "const b = new ArrayBuffer(4096, { maxByteLength: 8192 }); const T = new Proxy(Uint8Array, { get(t, k) { if (k === 'prototype') b.resize(8); return t[k] } }); try { const u = Reflect.construct(Uint8Array, [b, 4000, 90], T); return u.length === 0 } catch { return true }",
    ),
    harmless(
      "an array that a reduce detaches",
      "const u = new Uint8Array(512); u.reduce((a, x, i) => { if (i === 1) u.buffer.transfer(0); return a }, 0); return u.length === 0",
    ),
  ],
};
