import { afterAll, describe, expect, it } from "vitest";
import type { Engine, Guest } from "@llmspell/engine";
import { TestHost } from "@llmspell/engine/conformance";
import { endOf, fingerprint, type End, type Target } from "./arena.js";

/** Refuses allocations of one guest. */
export interface FaultyAllocator {
  /** Whether one was refused; undefined where nobody can tell. */
  readonly hasRefused: boolean | undefined;
}

/** How an allocation fails: how many are refused, by what that is called. */
type Refusals = readonly (readonly [name: string, refusals: number])[];

export interface AllocationCases {
  /**
   * Has the allocations of a guest fail: what `granted` stands for, one more each
   * time, succeeds; then `refusals` are refused, then all succeed again. What is
   * freed or shrunk is never refused.
   */
  failAllocations(guest: Guest, granted: number, refusals: number): FaultyAllocator;
  /** Small scripts with their results, by what they use. */
  readonly scripts: Readonly<Record<string, { readonly source: string; readonly value: unknown }>>;
  readonly refusals: Refusals;
  /** Takes some hundred kilobytes step by step, and calls the host and waits at the end. */
  readonly filler: string;
  /** The memory of a new guest: no limit can be lower. */
  readonly firstHeap: number;
}

export const FOREVER = 0x7fff_ffff;
/** More allocations than any of the scripts makes. */
const MANY = 5_000;
/** So many ends in a row are well when nothing was refused, where nobody can tell. */
const WELL = 40;

export function allocationSuite(target: Target, cases: AllocationCases): void {
  const engine = target.createEngine();
  afterAll(() => engine[Symbol.dispose]());
  const look = (): Promise<string> => fingerprint(engine, target, "basic");

  describe.each(Object.entries(cases.scripts))("every allocation refused in turn: %s", (_, { source, value }) => {
    it.each(cases.refusals)("%s", async (_name, refusals) => {
      const clean = await look();
      const { ends, looks } = await sweep(engine, target, cases, source, refusals);
      expect(new Set([...looks, await look()])).toEqual(new Set([clean]));
      expect(ends.at(-1)).toEqual({ code: "fine", value });
      expect(ends.length).toBeGreaterThan(50);
      expect(ends.length).toBeLessThan(MANY);
      expect(ends.filter(({ code }) => code !== "fine" && code !== "LIMIT_MEMORY")).toEqual([]);
      expect(ends.filter(({ code }) => code === "LIMIT_MEMORY").length).toBeGreaterThan(ends.length / 2);
    });
  });

  it("the memory limit in steps of 2 KiB: every guest ends well or with LIMIT_MEMORY", async () => {
    const clean = await look();
    const ends: string[] = [];
    for (let memoryBytes = cases.firstHeap; ends.at(-1) !== "fine"; memoryBytes += 2_048) {
      const host = new TestHost();
      const guest = engine.createGuest({ bindings: target.bindings, host, limits: { memoryBytes } });
      ends.push((await endOf(guest, host, cases.filler)).code);
      guest[Symbol.dispose]();
    }
    expect(await look()).toBe(clean);
    expect(new Set(ends)).toEqual(new Set(["LIMIT_MEMORY", "fine"]));
    expect(ends.length).toBeGreaterThan(20);
  });
}

/** Refuses the first allocation, then the second, … until none is left to refuse; every fifth time looks at the next guest. */
async function sweep(
  engine: Engine,
  target: Target,
  { failAllocations }: AllocationCases,
  source: string,
  refusals: number,
): Promise<{ ends: End[]; looks: string[] }> {
  const ends: End[] = [];
  const looks: string[] = [];
  for (let granted = 0; granted < MANY; granted++) {
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: target.bindings, host });
    const allocator = failAllocations(guest, granted, refusals);
    ends.push(await endOf(guest, host, source));
    const { hasRefused = !isWell(ends) } = allocator;
    guest[Symbol.dispose]();
    if (granted % 5 === 0) looks.push(await fingerprint(engine, target, "basic"));
    if (!hasRefused) break;
  }
  return { ends, looks };
}

const isWell = (ends: readonly End[]): boolean =>
  ends.length >= WELL && ends.slice(-WELL).every(({ code }) => code === "fine");
