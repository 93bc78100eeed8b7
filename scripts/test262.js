// Runs a stated part of test262, the conformance suite of ECMAScript, in guests of
// the sandbox level `none`, metered and capped like any other.
//
//   npm run build && node scripts/test262.js <folder> [path in test/ ...]
//
// The folder is a checkout of github.com/tc39/test262; `docs/engines/test262.md`
// names the commit. Prints counts per area, each test that failed, and whether it
// fails in a plain, unmetered QuickJS as well. The exit status is 1 when one fails
// in a guest only.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { QuickJS } from "quickjs-wasi";

/** Areas that run when none is named. */
const AREAS = ["language", "built-ins"];

/** What a guest cannot be asked, by the path. */
const LEFT_OUT_PATHS = {
  "language/module-code": "modules: a source of a guest is a function body",
  "language/import": "modules",
  "language/export": "modules",
  "language/expressions/dynamic-import": "modules",
  "language/expressions/import.meta": "modules",
  "language/global-code": "declarations of global scripts: the tests run by indirect eval",
  "language/eval-code/direct/global": "the same",
  "built-ins/RegExp/property-escapes/generated": "every character there is against every property, seconds each",
  "built-ins/Atomics": "threads and shared memory, which the build does not have",
  "built-ins/SharedArrayBuffer": "the same",
  "built-ins/ShadowRealm": "a proposal",
  "built-ins/Temporal": "later than ES2023",
  "built-ins/AbstractModuleSource": "a proposal",
};

/** What ES2023 does not have, or what needs a host that a guest is not. */
const LEFT_OUT_FEATURES = new Set(
  `Atomics Atomics.pause Atomics.waitAsync SharedArrayBuffer cross-realm IsHTMLDDA tail-call-optimization host-gc-required
  caller CanBlockIsFalse CanBlockIsTrue dynamic-import import-attributes import-defer import-text import-bytes json-modules
  source-phase-imports source-phase-imports-module-source import.meta top-level-await ShadowRealm Temporal decorators
  explicit-resource-management
  Array.fromAsync Error.isError error-stack-accessor Float16Array iterator-helpers iterator-sequencing
  joint-iteration Math.sumPrecise RegExp.escape array-grouping arraybuffer-transfer resizable-arraybuffer immutable-arraybuffer
  json-parse-with-source legacy-regexp nonextensible-applies-to-private promise-try
  promise-with-resolvers regexp-duplicate-named-groups regexp-modifiers regexp-v-flag set-methods String.prototype.isWellFormed
  String.prototype.toWellFormed uint8array-base64 upsert await-dictionary canonical-tz
  iterator-chunking promise-all-keyed`.split(/\s+/),
);

const LIMITS = { fuel: 2e9, memoryBytes: 1 << 28, timeMs: 20_000, outputBytes: 1 << 20, valueBytes: 1 << 26 };

/**
 * Runs a test that stands as text in \`source\`. Leaves null in \`outcome\`, or the
 * name and the text of what was thrown, as JSON.
 */
const runner = (isAsync) => `
  const text = globalThis.source;
  delete globalThis.source;
  const { apply } = Reflect;
  const { stringify } = JSON;
  let done;
  const ended = new Promise((resolve) => {
    done = (error) => resolve(error === undefined ? null : { error });
  });
  globalThis.print = () => {};
  globalThis.$DONE = (error) => done(error ? error : undefined);
  const transfer = ArrayBuffer.prototype.transfer;
  const evaluate = globalThis.eval;
  globalThis.$262 = {
    global: globalThis,
    gc() {},
    evalScript: (script) => evaluate(script),
    detachArrayBuffer: (buffer) => void apply(transfer, buffer, [0]),
  };
  const told = (error) => {
    const name = error?.constructor?.name;
    return [typeof name === "string" ? name : typeof error, typeof error === "object" && error !== null ? String(error.message) : String(error)];
  };
  const outcome = async () => {
    try { evaluate(text) } catch (error) { return told(error) }
    ${isAsync ? "const end = await ended; if (end !== null) return told(end.error);" : ""}
    return null;
  };
  globalThis.outcome = stringify(await outcome());`;

