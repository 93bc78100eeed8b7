import { describe, expect, it } from "vitest";
import { TrapHistory, classifyTrap } from "./index.js";

const I32 = 0x7f;

/** What the machine throws when a function `() → i32` with this body is called, in a module with one page of memory. */
function trapOf(body: readonly number[]): unknown {
  const section = (id: number, bytes: readonly number[]): number[] => [id, bytes.length, ...bytes];
  const bytes = [
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 0, 1, I32]),
    ...section(3, [1, 0]),
    ...section(4, [1, 0x70, 0, 2]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 1, 0x66, 0, 0]),
    ...section(10, [1, body.length + 2, 0, ...body, 0x0b]),
  ];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)));
  try {
    return (exports["f"] as () => number)();
  } catch (thrown) {
    return thrown;
  }
}

const constant = (n: number): number[] => [0x41, n];

describe("classifyTrap", () => {
  it.each<[string, readonly number[]]>([
    ["unreachable", [0x00]],
    ["out-of-bounds", [...constant(0x7f), 0x28, 2, 0]],
    ["arithmetic", [...constant(1), ...constant(0), 0x6d]],
    ["bad-call", [...constant(1), 0x11, 0, 0]],
    ["bad-call", [...constant(9), 0x11, 0, 0]],
    ["stack", [0x10, 0]],
  ])("calls a real trap %s", (kind, body) => {
    expect(classifyTrap(trapOf(body))).toBe(kind);
  });

  it.each([new Error("unreachable"), new RangeError("Invalid array length"), null, "unreachable"])(
    "%s is no trap",
    (thrown) => {
      expect(classifyTrap(thrown)).toBeUndefined();
    },
  );
});

it("a history is bounded, and what it gives does not change", () => {
  const history = new TrapHistory(() => 5);
  const { records } = history;
  const record = {
    kind: "abort",
    code: "INTERNAL",
    message: "m",
    source: undefined,
    fuel: 1,
    memoryBytes: 2,
    hostCalls: 3,
  } as const;
  for (let i = 0; i < 150; i++) history.add(record);
  expect(records).toEqual([]);
  expect(history.records).toHaveLength(100);
  expect(history.records.at(-1)).toEqual({ sequence: 150, at: 5, ...record });
});
