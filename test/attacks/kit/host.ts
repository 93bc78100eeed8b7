import { afterAll, describe, expect, it } from "vitest";
import type { FunctionRef, ScriptValue } from "@llmspell/engine";
import { TestHost } from "@llmspell/engine/conformance";
import { endOf, type Target } from "./arena.js";
import { SMALL } from "./attack.js";

export interface HostCases {
  /** Calls `test.apply` with a function that does not end, catches what it can, and calls `test.report` twice. */
  readonly endlessCallback: string;
  /** Leaves things behind whose finalizers do not end. */
  readonly endlessFinalizers: string;
  /** Waits for `k`, and returns what the host answers. */
  readonly wait: string;
  /** Another language: none of its snapshots is one of this. */
  readonly other: Target;
}

/** What a host does with a hostile guest: calls it back, writes to it, saves it and goes on from what it is given. */
export function hostSuite(target: Target, { endlessCallback, endlessFinalizers, wait, other }: HostCases): void {
  const { bindings } = target;
  const engine = target.createEngine();
  afterAll(() => engine[Symbol.dispose]());

  it("a host that swallows the end of a guest inside callSync does not keep it alive", async () => {
    let calls = 0;
    const guest = engine.createGuest({
      bindings,
      limits: SMALL,
      host: {
        call: (_, [fn], self) => {
          calls++;
          try {
            self.callSync(fn as FunctionRef);
          } catch {
            // A careless host.
          }
          return null;
        },
      },
    });
    await expect(guest.run(endlessCallback).result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
    expect(guest.state).toBe("killed");
    expect(calls).toBe(1);
    guest[Symbol.dispose]();
  });

  it("the host can end a guest whose finalizers do not end, while it sets a global", async () => {
    const guest = engine.createGuest({ bindings, limits: SMALL });
    await guest
      .run(endlessFinalizers)
      .result()
      .catch(() => {});
    const set = (): void => {
      for (let i = 0; i < 1_000; i++)
        guest.setGlobal(
          "t",
          Array.from({ length: 1_000 }, (_, n) => ({ n })),
        );
    };
    expect(set).toThrow(expect.objectContaining({ code: expect.stringMatching(/^LIMIT_/) as string }));
    expect(guest.state).toBe("killed");
    guest[Symbol.dispose]();
  });

  describe("a snapshot that was tampered with is refused, and the next guest is well:", () => {
    const saved = (key?: Uint8Array): Uint8Array => {
      const guest = engine.createGuest({ bindings, host: new TestHost() });
      void guest
        .run(wait)
        .result()
        .catch(() => {});
      const bytes = guest.snapshot().encode(key === undefined ? {} : { key });
      guest[Symbol.dispose]();
      return bytes;
    };
    const goOn = async (bytes: Uint8Array, key?: Uint8Array): Promise<ScriptValue> => {
      const host = new TestHost();
      const guest = engine.restore(bytes, { bindings, host, ...(key === undefined ? {} : { key }) });
      const [task] = guest.tasks.values();
      host.resolve("k", "answer");
      const result = await task?.result();
      guest[Symbol.dispose]();
      return result ?? null;
    };
    /** What a snapshot is refused with, and how the next guest ends. */
    const tried = async (bytes: Uint8Array, key?: Uint8Array): Promise<unknown[]> => {
      let code: unknown = "restored";
      try {
        engine.restore(bytes, { bindings, ...(key === undefined ? {} : { key }) })[Symbol.dispose]();
      } catch (error) {
        ({ code } = error as { code?: unknown });
      }
      const host = new TestHost();
      const guest = engine.createGuest({ bindings, host });
      const { value } = await endOf(guest, host, wait);
      guest[Symbol.dispose]();
      return [code, value];
    };
    const REFUSED = ["SNAPSHOT_INVALID", "answer"];

    it("not at all, for comparison", async () => {
      expect(await goOn(saved())).toBe("answer");
    });

    it.each([0, 1, 8, 30, 100])("cut off after %i bytes", async (size) => {
      expect(await tried(saved().subarray(0, size))).toEqual(REFUSED);
    });

    it("cut off before its last byte", async () => {
      expect(await tried(saved().subarray(0, -1))).toEqual(REFUSED);
    });

    it("something put behind it", async () => {
      expect(await tried(Buffer.concat([saved(), Buffer.from([0])]))).toEqual(REFUSED);
    });

    it.each([0, 5, 20, 40, 60, 200, -1, -40])("a bit at %i", async (at) => {
      const bytes = Uint8Array.from(saved());
      const index = at < 0 ? bytes.length + at : at;
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      expect(await tried(bytes)).toEqual(REFUSED);
    });

    it("nothing but zeros, or noise", async () => {
      expect(await tried(new Uint8Array(5_000))).toEqual(REFUSED);
      expect(await tried(Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7_919) % 251))).toEqual(REFUSED);
    });

    it("another language's", async () => {
      const foreign = other.createEngine();
      const guest = foreign.createGuest({ bindings: other.bindings });
      const bytes = guest.snapshot().encode();
      guest[Symbol.dispose]();
      foreign[Symbol.dispose]();
      expect(await tried(bytes)).toEqual(REFUSED);
    });

    it("sealed with another key, or with none", async () => {
      const [key, another] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
      expect(await goOn(saved(key), key)).toBe("answer");
      expect(await tried(saved(key), another)).toEqual(REFUSED);
      expect(await tried(saved(key))).toEqual(REFUSED);
      expect(await tried(saved(), key)).toEqual(REFUSED);
    });

    it("another level's, or of other bindings", () => {
      const bytes = saved();
      for (const options of [{ bindings, sandbox: "none" as const }, { bindings, sandbox: "strict" as const }, {}]) {
        expect(() => engine.restore(bytes, options)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^SNAPSHOT_/) as string }),
        );
      }
    });
  });
}
