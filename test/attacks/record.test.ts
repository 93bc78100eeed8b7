import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ATTACKS as ON_JAVASCRIPT } from "./javascript/cases/index.js";
import { JAVASCRIPT } from "./javascript/target.js";
import { RECORD_MARK, renderRecords } from "./kit/record.js";
import { ATTACKS as ON_LUA } from "./lua/cases/index.js";
import { LUA } from "./lua/target.js";

const page = new URL("../../docs/security.md", import.meta.url);
const record = renderRecords([
  { language: LUA.language, classes: ON_LUA },
  { language: JAVASCRIPT.language, classes: ON_JAVASCRIPT },
]);

// To write the page anew: UPDATE_RECORD=1 npx vitest run test/attacks/record.test.ts
it("docs/security.md lists every attack with its result", () => {
  const read = (): string[] => readFileSync(page, "utf8").split(RECORD_MARK);
  if (process.env["UPDATE_RECORD"] === "1") {
    writeFileSync(page, read()[0] + RECORD_MARK + record);
  }
  expect(read()[1]).toBe(record);
});
