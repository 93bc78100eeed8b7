import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { MODULES } from "../packages/spell/src/modules/index.js";
import { folder, runCli } from "./support/cli.js";
import { EXAMPLE_RUN } from "./support/examples.js";
import { cast } from "./support/spell.js";

const EXAMPLES = MODULES.flatMap(({ name, functions }) =>
  Object.entries(functions).flatMap(([fn, { example }]): [string, string][] =>
    example === undefined ? [] : [[`${name}.${fn}`, example]],
  ),
);

describe("the script API is the same at every sandbox level", () => {
  it.each(EXAMPLES)("the example of %s", async (_, source) => {
    const root = await mkdtemp(join(tmpdir(), "llmspell-sandbox-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    for (const sandbox of ["none", "strict"] as const) {
      const { result } = await cast(source, { ...EXAMPLE_RUN, root, sandbox });
      expect({ sandbox, result }).toMatchObject({ result: { ok: true } });
    }
  });
});

describe("llmspell run --sandbox", () => {
  const source = "undeclared = undeclared or 'read' return undeclared .. tostring(debug.getinfo)";

  it.each([
    ["basic", 0, "readnil"],
    ["none", 0, "readfunction"],
    ["strict", 1, "undeclared global 'undeclared'"],
  ])("%s", async (level, status, text) => {
    const cwd = await folder({ "spell.lua": source });
    const result = await runCli(["run", "spell.lua", "--sandbox", level], { cwd });
    expect(result.status).toBe(status);
    expect(status === 0 ? result.stdout : result.stderr).toContain(text);
  });

  it("a level there is not is wrong usage", async () => {
    const cwd = await folder({ "spell.lua": source });
    const { status, stderr } = await runCli(["run", "spell.lua", "--sandbox", "loose"], { cwd });
    expect([status, stderr]).toEqual([2, expect.stringContaining("Allowed choices are none, basic, strict")]);
  });
});
