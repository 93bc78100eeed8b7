import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { CoverageV8Options } from "vitest/node";
import config from "../vitest.config.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { scripts: Record<string, string> };
const run = promisify(execFile);
const measure = new URL("../bench/measure.js", import.meta.url).href;
const { missesRatio } = (await import(measure)) as { missesRatio(ratio: string, target: string): boolean };

/** The part of a script that runs tests, as arguments of vitest. */
const testArguments = (name: string): string[] | undefined =>
  /vitest run ?(.*)$/
    .exec(scripts[name] ?? "")?.[1]
    ?.split(" ")
    .filter(Boolean);

/** The files that a script tests. */
async function filesOf(name: string): Promise<string[]> {
  const given = testArguments(name) ?? [];
  const bin = `${ROOT}node_modules/vitest/vitest.mjs`;
  const options = { cwd: ROOT, env: { ...process.env, NO_COLOR: "1" }, timeout: 60_000 };
  const { stdout } = await run(process.execPath, [bin, "list", "--filesOnly", ...given], options);
  return stdout.split("\n").filter(Boolean);
}

/** Each script of the tests, with a file that is in it and one that is not. */
const SELECTIONS: readonly [name: string, file: string, not: string][] = [
  ["test:unit", "packages/errors/src/error.test.ts", "test/cli.test.ts"],
  ["test:integration", "test/cli.test.ts", "test/attacks/lua/attacks.test.ts"],
  ["test:security", "test/attacks/lua/attacks.test.ts", "test/cli.test.ts"],
  ["test:lua", "packages/engine-lua/src/conformance.test.ts", "packages/engine-js/src/conformance.test.ts"],
];

describe("the scripts of the workspace", () => {
  it.each(["test", "test:lua", "test:security", "bench", "security-audit"])("CORE-13: there is '%s'", (name) => {
    expect(scripts).toHaveProperty(name);
  });

  it.each(SELECTIONS)("CORE-13: '%s' tests some files and not all", async (name, file, not) => {
    const files = await filesOf(name);
    expect(files).toContain(file);
    expect(files).not.toContain(not);
  });

  it("QA-2: unit, integration, security and performance are separate, and together everything", async () => {
    const all = await filesOf("test");
    const groups = await Promise.all(["test:unit", "test:integration", "test:security"].map(filesOf));
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(groups.flat())).toEqual(new Set(all));
    expect(scripts["test:performance"]).toContain("bench");
  });

  it("QA-2: a ratio that misses its target fails the performance tests, a time of this machine does not", () => {
    expect(missesRatio("1.80 ×", "≤ 1.7 ×")).toBe(true);
    expect(missesRatio("0.20 ×", "≤ 5 µs, ≤ 0.1 ×")).toBe(true);
    expect(missesRatio("1.60 ×", "≤ 1.7 ×")).toBe(false);
    expect(missesRatio("9 µs", "≤ 5 µs")).toBe(false);
    expect(missesRatio("9.00 ×", "")).toBe(false);
  });

  it("CORE-13: 'security-audit' passes without the registry, and fails for what must not be installed", async () => {
    const audit = async (lockfile?: string): Promise<{ stdout: string; code: number }> => {
      const env = { ...process.env, ...(lockfile === undefined ? {} : { LOCKFILE: lockfile }) };
      const given = [`${ROOT}scripts/security-audit.js`, "--offline"];
      return await run(process.execPath, given, { cwd: ROOT, env }).then(
        ({ stdout }) => ({ stdout, code: 0 }),
        ({ stdout, code }: { stdout: string; code: number }) => ({ stdout, code }),
      );
    };
    expect(scripts["security-audit"]).toBe("node scripts/security-audit.js");
    expect(await audit()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d\d+ packages are installed/) });
    const folder = await mkdtemp(path.join(tmpdir(), "audit-"));
    const lockfile = path.join(folder, "package-lock.json");
    const bad = {
      version: "1.0.0",
      resolved: "http://example.org/bad.tgz",
      hasInstallScript: true,
      license: "GPL-3.0",
    };
    const fine = { version: "1.0.0", integrity: "sha512-x", license: "(GPL-3.0 OR MIT)" };
    const packages = { "": {}, "node_modules/bad": bad, "node_modules/fine": fine, "node_modules/dev": { dev: true } };
    await writeFile(lockfile, JSON.stringify({ packages }));
    expect(await audit(lockfile)).toEqual({
      code: 1,
      stdout: [
        "2 packages are installed with llmspell",
        "  bad@1.0.0 comes from 'http://example.org/bad.tgz'",
        "  bad@1.0.0 has no sha512",
        "  bad@1.0.0 runs a script when it is installed",
        "  bad@1.0.0 has the license GPL-3.0",
        "",
      ].join("\n"),
    });
    await rm(folder, { recursive: true });
  });

  it("QA-1: coverage is held at 90 % of all lines, 80 % of each package, more of some", () => {
    expect(scripts["test:coverage"]).toContain("vitest run --coverage");
    const { thresholds = {}, include, exclude } = (config.test?.coverage ?? {}) as CoverageV8Options;
    expect(include).toEqual(["packages/*/src/**/*.ts"]);
    expect(exclude).toEqual(["**/*.test.ts"]);
    const floors = new Map(Object.entries(thresholds));
    expect(floors.get("lines")).toBe(90);
    const more: Readonly<Record<string, number>> = { core: 90, "engine-lua": 95 };
    for (const name of readdirSync(`${ROOT}packages`)) {
      expect(floors.get(`packages/${name}/src/**`)).toEqual({ lines: more[name] ?? 80 });
    }
  });

  it("QA-6: no bench is forgotten: the run has every one of them", () => {
    const read = (file: string): string => readFileSync(`${ROOT}bench/${file}`, "utf8");
    const reached = new Set<string>();
    const follow = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      // Some are run in a process of their own, by the name of the file.
      for (const [, next = ""] of read(file).matchAll(/"(?:\.\/)?([\w-]+\.js)"/g)) follow(next);
    };
    follow("run.js");
    const all = readdirSync(`${ROOT}bench`).filter((file) => file.endsWith(".js"));
    expect([...reached].toSorted()).toEqual(all.toSorted());
    expect(scripts["bench"]).toContain("bench/run.js");
  });
});
