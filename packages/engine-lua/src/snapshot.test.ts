import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { seal, unseal, type Host, type Snapshot } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { isSpellError } from "@llmspell/errors";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createLuaEngine } from "./index.js";
import { SNAPSHOT_FORMAT } from "./snapshot.js";

const engine = createLuaEngine();
const guests: Disposable[] = [];
const keep = <T extends Disposable>(guest: T): T => {
  guests.push(guest);
  return guest;
};
const create = (host: Host = new TestHost(), limits = {}) =>
  keep(engine.createGuest({ host, bindings: PROMISE_BINDINGS, limits }));
const restore = (snapshot: Snapshot | Uint8Array, host: Host = new TestHost()) =>
  keep(engine.restore(snapshot, { host, bindings: PROMISE_BINDINGS }));

afterEach(() => {
  for (const guest of guests.splice(0)) guest[Symbol.dispose]();
});

const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

const WAITS = `
  local seen = {}
  local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(test.wait("k" .. i)) end end)
  for i = 1, 3 do seen[i] = tostring(co()) end
  return table.concat(seen, "|")`;

describe("a snapshot", () => {
  it("goes on in another process, at every wait, to the answer of an uninterrupted run", async () => {
    const script = fileURLToPath(new URL("../../../test/fixtures/continue-snapshot.js", import.meta.url));
    const elsewhere = (bytes: Uint8Array): unknown =>
      JSON.parse(execFileSync(process.execPath, [script], { input: bytes, encoding: "utf8" }));
    const plain = new TestHost();
    const whole = create(plain);
    const task = whole.run(WAITS);
    for (const key of ["k1", "k2", "k3"]) {
      plain.resolve(key, key);
      await settled();
    }
    const expected = { value: await task.result(), fuel: whole.usage.fuel };

    const host = new TestHost();
    const guest = create(host);
    guest.run(WAITS);
    for (const key of ["k1", "k2", "k3"]) {
      expect(elsewhere(guest.snapshot().encode())).toEqual(expected);
      host.resolve(key, key);
      await settled();
    }
  });

  it("is small for a small spell", () => {
    const guest = create();
    guest.run(WAITS);
    expect(guest.snapshot().encode().length).toBeLessThan(32 * 1024);
    expect(create().snapshot().encode().length).toBeLessThan(1024);
  });

  it("holds memory that has grown", async () => {
    const guest = create();
    guest.run('big = ("x"):rep(3000000) .. "end" local a = test.wait("a") return #big + a');
    const snapshot = guest.snapshot();
    expect(snapshot.byteLength).toBeGreaterThan(3_000_000);
    const host = new TestHost();
    const restored = restore(snapshot.encode(), host);
    host.resolve("a", 1);
    expect(await [...restored.tasks.values()][0]?.result()).toBe(3_000_004);
    expect(() => engine.restore(snapshot, { bindings: PROMISE_BINDINGS, limits: { memoryBytes: 2_000_000 } })).toThrow(
      /needs a memory limit of \d+ bytes/,
    );
  });

  it("may be taken between two time slices", async () => {
    const source = "local n = 0 for i = 1, 3000000 do n = n + i % 7 end return n";
    const plain = create({});
    const expected = { value: await plain.run(source).result(), fuel: plain.usage.fuel };
    const resumes: (() => void)[] = [];
    const paused = create({ pause: (resume) => resumes.push(resume) });
    paused.run(source);
    let snapshot = paused.snapshot();
    for (let slices = 1; slices < 4; slices++) {
      resumes.pop()?.();
      snapshot = paused.snapshot();
    }
    expect(paused.state).toBe("suspended");
    // By a host that pauses, and by one that does not.
    for (const host of [{ pause: setImmediate }, {}]) {
      const restored = restore(snapshot.encode(), host);
      const [task] = restored.tasks.values();
      expect(await task?.result()).toBe(expected.value);
    }
  });

  it("keeps the errors a spell has caught", async () => {
    const host = new TestHost();
    const guest = create(host);
    guest.run('local ok, e = pcall(test.fail) test.wait("a") error(e)');
    const other = new TestHost();
    const restored = restore(guest.snapshot().encode(), other);
    other.resolve("a");
    await expect([...restored.tasks.values()][0]?.result()).rejects.toMatchObject({
      code: "TOOL_FAILED",
      details: { tool: "dice" },
    });
  });

  it("gives the functions among a call's arguments back as functions of the new guest", async () => {
    const host = new TestHost();
    const guest = create(host);
    guest.run('return test.wait("a", { f = function(n) return n + 1 end })');
    const other = new TestHost();
    const restored = restore(guest.snapshot().encode(), other);
    const [, options] = other.resumed[0]?.args ?? [];
    const { f } = options as unknown as { f: Parameters<typeof guest.call>[0] };
    other.resolve("a");
    await [...restored.tasks.values()][0]?.result();
    expect(await restored.call(f, [41]).result()).toBe(42);
  });
});

