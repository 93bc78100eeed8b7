import { mkdtemp, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { afterAll } from "vitest";

/**
 * Bundles a module of the sources for a thread, which cannot load TypeScript.
 * Inside the repository, so that it finds its packages; removed after the file's
 * tests, so call it at the top of one.
 */
export async function bundleForThread(source: URL): Promise<URL> {
  const path = fileURLToPath(source);
  const dir = await mkdtemp(fileURLToPath(new URL("../../node_modules/.llmspell-thread-", import.meta.url)));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  const bundle = await rolldown({
    input: path,
    platform: "node",
    resolve: { conditionNames: ["llmspell-source"], extensionAlias: { ".js": [".ts", ".js"] } },
    external: [/^node:/, /^wasmoon/, /^quickjs-wasi/],
  });
  const file = join(dir, basename(path).replace(/\.ts$/, ".js"));
  await bundle.write({ file, format: "esm", codeSplitting: false });
  await bundle.close();
  return pathToFileURL(file);
}
