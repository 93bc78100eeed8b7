import { expect, it } from "vitest";
import { Coverage } from "./coverage.js";

it("coverage counts lines over all sources", () => {
  const coverage = new Coverage([
    {
      source: "a",
      lines: new Map([
        [1, 2],
        [3, 0],
      ]),
    },
    {
      source: "b",
      lines: new Map([
        [2, 1],
        [4, 7],
      ]),
    },
  ]);
  expect(coverage.ratio).toBe(0.75);
  expect(coverage.lcov("t")).toBe(
    "TN:t\nSF:a\nDA:1,2\nDA:3,0\nLF:2\nLH:1\nend_of_record\nTN:t\nSF:b\nDA:2,1\nDA:4,7\nLF:2\nLH:2\nend_of_record\n",
  );
  expect(new Coverage([]).ratio).toBe(1);
  expect(new Coverage([]).lcov()).toBe("");
});