describe("a forged snapshot", () => {
  const sealed = (): Uint8Array => {
    const guest = create();
    guest.run(WAITS);
    return guest.snapshot().encode();
  };
  const head = (bytes: Uint8Array): { json: Record<string, unknown>; pages: Buffer } => {
    const body = Buffer.from(unseal(SNAPSHOT_FORMAT.name, bytes, 1e8));
    const size = body.readUInt32LE(0);
    return { json: JSON.parse(body.toString("utf8", 4, 4 + size)), pages: body.subarray(4 + size) };
  };
  const forge = (json: unknown, pages: Uint8Array): Uint8Array => {
    const text = Buffer.from(JSON.stringify(json));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(text.length);
    return seal(SNAPSHOT_FORMAT.name, Buffer.concat([size, text, pages]));
  };
  const refused = expect.objectContaining({ code: "SNAPSHOT_INVALID" });

  it("is refused when what it says makes no sense", () => {
    const { json, pages } = head(sealed());
    const guest = json["guest"] as Record<string, unknown>;
    expect(restore(forge(json, pages)).state).toBe("suspended");
    const changes: Record<string, unknown>[] = [
      { engine: "other" },
      { image: "other" },
      { byteLength: -1 },
      { globals: [1, 2, 3] },
      { globals: [{ $bytes: 7 }] },
      { extents: [] },
      { extents: [[0, 1e9]] },
      { extents: [[-65_536, pages.length]] },
      { extents: "x" },
      { guest: null },
      { guest: [] },
      { guest: { ...guest, state: "running" } },
      { guest: { ...guest, limits: { fuel: "much" } } },
      { guest: { ...guest, limits: { fuel: 1, wealth: 1 } } },
      { guest: { ...guest, lastId: -1 } },
      { guest: { ...guest, usage: { fuel: {} } } },
      { guest: { ...guest, tasks: ["a"] } },
      { guest: { ...guest, operations: { pending: [{ operation: 1 }], outcomes: [] } } },
      { guest: { ...guest, operations: { pending: [], outcomes: [[1, { ok: false, error: "x" }]] } } },
      { guest: { ...guest, values: { functions: [[1]], errors: { next: 1, kept: [] } } } },
      { guest: { ...guest, values: { functions: [], errors: { next: 1, kept: [[1, "x"]] } } } },
      { guest: { $handle: ["x"] } },
    ];
    for (const change of changes) {
      expect(() => restore(forge({ ...json, ...change }, pages))).toThrow(refused);
    }
    for (const body of ["", "abc", "\u0001\0\0\0{", "\u0002\0\0\0{}", "\u0004\0\0\0null"]) {
      expect(() => restore(seal(SNAPSHOT_FORMAT.name, Buffer.from(body)))).toThrow(refused);
    }
    expect(() => restore(forge(json, pages.subarray(1)))).toThrow(refused);
    const huge = forge({ ...json, byteLength: 1e12 }, pages);
    expect(() => restore(huge)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    const limits = { memoryBytes: 1e13 };
    expect(() => engine.restore(huge, { bindings: PROMISE_BINDINGS, limits })).toThrow(
      expect.objectContaining({ code: "LIMIT_MEMORY" }),
    );
  });

  it("with other memory hurts at most its own guest", async () => {
    const { json, pages } = head(sealed());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(pages.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 40 }),
        async (changes) => {
          const altered = Buffer.from(pages);
          for (const [at, byte] of changes) altered[at] = (altered[at] ?? 0) ^ byte;
          const host = new TestHost();
          try {
            using guest = engine.restore(forge(json, altered), {
              host,
              bindings: PROMISE_BINDINGS,
              limits: { fuel: 2_000_000, timeMs: 5_000 },
            });
            host.resolve("k1", 1);
            await settled();
            expect(guest.state).not.toBe("running");
          } catch (thrown) {
            if (!isSpellError(thrown)) throw thrown;
          }
          const next = engine.createGuest({ bindings: PROMISE_BINDINGS });
          expect(
            await next.run("local t = {} for i = 1, 100 do t[i] = i .. '' end return #table.concat(t)").result(),
          ).toBe(192);
          next[Symbol.dispose]();
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });
});
