import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ERROR_CODES, isErrorCode } from "@llmspell/errors";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const REGISTRY = "packages/errors/src/codes.ts";

/** What is shipped: TypeScript, and the guest libraries in their own languages. */
const sources = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "packages"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\/(src|lua|js)\/.*\.(ts|js|lua)$/.test(file))
  .filter((file) => !/\.test\.|\/testing\/|\/conformance\//.test(file) && file !== REGISTRY)
  .flatMap((file) => {
    try {
      return [{ file, text: readFileSync(root + file, "utf8") }];
    } catch {
      // Deleted but not yet committed.
      return [];
    }
  });

/** Where a text is a code: in the place of one in an error that is made, thrown or compared. */
const PLACES = [
  /SpellError\(\s*["']([^"']+)["']/g,
  /toSpellError\([^()]*,\s*["']([^"']+)["']\)/g,
  /\berror_value\(\s*["']([A-Z_]+)["']/g,
  /\bcode\s*(?::|={1,3}|!==|~=)\s*["']([A-Z]+_[A-Z_]+)["']/g,
];

// Codes of the platform, and what is said like them.
const FOREIGN = /^(ERR|UND_ERR)_|^BAD_REDIRECT$/;

it("PROD-2: every code that the sources name is in the registry", () => {
  const named = sources.flatMap(({ file, text }) =>
    PLACES.flatMap((place) => [...text.matchAll(place)].map(([, code = ""]) => ({ file, code }))),
  );
  expect(named.length).toBeGreaterThan(300);
  expect(named.filter(({ code }) => !isErrorCode(code) && !FOREIGN.test(code))).toEqual([]);
});

// Raised by the test kit, which is left out above.
const OF_TESTS = "ASSERTION_FAILED";

it("PROD-2: every code of the registry is used by the sources", () => {
  const all = sources.map(({ text }) => text).join("\n");
  const codes = Object.keys(ERROR_CODES).filter((code) => code !== OF_TESTS);
  const unused = codes.filter((code) => !new RegExp(`["'\`]${code}["'\`]|\\b${code}:`).test(all));
  expect(unused).toEqual([]);
});

// To write the table anew: UPDATE_RECORD=1 npx vitest run test/error-codes.test.ts
it("PROD-2: docs/errors.md lists every code with its category and what to do", () => {
  const page = new URL("../docs/errors.md", import.meta.url);
  const mark = "<!-- The rest is made from packages/errors/src/codes.ts. -->\n\n";
  const rows = Object.entries(ERROR_CODES).map(
    ([code, [category, recovery, meaning]]) => `| \`${code}\` | ${category} | ${recovery} | ${meaning} |\n`,
  );
  const table = `| code | category | recovery | meaning |\n|---|---|---|---|\n${rows.join("")}`;
  const read = (): string[] => readFileSync(page, "utf8").split(mark);
  if (process.env["UPDATE_RECORD"] === "1") writeFileSync(page, read()[0] + mark + table);
  expect(read()[1]).toBe(table);
});
