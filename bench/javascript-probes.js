// One hostile script in one sandbox, in a process of its own: what becomes of it, and after how long.
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { openIsolatedVm, openQuickJsEmscripten } from "./javascript-peers.js";

const LIMIT_MS = 1_000;
const LIMIT_BYTES = 64 * 1024 * 1024;
const SOURCES = {
  "text of a huge list": "return (new Array(1e9) + '').length",
  "text for ever": "const a = []; for (;;) a.push(('x'.repeat(1e6) + a.length).replace('x', 'y'))",
  "a growing integer": "let n = 3n; for (;;) try { n = n * n } catch { n = 3n }",
  "a regular expression": "return /^(a+)+$/.test('a'.repeat(40) + 'b')",
};

async function openOurs() {
  const engine = createJavaScriptEngine();
  engine.createGuest()[Symbol.dispose](); // the first guest of a process compiles
  return {
    probe(source, ms, bytes) {
      const guest = engine.createGuest({ limits: { fuel: 1e15, timeMs: ms, memoryBytes: bytes } });
      const { error } = guest.run(source);
      return error === undefined ? "ran to its end" : error.code;
    },
  };
}

const OPEN = { llmspell: openOurs, "quickjs-emscripten": openQuickJsEmscripten, "isolated-vm": openIsolatedVm };
const [, , name, probe] = process.argv;
const sandbox = await OPEN[name]({});
const started = performance.now();
const outcome = sandbox.probe(SOURCES[probe], LIMIT_MS, LIMIT_BYTES);
const ms = performance.now() - started;
const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
process.stdout.write(JSON.stringify({ outcome, ms, megabytes }));
