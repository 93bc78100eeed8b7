import { mkdir, readFile, readdir } from "node:fs/promises";
import type { Profiler } from "node:inspector";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { V8CoverageProvider } from "@vitest/coverage-v8/dist/provider.js";
import { convert, type Options } from "ast-v8-to-istanbul";
import { parseAstAsync, type ReportContext, type Vitest } from "vitest/node";

type Program = Awaited<ReturnType<typeof parseAstAsync>>;
type Script = Pick<Options<unknown, Program>, "code" | "ast" | "sourceMap">;

const BUILT = new URL("../../packages/llmspell/dist/", import.meta.url).href;
/** What `test/cli-start.test.ts` runs; its source maps end at {@link BUILT}. */
const BUNDLE = `${BUILT}cli/`;

/** Adds what `start` of `test/support/cli.ts` ran of `packages/llmspell`. */
export class Provider extends V8CoverageProvider {
  #folder = "";
  #inProcesses = this.createCoverageMap();

  override initialize(context: Vitest): void {
    super.initialize(context);
    this.#folder = join(this.coverageFilesDirectory, "processes");
    process.env["LLMSPELL_TEST_COVERAGE"] = this.#folder;
  }

  override async clean(all?: boolean): Promise<void> {
    await super.clean(all);
    await mkdir(this.#folder);
  }

  override async generateCoverage(context: ReportContext): Promise<ReturnType<this["createCoverageMap"]>> {
    this.#inProcesses = await this.#readProcesses();
    const all = await super.generateCoverage(context);
    all.merge(this.#inProcesses);
    return all;
  }

  override async getUntestedFiles(tested: string[]): Promise<string[]> {
    return await super.getUntestedFiles([...tested, ...this.#inProcesses.files()]);
  }

  async #readProcesses(): Promise<ReturnType<this["createCoverageMap"]>> {
    const map = this.createCoverageMap();
    const scripts = new Map<string, Script>();
    for (const name of await readdir(this.#folder)) {
      const ran = JSON.parse(await readFile(join(this.#folder, name), "utf8")) as { result: Profiler.ScriptCoverage[] };
      for (const { url, functions } of ran.result) {
        if (!url.startsWith(BUILT) || url.startsWith(BUNDLE)) continue;
        const script = scripts.get(url) ?? (await readScript(url));
        scripts.set(url, script);
        map.merge(await convert({ ...script, coverage: { url, functions } }));
      }
    }
    return map;
  }
}

async function readScript(url: string): Promise<Script> {
  const file = fileURLToPath(url);
  const code = await readFile(file, "utf8");
  return { code, ast: await parseAstAsync(code), sourceMap: JSON.parse(await readFile(`${file}.map`, "utf8")) };
}
