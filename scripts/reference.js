// Writes what is made of the declarations of the script API: the reference, what editors
// read, and llms.txt. `npm run reference`; `test/reference.test.ts` checks that it is up to date.
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MODULES, generatedFiles, standardLibrary } from "@llmspell/spell";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = generatedFiles(MODULES, standardLibrary().bindings.roots);
const pages = join(root, "docs/reference");
await mkdir(pages, { recursive: true });
for (const name of await readdir(pages)) {
  if (!(`docs/reference/${name}` in files)) await rm(join(pages, name));
}
for (const [path, text] of Object.entries(files)) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
console.log(`wrote ${Object.keys(files).length} files`);
