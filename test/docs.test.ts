import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createModels, parseWorkflow, validateWorkflow } from "@llmspell/core";
import type { Engine } from "@llmspell/engine";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { createLuaEngine } from "@llmspell/engine-lua";
import { headerManifest, parseManifest, resolveParams, runSpell, type RunResult } from "@llmspell/spell";
import { afterAll, describe, expect, it } from "vitest";
import { parseConfig } from "../packages/llmspell/src/config.js";
import { runCli } from "./support/cli.js";
import { EXAMPLE_RUN } from "./support/examples.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const pages = [
  "README.md",
  ...readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));

interface Snippet {
  readonly where: string;
  readonly language: string;
  readonly code: string;
}

const snippets: Snippet[] = pages.flatMap((page) => {
  const text = readFileSync(root + page, "utf8");
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map((match) => ({
    where: `${page}:${text.slice(0, match.index).split("\n").length}`,
    language: match[1] ?? "",
    code: match[2] ?? "",
  }));
});

/** What these lines are as output; `…` stands for anything. */
function printed(lines: readonly string[]): RegExp {
  const patterns = lines.map((line) => line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll("…", ".*"));
  return new RegExp(`^${patterns.map((pattern) => `${pattern}\n`).join("")}$`);
}

/** What links to the headings of a page look like, as GitHub makes them. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

const of = (language: string): Snippet[] => snippets.filter((snippet) => snippet.language === language);

describe("QA-8: snippets in the documentation", () => {
  const lua = createLuaEngine();
  const javascript = createJavaScriptEngine();
  afterAll(() => {
    lua[Symbol.dispose]();
    javascript[Symbol.dispose]();
  });

  async function runAsSpell({ code }: Snippet, engine: Engine, extension: string): Promise<RunResult> {
    const header = headerManifest(code, extension);
    const manifest = header === undefined ? {} : await parseManifest(header, "snippet");
    const params = resolveParams(manifest.params, {});
    const file = `snippet${extension}`;
    const folder = await mkdtemp(join(tmpdir(), "llmspell-snippet-"));
    try {
      return await runSpell({
        engine,
        source: code,
        file,
        root: folder,
        models: createModels(),
        params,
        ...EXAMPLE_RUN,
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  it("are of languages that are tested", () => {
    expect(new Set(snippets.map((snippet) => snippet.language))).toEqual(
      new Set(["lua", "javascript", "typescript", "js", "json", "yaml", "sh", "text"]),
    );
  });

  it.each(of("lua"))("$where runs", async (snippet) => {
    expect(await runAsSpell(snippet, lua, ".lua")).toMatchObject({ ok: true });
  });

  it.each(of("javascript"))("$where runs", async (snippet) => {
    expect(await runAsSpell(snippet, javascript, ".js")).toMatchObject({ ok: true });
  });

  it.each(of("typescript"))("$where runs", async (snippet) => {
    expect(await runAsSpell(snippet, javascript, ".ts")).toMatchObject({ ok: true });
  });

  it.each(of("js"))("$where prints what it says it prints", async ({ code }) => {
    const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", code], {
      cwd: root,
      timeout: 30_000,
    });
    const lines = [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1] ?? "");
    expect(lines.length).toBeGreaterThan(0);
    expect((await run).stdout).toMatch(printed(lines));
  });

  it.each(of("json"))("$where is a configuration", ({ code }) => {
    expect(() => parseConfig(code, "snippet")).not.toThrow();
  });

  it.each(of("yaml"))("$where is a workflow", async ({ code }) => {
    expect(await validateWorkflow(await parseWorkflow(code, "yaml"))).toEqual([]);
  });

  const commands = of("sh").flatMap(({ where, code }) =>
    [...code.matchAll(/npx llmspell (.*?)\s*(?:#.*)?$/gm)].map((match) => ({ where, command: match[1] ?? "" })),
  );

  it.each(commands)("$where: llmspell $command is understood", async ({ command }) => {
    // A key that reaches nobody: only whether the command is right is of interest.
    const args = command.includes("--model") ? ["run", "--help"] : command.split(" ");
    const { status, stderr } = await runCli(args, { cwd: root });
    expect({ ended: status === 0 || stderr.includes("LIMIT_FUEL"), stderr }).toMatchObject({ ended: true });
  });

  it("link to pages and headings that exist", () => {
    const broken = pages.flatMap((page) => {
      const links = [...readFileSync(root + page, "utf8").matchAll(/\]\((?!https?:)([^)]+)\)/g)];
      return links.flatMap(([, target = ""]) => {
        const url = new URL(target, `file://${root}${page}`);
        const file = fileURLToPath(url);
        const isThere = existsSync(file) && (url.hash === "" || anchorsOf(file).includes(url.hash.slice(1)));
        return isThere ? [] : [`${page} → ${target}`];
      });
    });
    expect(broken).toEqual([]);
  });
});
