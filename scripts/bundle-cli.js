// Makes the command line start fast: one file per command instead of a hundred
// modules, what V8 makes of them, and the warm starts of the engines beside it.
// Runs after `tsc -b`.
import { execFile } from "node:child_process";
import { writeFile, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rolldown } from "rolldown";
import { parseAst } from "rolldown/parseAst";
import { makeJavaScriptWarmStart } from "@llmspell/engine-js";
import { makeWarmStart } from "@llmspell/engine-lua";
import { standardLibrary } from "@llmspell/spell";

const dist = fileURLToPath(new URL("../packages/llmspell/dist/", import.meta.url));
const target = `${dist}cli/`;

await rm(target, { recursive: true, force: true });
await bundle({ llmspell: `${dist}cli.js` }, "cjs");
// A thread loads the worker beside the file that starts it, as a module.
await bundle(
  {
    "lua-worker": fileURLToPath(import.meta.resolve("@llmspell/engine-lua/worker")),
    "js-worker": fileURLToPath(import.meta.resolve("@llmspell/engine-js/worker")),
  },
  "esm",
);
const { bindings } = standardLibrary();
await writeFile(`${target}lua.warm`, makeWarmStart(bindings));
await writeFile(`${target}javascript.warm`, makeJavaScriptWarmStart(bindings));
await makeCodeCaches();

async function bundle(input, format) {
  const made = await rolldown({
    input,
    platform: "node",
    // Small libraries come along; the large ones stay where npm has put them.
    external: [
      /^node:/,
      /^@ai-sdk\//,
      "cockatiel",
      /^wasmoon/,
      /^quickjs-wasi/,
      "libsql",
      "liquidjs",
      /^gpt-tokenizer/,
      "re2js",
      /^@opentelemetry\//,
    ],
    treeshake: { moduleSideEffects: false },
    plugins: format === "cjs" ? [{ name: "es-load", renderChunk: esLoad }] : [],
  });
  const extension = format === "cjs" ? "cjs" : "js";
  await made.write({
    dir: target,
    format,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[name]-[hash].${extension}`,
    sourcemap: true,
    // Less text to compile: 4 ms of a start (measured). Names stay for stacks.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
  });
  await made.close();
}

/** `import(…)` as `esLoad(…)`, which `load.cjs` gives; of the same length, so that the source map holds. */
function esLoad(code) {
  let text = code;
  const walk = (node) => {
    if (node === null || typeof node !== "object") return;
    if (node.type === "ImportExpression") {
      if (!code.startsWith("import(", node.start)) throw new Error(`no import() at ${node.start}`);
      text = `${text.slice(0, node.start)}esLoad${text.slice(node.start + "import".length)}`;
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(parseAst(code, { sourceType: "script" }));
  return { code: text, map: null };
}

/** What a spell of each language needs, one after the other: the second run adds to what the first one left. */
async function makeCodeCaches() {
  const local = (path) => fileURLToPath(new URL(path, import.meta.url));
  for (const spell of ["agent-with-tool.lua", "agent-with-tool.js"])
    await promisify(execFile)(process.execPath, [local("code-cache.cjs"), local(`../examples/${spell}`)]);
}
