import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { folder, runCli, start } from "./support/cli.js";

const examples = fileURLToPath(new URL("../examples/", import.meta.url));
const spells = readdirSync(examples, { recursive: true, encoding: "utf8" }).filter(
  // The folder `typescript` has programs, which are for Node.
  (name) => /(?<!\.d)\.(?:js|ts)$/.test(name) && !name.startsWith("typescript"),
);

const check = async (files: Readonly<Record<string, string>>, spell: string) =>
  await runCli(["check", spell], { cwd: await folder(files) });

describe("llmspell types", () => {
  it("prints the declarations that stand beside the examples", async () => {
    const { stdout, status } = await runCli(["types"], { cwd: await folder() });
    expect(status).toBe(0);
    // `llmspell types --out examples` writes them anew.
    expect(stdout).toBe(readFileSync(`${examples}llmspell.d.ts`, "utf8"));
  });

  it("writes them into a folder, with a configuration unless there is one", async () => {
    const cwd = await folder({ "mine/tsconfig.json": "{}" });
    expect((await runCli(["types", "--out", "new"], { cwd })).stdout).toBe(
      "wrote new/llmspell.d.ts\nwrote new/tsconfig.json\n",
    );
    expect(readFileSync(`${cwd}/new/tsconfig.json`, "utf8")).toBe(readFileSync(`${examples}tsconfig.json`, "utf8"));
    expect((await runCli(["types", "--out", "mine"], { cwd })).stdout).toBe("wrote mine/llmspell.d.ts\n");
    expect(readFileSync(`${cwd}/mine/tsconfig.json`, "utf8")).toBe("{}");
    expect(await runCli(["types", "--out", "mine/tsconfig.json"], { cwd })).toMatchObject({
      status: 2,
      stderr: "error: mine/tsconfig.json cannot be written (EEXIST) [IO_ERROR]\n",
    });
  });
});

describe("llmspell types --language lua", () => {
  it("writes annotations and the configuration of the language server, and knows no other language", async () => {
    const cwd = await folder();
    expect((await runCli(["types", "--language", "lua", "--out", "."], { cwd })).stdout).toBe(
      "wrote .luals/llmspell.lua\nwrote .luarc.json\n",
    );
    expect(readFileSync(`${cwd}/.luals/llmspell.lua`, "utf8")).toBe(
      readFileSync(`${examples}.luals/llmspell.lua`, "utf8"),
    );
    expect(JSON.parse(readFileSync(`${cwd}/.luarc.json`, "utf8"))).toMatchObject({ "runtime.version": "Lua 5.4" });
    expect(await runCli(["types", "--language", "perl"], { cwd })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("there are no types for the language 'perl'; known: javascript, lua"),
    });
  });
});

describe("llmspell check", () => {
  it.each(spells)("finds nothing wrong with examples/%s", async (name) => {
    expect(await runCli(["check", examples + name], { cwd: await folder() })).toMatchObject({ stdout: "", status: 0 });
  });

  it("says where something is wrong, and what", async () => {
    const spell = `import { create } from "llmspell/agent";
const helper = create({ name: "helper", tols: [] });
const { usage } = await helper.run("x");
const text: string = usage.total_tokens;
sleep("long");
export default text;
`;
    expect(await check({ "spell.ts": spell }, "spell.ts")).toEqual({
      status: 1,
      signal: null,
      stderr: "",
      stdout: expect.stringMatching(
        /^spell\.ts:2:41 .*'tols'.*\[TS\d+\]\nspell\.ts:4:7 Type 'number' is not assignable to type 'string'\. \[TS2322\]\nspell\.ts:5:7 .*\n$/,
      ),
    });
  });

  it("knows fields of options in both spellings, and no third one", async () => {
    const spell = `import { create } from "llmspell/agent";
const a = create({ name: "a", systemPrompt: "Be brief", maxTokens: 100 });
const b = create({ name: "b", system_prompt: "Be brief", max_tokens: 100 });
await auth.oauthFlow("https://id.example.com", { clientId: "me", redirectUri: "https://me.example.com" });
await auth.oauthFlow("https://id.example.com", { client_id: "me", redirect_uri: "https://me.example.com" });
const c = create({ name: "c", SystemPrompt: "Be brief" });
const d = create({ name: "d", maxTokens: "many" });
await auth.oauthFlow("https://id.example.com", { clientId: "me" });
export default [a, b, c, d];
`;
    const { stdout } = await check({ "spell.ts": spell }, "spell.ts");
    expect([...stdout.matchAll(/^spell\.ts:(\d+):/gm)].map(([, line]) => line)).toEqual(["6", "7", "8"]);
  });

  it("takes a spell that returns, reads what it imports, and refuses what does not only have types", async () => {
    const files = {
      "body.ts": "const n: number = await Promise.resolve(1);\nif (n > 0) return n;\nreturn n + 'x' as string;",
      "wrong.ts": 'import { f } from "./lib.ts";\nexport default f("x");',
      "lib.ts": "export const f = (n: number): number => n;",
      "enum.ts": "enum A { B }\nexport default A.B;",
    };
    expect(await check(files, "body.ts")).toMatchObject({ status: 0, stdout: "" });
    expect(await check(files, "wrong.ts")).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^wrong\.ts:2:18 .*\n$/),
    });
    expect((await check(files, "enum.ts")).stdout).toMatch(/^enum\.ts:1:6 /);
  });

  it("knows nothing of Node or of a browser", async () => {
    const { stdout } = await check({ "spell.js": "process.exit(1);\ndocument.title;\nBuffer.from('x')" }, "spell.js");
    expect(stdout.match(/^spell\.js:\d:1 Cannot find name/gm)).toHaveLength(3);
  });

  it("checks JavaScript and TypeScript only", async () => {
    expect(await check({ "a.lua": "" }, "a.lua")).toMatchObject({
      status: 2,
      stderr: "error: a.lua: only JavaScript and TypeScript can be checked, not '.lua' [UNSUPPORTED]\n",
    });
    expect(await check({}, "none.ts")).toMatchObject({ status: 2, stderr: expect.stringContaining("[NOT_FOUND]") });
  });
});

describe("node --import llmspell/typescript", () => {
  const root = fileURLToPath(new URL("../", import.meta.url));
  const run = async (files: Readonly<Record<string, string>>, program: string) =>
    await start(process.execPath, ["--import", "llmspell/typescript", `${await folder(files)}/${program}`], {
      cwd: root,
    }).done;

  it("runs a program whose types are taken away, with the modules it imports", async () => {
    const files = {
      "main.mts": [
        "#!/usr/bin/env node",
        'import { twice, type Pair } from "./lib.ts";',
        "const pair: Pair = await Promise.resolve([1, twice(2)] satisfies Pair);",
        'console.log(pair, new Error("here").stack?.match(/main.mts:4:\\d+/)?.length);',
      ].join("\n"),
      "lib.ts": "export type Pair = [number, number];\nexport const twice = (n: number): number => n * 2;",
    };
    expect(await run(files, "main.mts")).toMatchObject({ stdout: "[ 1, 4 ] 1\n", stderr: "", status: 0 });
  });

  it("says where a program cannot be read", async () => {
    const { stderr, status } = await run(
      { "enum.ts": 'import "node:fs";\n\nenum A { B }\nconsole.log(A.B);' },
      "enum.ts",
    );
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/enum\.ts:3: .*enum/) });
    expect((await run({}, "none.ts")).stderr).toContain("none.ts");
  });
});
