import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { BIN, folder, start, type CliResult } from "./support/cli.js";

const SPELL = fileURLToPath(new URL("../examples/agent-with-tool.lua", import.meta.url));

/** Runs a spell as the command line does, then prints whether V8 refused the code cache of each file it loaded. */
const VERDICTS = `
  const { load, scripts } = require(process.argv[1]);
  process.on("exit", () => {
    const refused = [...scripts].map(([file, script]) => [path.basename(file), script.cachedDataRejected]);
    console.log("VERDICTS" + JSON.stringify(Object.fromEntries(refused)));
  });
  load("llmspell.cjs").main(["run", process.argv[2], "--quiet"]);
`;

const verdicts = ({ stdout }: CliResult): Record<string, boolean> => JSON.parse(stdout.split("VERDICTS")[1] ?? "");

/** The command line, copied to where it finds its packages; its folder with the bundle. */
async function copied(): Promise<string> {
  const root = fileURLToPath(new URL("../node_modules/", import.meta.url));
  const copy = await mkdtemp(join(root, ".llmspell-cli-"));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await mkdir(join(copy, "dist"));
  await cp(dirname(BIN), join(copy, "bin"), { recursive: true });
  await cp(join(dirname(BIN), "../dist/cli"), join(copy, "dist/cli"), { recursive: true });
  return copy;
}

const run = async (program: string): Promise<CliResult> =>
  await start(process.execPath, [program, "run", SPELL, "--quiet"], { cwd: await folder() }).done;

it("starts with code that was compiled when it was built", async () => {
  const ended = await start(process.execPath, ["-e", VERDICTS, join(dirname(BIN), "load.cjs"), SPELL], {
    cwd: await folder(),
  }).done;
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  const refused = verdicts(ended);
  expect(Object.keys(refused)).toContain("llmspell.cjs");
  expect(Object.values(refused)).toEqual(Object.keys(refused).map(() => false));
});

it.each([
  ["missing", async (file: string) => await rm(file)],
  ["empty", async (file: string) => await writeFile(file, "")],
  ["of another V8, or damaged", async (file: string) => await writeFile(file, Buffer.alloc(4096, 7))],
])("works the same when the caches are %s", async (_what, spoil) => {
  const copy = await copied();
  const caches = (await readdir(join(copy, "dist/cli"))).filter((name) => name.endsWith(".cache"));
  expect(caches).not.toEqual([]);
  await Promise.all(caches.map(async (name) => await spoil(join(copy, "dist/cli", name))));
  const [spoiled, whole] = [await run(join(copy, "bin/llmspell.cjs")), await run(BIN)];
  expect(spoiled).toEqual(whole);
  expect(spoiled.status).toBe(0);
});
