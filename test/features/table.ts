import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AREAS, SAME_AS } from "./rows.js";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** One or several ids at the begin of a title, as in `it("HOOK-1, EVT-7: …")`; before them may be one of a table. */
const TITLE = /(["'`])(?:\$\{[^}]+\}: |%s: )?([A-Z]+-\d+(?:, [A-Z]+-\d+)*): /g;
/** A title whose id is in a table: `${id}: …`, `%s: …`, `$id: …`. */
const FROM_TABLE = /(["'`])(?:\$\{[^}]+\}|%s|\$[\w.]+): /;
const ID = /(["'`])([A-Z]+-\d+)\1/g;

/** Ids of the titles in a source of tests. */
export function idsOf(source: string): string[] {
  const said = [...source.matchAll(TITLE)].flatMap(([, , ids = ""]) => ids.split(", "));
  const inTables = FROM_TABLE.test(source) ? [...source.matchAll(ID)].map(([, , id = ""]) => id) : [];
  return [...said, ...inTables];
}

/** The files with tests of each row, by its id. */
export function testsByRow(): Map<string, string[]> {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "packages", "test"], {
    cwd: ROOT,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => /^(packages\/[^/]+\/src|test)\/.*\.ts$/.test(file));
  const found = new Map<string, string[]>();
  for (const file of [...new Set(files)].toSorted())
    for (const id of new Set(idsOf(readSource(file)))) found.set(id, [...(found.get(id) ?? []), file]);
  return found;
}

function readSource(file: string): string {
  try {
    return readFileSync(ROOT + file, "utf8");
  } catch {
    // Deleted but not yet committed.
    return "";
  }
}

/** The page: each promise with the tests that keep it. */
export function featuresPage(tests: ReadonlyMap<string, readonly string[]>): string {
  const areas = AREAS.map(({ title, rows }) => {
    const lines = Object.entries(rows).map(([id, what]) => {
      const files = tests.get(id) ?? tests.get(SAME_AS[id] ?? "") ?? [];
      const links = files.map((file) => `[${file.slice(file.lastIndexOf("/") + 1)}](../${file})`);
      return `| ${id} | ${what} | ${links.join(", ") || "—"} |`;
    });
    return `## ${title}\n\n| id | what | tests |\n|---|---|---|\n${lines.join("\n")}\n`;
  });
  return `# Features and their tests

Each row is a promise; the tests that keep it have its id at the begin of their titles. This page is
made by \`UPDATE_FEATURES=1 npx vitest run test/features\`, and a test checks that it is up to date.

${areas.join("\n")}`;
}
