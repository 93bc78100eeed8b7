import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallGraph } from "./callgraph.js";

function recursive(nodes: number, calls: readonly (readonly [number, number])[]): number[] {
  const graph = new CallGraph(nodes);
  for (const [caller, callee] of calls) graph.addCall(caller, callee);
  return [...graph.recursive()].flatMap((is, node) => (is ? [node] : []));
}

describe("CallGraph.recursive", () => {
  it("finds direct and mutual recursion and nothing else", () => {
    expect(
      recursive(3, [
        [0, 1],
        [1, 2],
        [0, 2],
      ]),
    ).toEqual([]);
    expect(
      recursive(3, [
        [0, 1],
        [1, 1],
      ]),
    ).toEqual([1]);
    expect(
      recursive(6, [
        [0, 1],
        [1, 2],
        [2, 1],
        [2, 3],
        [4, 5],
        [5, 4],
        [5, 3],
      ]),
    ).toEqual([1, 2, 4, 5]);
  });

  it("does not use the host's stack for depth", () => {
    const nodes = 200_000;
    const chain = Array.from({ length: nodes }, (_, i): [number, number] => [i, (i + 1) % nodes]);
    expect(recursive(nodes, chain)).toHaveLength(nodes);
  });

  it("agrees with reachability", () => {
    const node = fc.integer({ min: 0, max: 11 });
    fc.assert(
      fc.property(fc.array(fc.tuple(node, node), { maxLength: 30 }), (calls) => {
        const reaches = (from: number, seen: Set<number>): Set<number> => {
          for (const [caller, callee] of calls)
            if (caller === from && !seen.has(callee)) reaches(callee, seen.add(callee));
          return seen;
        };
        const expected = Array.from({ length: 12 }, (_, i) => i).filter((i) => reaches(i, new Set()).has(i));
        expect(recursive(12, calls)).toEqual(expected);
      }),
    );
  });
});
