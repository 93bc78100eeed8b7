import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runCli, folder as emptyFolder, start } from "./support/cli.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = `${root}examples/`;
/** Programs that use the framework, beside the spells. */
const PROGRAMS = "typescript";
/** Each spell: a file, or a folder with a main file. */
const entries = readdirSync(folder).filter(
  (name) => !name.endsWith(".d.ts") && !name.endsWith(".json") && name !== PROGRAMS && !name.startsWith("."),
);
const programs = readdirSync(`${folder}${PROGRAMS}`).filter((name) => name.endsWith(".ts"));

/** The file in which an example says what it prints: its own, or the main file of a folder. */
function mainOf(name: string): string {
  const candidates = [name, `${name}/main.lua`, `${name}/main.js`];
  return candidates.find((file) => /\.\w+$/.test(file) && existsSync(folder + file)) ?? name;
}

/** The values of every comment line that begins with `mark:`. */
function expected(name: string, mark: string): string[] {
  const source = readFileSync(folder + mainOf(name), "utf8");
  return [...source.matchAll(new RegExp(`^(?:--|//) ${mark}: (.*)$`, "gm"))].map((match) => match[1] ?? "");
}

/** The same example in JavaScript. */
const inJavaScript = (name: string): string => (name.endsWith(".lua") ? name.replace(".lua", ".js") : `${name}-js`);

describe("QA-8: examples", () => {
  it.each(entries)("%s prints what it says it prints, without a key or a network", async (name) => {
    const [status = "0"] = expected(name, "expect-exit");
    const { stdout, stderr, status: exit } = await runCli(["run", folder + name], { cwd: await emptyFolder() });
    expect({ stdout, exit }).toEqual({
      stdout: expected(name, "expect")
        .map((line) => `${line}\n`)
        .join(""),
      exit: Number(status),
    });
    for (const code of expected(name, "expect-code")) expect(stderr).toContain(`[${code}]`);
  });

  const inLua = entries.filter((name) => mainOf(name).endsWith(".lua"));

  it("exist in Lua", () => {
    expect(inLua.length).toBeGreaterThanOrEqual(10);
  });

  it.each(inLua)("%s prints the same in JavaScript", (name) => {
    for (const mark of ["expect", "expect-exit", "expect-code"]) {
      // What Lua's `print` puts between its arguments is a tab; `console.log` puts a space.
      const lines = expected(name, mark).map((line) => line.replaceAll("\t", " "));
      expect(expected(inJavaScript(name), mark)).toEqual(lines);
    }
  });

  it.each(["agent-with-tool", "parallel-prompts"])("%s prints the same in TypeScript", (name) => {
    expect(expected(`${name}.ts`, "expect")).toEqual(expected(`${name}.lua`, "expect"));
  });
});

describe("programs", () => {
  it("are there for what the framework does", () => {
    expect(programs.map((name) => name.replace(".ts", ""))).toEqual(
      expect.arrayContaining([
        "chat",
        "event-monitoring",
        "mcp-tools",
        "multi-agent",
        "rag",
        "structured-output",
        "tool-use",
        "workflow",
      ]),
    );
  });

  it.each(programs)("%s prints what it says it prints, with the command that it names", async (name) => {
    const path = `examples/${PROGRAMS}/${name}`;
    const [, command = ""] = /^\/\/ {5}node (.*)$/m.exec(readFileSync(root + path, "utf8")) ?? [];
    expect(command).toBe(`--import llmspell/typescript ${path}`);
    const { stdout, stderr, status } = await start(process.execPath, command.split(" "), { cwd: root }).done;
    const lines = expected(`${PROGRAMS}/${name}`, "expect");
    expect(lines.length).toBeGreaterThan(0);
    expect({ stdout, stderr, status }).toMatchObject({
      stdout: lines.map((line) => `${line}\n`).join(""),
      status: 0,
    });
  });
});
