import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { AREAS, COMPLETE, WITHOUT_TEST } from "./rows.js";
import { featuresPage, idsOf, ROOT, testsByRow } from "./table.js";

const page = `${ROOT}docs/features.md`;
const tests = testsByRow();
const known = new Set(AREAS.flatMap(({ rows }) => Object.keys(rows)));

describe("the table of features", () => {
  it("QA-7: is up to date", () => {
    const expected = featuresPage(tests);
    if (process.env["UPDATE_FEATURES"] === "1") writeFileSync(page, expected);
    expect(readFileSync(page, "utf8")).toBe(expected);
  });

  it("QA-7: every row of the framework has a test", () => {
    const missing = COMPLETE.flatMap(({ rows }) => Object.keys(rows)).filter((id) => !tests.has(id));
    // One that has a test now must be taken out of the list.
    expect(missing).toEqual(WITHOUT_TEST);
  });

  it("QA-7: no id is given twice, and none of these areas is unknown", () => {
    expect(known.size).toBe(AREAS.reduce((sum, { rows }) => sum + Object.keys(rows).length, 0));
    const families = new Set([...known].map((id) => id.split("-")[0]));
    const unknown = [...tests.keys()].filter((id) => families.has(id.split("-")[0]) && !known.has(id));
    expect(unknown).toEqual([]);
  });

  it("QA-7: finds ids at the begin of titles of any form", () => {
    const source = [
      'it("XX-1: a", () => {});',
      'it.each(rows)("XX-2, XX-3: %s", () => {});',
      "it(`XX-4: ${name}`, () => {});",
      'describe("about XX-5: no", () => {});',
      'const rows = ["XX-9", "x"];',
    ].join("\n");
    expect(idsOf(source)).toEqual(["XX-1", "XX-2", "XX-3", "XX-4"]);
    const table = ['const ROWS = [["XX-1", 1], ["XX-2", 2]];', "it(`${id}: XX-3: a`, () => {});"].join("\n");
    expect(idsOf(table).toSorted()).toEqual(["XX-1", "XX-2", "XX-3"]);
    expect(idsOf(table.replace("${id}: ", ""))).toEqual(["XX-3"]);
  });
});
