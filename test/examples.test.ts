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

/** What there must be an example of: the row, and the spells that show it. */
const SHOWN: readonly (readonly [id: string, languages: readonly string[], names: readonly string[]])[] = [
  [
    "EX-2",
    ["lua", "js"],
    [
      "basic-agent",
      "async-workflow",
      "tool-usage",
      "event-driven",
      "schema-validation",
      "memory-management",
      "handle-errors",
      "debugging",
      "advanced-workflow",
    ],
  ],
  ["EX-3", ["js"], ["modern-javascript", "parallel-prompts", "modules"]],
  ["EX-5", ["lua", "js"], ["hello", "chat-session", "tool-usage", "state"]],
  ["EX-6", ["lua", "js"], ["multi-agent", "advanced-workflow", "event-driven", "hook-customization"]],
  ["EX-7", ["lua", "js"], ["basic-llm", "agent-with-tool", "async-workflow", "event-driven", "performance"]],
];

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

  it.each(SHOWN)("%s: are there in %s, and say what they print", (_, languages, names) => {
    for (const language of languages) {
      for (const name of names) {
        // A spell of several files is a folder: NAME in Lua, NAME-js in JavaScript.
        const found = [`${name}.${language}`, language === "lua" ? name : `${name}-${language}`].find((entry) =>
          entries.includes(entry),
        );
        expect(found, `${name} in ${language}`).toBeDefined();
        expect(expected(found ?? "", "expect"), `${name} in ${language}`).not.toEqual([]);
      }
    }
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
        "code-mode",
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
