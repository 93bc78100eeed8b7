import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runCli, folder as emptyFolder } from "./support/cli.js";

const folder = fileURLToPath(new URL("../examples/", import.meta.url));
const entries = readdirSync(folder);

/** The file in which an example says what it prints: its own, or the main file of a folder. */
const mainOf = (name: string): string => (name.endsWith(".lua") ? name : `${name}/main.lua`);

/** The values of every comment line `-- <mark>: value`. */
function expected(source: string, mark: string): string[] {
  return [...source.matchAll(new RegExp(`^-- ${mark}: (.*)$`, "gm"))].map((match) => match[1] ?? "");
}

describe("examples", () => {
  it("exist", () => {
    expect(entries.length).toBeGreaterThanOrEqual(10);
  });

  it.each(entries)("%s prints what it says it prints, without a key or a network", async (name) => {
    const source = readFileSync(folder + mainOf(name), "utf8");
    const [status = "0"] = expected(source, "expect-exit");
    const { stdout, stderr, status: exit } = await runCli(["run", folder + name], { cwd: await emptyFolder() });
    expect({ stdout, exit }).toEqual({
      stdout: expected(source, "expect")
        .map((line) => `${line}\n`)
        .join(""),
      exit: Number(status),
    });
    for (const code of expected(source, "expect-code")) expect(stderr).toContain(`[${code}]`);
  });
});
