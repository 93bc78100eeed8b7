// Bundles test/fuzz, which is TypeScript, and runs it against the build.
//
//   npm run fuzz -- --seconds 60 --seed 1 [--case 42]
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "rolldown";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const file = at("node_modules/.cache/llmspell-fuzz.js");

await build({
  input: at("test/fuzz/main.ts"),
  platform: "node",
  external: [/^@llmspell\//],
  output: { file, format: "esm" },
});
await import(pathToFileURL(file).href);