const [folder, ...only] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node scripts/test262.js <folder of test262> [path in test/ ...]");
  process.exit(2);
}
const root = join(folder, "test");
const engine = createJavaScriptEngine();
const plainModule = await WebAssembly.compile(
  readFileSync(createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm")),
);

const harness = new Map();
function include(name) {
  let text = harness.get(name);
  if (text === undefined) harness.set(name, (text = readFileSync(join(folder, "harness", name), "utf8")));
  return text;
}

/** What the comment at the head of a test says of it, as far as it matters here. */
function metaOf(text) {
  const [, head = ""] = /\/\*---(.*?)---\*\//s.exec(text) ?? [];
  const list = (key) => {
    const [, inline, lines] = new RegExp(`^${key}:\\s*(?:\\[(.*?)\\]|((?:\\n\\s+- .*)+))`, "ms").exec(head) ?? [];
    if (inline !== undefined) return inline.split(",").map((each) => each.trim());
    return lines === undefined
      ? []
      : lines
          .trim()
          .split("\n")
          .map((each) => each.replace(/^\s*- /, "").trim());
  };
  const [, phase, type] = /^negative:\s*\n\s+phase: (\w+)\s*\n\s+type: (\w+)/m.exec(head) ?? [];
  return {
    flags: list("flags"),
    features: list("features"),
    includes: list("includes"),
    negative: type && { phase, type },
  };
}

/** The text of a test with the harness before it. Spells are strict, so only what is for sloppy code alone runs as such. */
function textOf(text, { flags, includes }) {
  if (flags.includes("raw")) return text;
  const mode = flags.includes("noStrict") ? "" : '"use strict";\n';
  return `${mode}${["assert.js", "sta.js", ...includes].map(include).join("\n")}\n${text}`;
}

/** What was thrown in a guest: null, or its name and text; a limit is told by its code. */
async function inGuest(text, isAsync) {
  const guest = engine.createGuest({ sandbox: "none", limits: LIMITS });
  try {
    guest.setGlobal("source", text);
    await guest.run(runner(isAsync), { name: "test" }).result();
    return JSON.parse(guest.getGlobal("outcome"));
  } catch (error) {
    // A rejection that nobody takes fails a run here, and nothing in test262.
    const outcome = error.code === "SCRIPT_ERROR" ? guest.getGlobal("outcome") : null;
    return outcome === null ? [error.code ?? error.name, error.message] : JSON.parse(outcome);
  } finally {
    guest[Symbol.dispose]();
  }
}

/** The same in QuickJS without meter, limits and guest library. */
async function inPlain(text, isAsync) {
  const until = Date.now() + LIMITS.timeMs;
  const vm = await QuickJS.create({ wasm: plainModule, interruptHandler: () => Date.now() > until });
  try {
    const body = runner(isAsync).replace("globalThis.source;", `${JSON.stringify(text)};`);
    vm.evalCode(`(async () => {${body}})()`).dispose();
    vm.executePendingJobs();
    const outcome = vm.evalCode("globalThis.outcome");
    const told = vm.typeof(outcome) === "string" ? outcome.toString() : undefined;
    outcome.dispose();
    return told === undefined ? ["DEADLOCK", ""] : JSON.parse(told);
  } catch (error) {
    return ["CRASH", String(error)];
  } finally {
    try {
      vm.dispose();
    } catch {
      // A trap has left it unusable.
    }
  }
}

const isRight = (thrown, negative) => (negative === undefined ? thrown === null : thrown?.[0] === negative.type);

function* filesIn(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const at = join(path, entry.name);
    if (entry.isDirectory()) yield* filesIn(at);
    else if (entry.name.endsWith(".js") && !entry.name.includes("_FIXTURE")) yield at;
  }
}

/** A group of tests in the report: `language/expressions`, `built-ins/Array`. */
const areaOf = (name) => name.split("/").slice(0, 2).join("/");

const areas = new Map();
const leftOut = new Map();
const kinds = new Map();
const different = [];
const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);

/** Why a test does not run; undefined when it does. */
function reasonToLeaveOut(name, { flags, features }) {
  const path = Object.keys(LEFT_OUT_PATHS).find((each) => name.startsWith(`${each}/`));
  if (path !== undefined) return path;
  if (flags.includes("module")) return "modules";
  if (flags.includes("CanBlockIsFalse")) return "CanBlockIsFalse";
  return features.find((each) => LEFT_OUT_FEATURES.has(each) || each.startsWith("Intl."));
}

async function run(name, text, meta) {
  const isAsync = meta.flags.includes("async");
  const whole = textOf(text, meta);
  const thrown = await inGuest(whole, isAsync);
  if (isRight(thrown, meta.negative)) return true;
  const kind = thrown === null ? `no ${meta.negative?.type}` : String(thrown[0]);
  add(kinds, kind);
  const [line = ""] = String(thrown?.[1] ?? "").split("\n");
  const told = `${name}: ${kind}: ${line.slice(0, 120)}`;
  console.log(told);
  if (isRight(await inPlain(whole, isAsync), meta.negative)) different.push(told);
  return false;
}

for (const file of (only.length > 0 ? only : AREAS).flatMap((area) => [...filesIn(join(root, area))])) {
  const name = relative(root, file);
  const text = readFileSync(file, "utf8");
  const meta = metaOf(text);
  const reason = reasonToLeaveOut(name, meta);
  if (reason !== undefined) {
    add(leftOut, reason);
    continue;
  }
  const area = areas.get(areaOf(name)) ?? { passed: 0, failed: 0 };
  areas.set(areaOf(name), area);
  if (await run(name, text, meta)) area.passed++;
  else area.failed++;
}

const most = (map) => [...map].toSorted((a, b) => b[1] - a[1]);
const sum = (key) => [...areas.values()].reduce((total, area) => total + area[key], 0);
console.log("\n| area | passed | failed |\n|---|---|---|");
for (const [name, { passed, failed }] of areas) console.log(`| ${name} | ${passed} | ${failed} |`);
console.log("\nleft out:");
for (const [what, count] of most(leftOut)) console.log(`  ${count} ${what}`);
console.log("\nfailures by kind:");
for (const [kind, count] of most(kinds)) console.log(`  ${count} ${kind}`);
console.log(`\nin a guest only, not in plain QuickJS: ${different.length}`);
console.log(different.join("\n"));
const [passed, failed] = [sum("passed"), sum("failed")];
console.log(`\n${passed} passed, ${failed} failed: ${((100 * passed) / (passed + failed)).toFixed(2)} %`);
process.exitCode = different.length > 0 ? 1 : 0;
