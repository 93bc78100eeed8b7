import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { testReport, type ReportFormat } from "@llmspell/core";
import { SpellError, toSpellError } from "@llmspell/errors";
import { runSpell, type RunResult } from "@llmspell/spell";
import { EXTENSIONS } from "../engines.js";
import { EXIT, exitOfRun } from "../exit.js";
import { createProgress } from "../progress.js";
import { showError } from "../report.js";
import { writeNow } from "../write.js";
import { prepareRun } from "./run.js";

export interface TestOptions {
  readonly allow: readonly string[];
  readonly limit: readonly string[];
  readonly filter?: string;
  readonly reporter: ReportFormat;
  readonly coverage?: boolean;
  readonly config?: string;
}

const TEST_NAME = /[._](test|spec)$/;
const MOST_FILES = 10_000;

/** `llmspell test`: runs the tests of spells. Returns the exit status. */
export async function testCommand(paths: readonly string[], options: TestOptions): Promise<number> {
  const files = await testFiles(paths.length === 0 ? ["."] : paths);
  const tell = (text: string): void => writeNow(2, `${text}\n`);
  const done: { file: string; result: RunResult }[] = [];
  let status: number = EXIT.ok;
  for (const file of files) {
    const result = await runFile(file, options, tell);
    done.push({ file, result });
    if (!result.ok) {
      tell(`${file}: ${showError(result.error)}`);
      status = exitOfRun(result.error);
    } else if (result.tests === undefined || result.tests.failed > 0) status = EXIT.failed;
  }
  const ran = done.flatMap(({ file, result: { tests } }) => (tests === undefined ? [] : [{ file, results: tests }]));
  writeNow(1, withNewline(testReport(ran, options.reporter)));
  if (options.coverage === true) tell(coverageReport(done));
  return status;
}

const withNewline = (text: string): string => (text.endsWith("\n") ? text : `${text}\n`);

async function runFile(file: string, options: TestOptions, tell: (text: string) => void): Promise<RunResult> {
  const { allow, limit, filter, coverage = false, config } = options;
  const progress = await createProgress(false);
  const shared = { param: [], allow, limit, quiet: true, ...(config === undefined ? {} : { config }) };
  const run = await prepareRun(file, shared, progress, tell);
  return await runSpell({
    ...run,
    tests: { filter },
    coverage,
    // What is printed must not be taken for the report.
    onOutput: (_, bytes) => writeNow(2, bytes),
  });
}

/** The files given, and those below the folders given that are named as tests are. */
async function testFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const given of paths) {
    const about = await stat(given).catch((error: unknown) => {
      throw new SpellError("NOT_FOUND", `there is no '${given}'`, { cause: toSpellError(error) });
    });
    found.push(...(about.isDirectory() ? await testsBelow(given) : [given]));
  }
  const files = [...new Set(found)];
  if (files.length > 0) return files;
  throw new SpellError("NOT_FOUND", `there are no tests in ${paths.join(", ")}: they are named like greet.test.lua`);
}

async function testsBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (at: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = path.join(at, entry.name);
      if (entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith(".")) await look(name);
      const extension = path.extname(entry.name);
      if (entry.isFile() && EXTENSIONS.includes(extension) && TEST_NAME.test(path.basename(entry.name, extension)))
        found.push(name);
      if (found.length > MOST_FILES) throw new SpellError("TOO_LARGE", `there are more than ${MOST_FILES} tests`);
    }
  };
  await look(folder);
  return found;
}

function coverageReport(done: readonly { file: string; result: RunResult }[]): string {
  const lines = done.flatMap(({ file, result: { coverage } }) =>
    (coverage?.sources ?? []).map(({ source, lines: counted }) => {
      const missed = [...counted].flatMap(([line, count]) => (count === 0 ? [line] : []));
      const share = counted.size === 0 ? 100 : (100 * (counted.size - missed.length)) / counted.size;
      const shown = missed.length === 0 ? "" : `  not run: ${missed.slice(0, 20).join(", ")}`;
      return `  ${share.toFixed(1).padStart(5)} %  ${source === path.basename(file) ? file : source}${shown}`;
    }),
  );
  return ["Lines covered:", ...lines].join("\n");
}
