import { describe, expect, it } from "vitest";
import { CallTree, Profile, type FunctionLabel } from "./profile.js";

const label = (name: string, line = 1): FunctionLabel => ({ name, source: name === "c" ? "" : "s", line });
const [main, a, b, c] = [label("main", 0), label("a"), label("b;\n"), label("c")];

/** main 5 → a 10 → b 20 → a 40; main → c 1. */
function profile(): Profile {
  const tree = new CallTree();
  let node = tree.root;
  for (const [fn, self] of [
    [main, 5],
    [a, 10],
    [b, 20],
    [a, 40],
  ] as const) {
    node = tree.child(node, fn);
    node.self = self;
    node.count = 1;
  }
  tree.child(tree.child(tree.root, main), c).self = 1;
  return new Profile(tree);
}

describe("a profile", () => {
  it("adds up functions by themselves and with what they call, recursion once", () => {
    expect(
      profile()
        .functions()
        .map(({ name, self, total, count }) => [name, self, total, count]),
    ).toEqual([
      ["a", 50, 70, 2],
      ["b;\n", 20, 60, 1],
      ["main", 5, 76, 1],
      ["c", 1, 1, 0],
    ]);
    expect(profile().functions("total")[0]?.name).toBe("main");
    expect(profile().fuel).toBe(76);
  });

  it("lists the dearest paths", () => {
    expect(profile().hotPaths(2)).toEqual([
      { functions: ["main (s:0)", "a (s:1)", "b;\n (s:1)", "a (s:1)"], self: 40 },
      { functions: ["main (s:0)", "a (s:1)", "b;\n (s:1)"], self: 20 },
    ]);
  });

  it("writes folded stacks whose names cannot break the format", () => {
    expect(profile().folded()).toBe(
      "main (s:0) 5\nmain (s:0);a (s:1) 10\nmain (s:0);a (s:1);b__ (s:1) 20\nmain (s:0);a (s:1);b__ (s:1);a (s:1) 40\nmain (s:0);c 1\n",
    );
  });

  it("writes what speedscope reads", () => {
    const { shared, profiles } = JSON.parse(profile().speedscope("run"));
    expect(shared.frames.map(({ name }: { name: string }) => name)).toEqual(["main", "a", "b;\n", "c"]);
    expect(profiles).toMatchObject([
      {
        type: "sampled",
        name: "run",
        endValue: 76,
        weights: [5, 10, 20, 40, 1],
        samples: [[0], [0, 1], [0, 1, 2], [0, 1, 2, 1], [0, 3]],
      },
    ]);
  });

  it("of nothing is empty", () => {
    const empty = new Profile(new CallTree());
    expect([empty.fuel, empty.functions(), empty.folded(), empty.hotPaths()]).toEqual([0, [], "", []]);
  });
});

describe("a call tree", () => {
  it("stays bounded in depth and in size", () => {
    const tree = new CallTree();
    let node = tree.root;
    for (let i = 0; i < 10_000; i++) node = tree.child(node, label(`f${i}`));
    expect(node.depth).toBe(500);
    const wide = new CallTree();
    for (let i = 0; i < 100_000; i++) wide.child(wide.root, label(`f${i}`));
    expect(wide.root.children.size).toBeLessThan(50_000);
    expect(wide.child(wide.root, label("one more"))).toBe(wide.root);
  });
});
