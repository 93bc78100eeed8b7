import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ATTACKS } from "./cases/index.js";
import { RECORD_MARK, renderRecord } from "./record.js";

const page = new URL("../../../docs/security.md", import.meta.url);

// To write the page anew: UPDATE_RECORD=1 npx vitest run test/attacks/lua/record.test.ts
it("docs/security.md lists every attack with its result", () => {
  const read = (): string[] => readFileSync(page, "utf8").split(RECORD_MARK);
  if (process.env["UPDATE_RECORD"] === "1") {
    writeFileSync(page, read()[0] + RECORD_MARK + renderRecord(ATTACKS));
  }
  expect(read()[1]).toBe(renderRecord(ATTACKS));
});
