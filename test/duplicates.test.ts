import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Report {
  readonly lines: number;
  readonly repeated: number;
  readonly percent: number;
  readonly clones: readonly { length: number; places: string[] }[];
}

/** What `npm run duplicates` finds, and the code it ends with. */
async function duplicates(...given: string[]): Promise<{ report: Report; code: number }> {
  const run = promisify(execFile)(process.execPath, [`${ROOT}scripts/duplicates.js`, "--json", ...given], {
    cwd: ROOT,
    maxBuffer: 64 * 1024 * 1024,
  });
  const { stdout, code } = await run.then(
    (done) => ({ stdout: done.stdout, code: 0 }),
    (failed: { stdout: string; code: number }) => failed,
  );
  return { report: JSON.parse(stdout) as Report, code };
}

describe("the report of what is written twice", () => {
  it("QA-10: finds runs of lines that come again, however they are indented and commented", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "duplicates-"));
    const body = Array.from({ length: 10 }, (_, i) => `const value${i} = compute(${i});`);
    await writeFile(path.join(folder, "a.ts"), ['import { x } from "y";', ...body, "const end = 1;"].join("\n"));
    const indented = body.map((line) => `    ${line}\n    // about it\n`);
    await writeFile(path.join(folder, "b.ts"), ["function f() {", ...indented, "  return 2;", "}"].join("\n"));
    await writeFile(path.join(folder, "c.test.ts"), body.join("\n"));
    const { report, code } = await duplicates(folder, "--most", "50");
    expect(report).toMatchObject({ lines: 23, repeated: 10, clones: [{ length: 10 }] });
    expect(report.clones[0]?.places).toEqual([
      expect.stringMatching(/a\.ts:2-11$/),
      expect.stringMatching(/b\.ts:2-29$/),
    ]);
    expect(code).toBe(0);
    expect((await duplicates(folder, "--most", "40")).code).toBe(1);
    expect((await duplicates(folder, "--least", "11")).report.repeated).toBe(0);
    await rm(folder, { recursive: true });
  });

  it("QA-10: lint, types and this report are part of what every change must pass", async () => {
    const steps = await readFile(`${ROOT}.ci/run`, "utf8");
    for (const step of ["npm run lint", "npm run typecheck", "npm run duplicates -- --most 0.5"]) {
      expect(steps).toContain(step);
    }
    const { report, code } = await duplicates("--most", "0.5");
    expect(report.lines).toBeGreaterThan(20_000);
    expect(code).toBe(0);
  });

  it("QA-11: the script layer writes nothing of the framework again", async () => {
    const { report } = await duplicates("--least", "6", "packages/spell/src/modules", "packages/core/src");
    expect(report.lines).toBeGreaterThan(5000);
    const across = report.clones.filter(
      ({ places }) => new Set(places.map((place) => place.split("/").slice(0, 2).join("/"))).size > 1,
    );
    expect(across).toEqual([]);
  });
});
