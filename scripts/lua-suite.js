// Runs the official Lua test suite in guests of the sandbox level `none`.
//
//   npm run build && node scripts/lua-suite.js <folder> [file.lua ...]
//
// The folder is `testes` of the Lua repository (github.com/lua/lua) at the commit
// that `docs/engines/lua-suite.md` names. Prints a line for each file; the exit
// status is 1 when one failed, or when there is one that this script does not know.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createLuaEngine } from "@llmspell/engine-lua";

/** The files that run, with how the suite's own `all.lua` runs them. */
const RUN = {
  "bitwise.lua": "dump",
  "bwcoercion.lua": "plain",
  "big.lua": "coroutine",
  "calls.lua": "dump",
  "closure.lua": "dump",
  "constructs.lua": "dump",
  "coroutine.lua": "dump",
  "cstack.lua": "dump",
  "db.lua": "dump",
  "errors.lua": "dump",
  "events.lua": "dump",
  "gc.lua": "plain",
  "gengc.lua": "dump",
  "goto.lua": "strip",
  "heavy.lua": "plain",
  "literals.lua": "plain",
  "locals.lua": "dump",
  "math.lua": "dump",
  "nextvar.lua": "dump",
  "pm.lua": "dump",
  "sort.lua": "strip",
  "strings.lua": "plain",
  "tpack.lua": "dump",
  "tracegc.lua": "plain",
  "utf8.lua": "dump",
  "vararg.lua": "dump",
};

const LEFT_OUT = {
  "all.lua": "runs the other files from the disk; this script does instead",
  "api.lua": "tests the C API through the library T, which no ordinary build of Lua has",
  "attrib.lua": "writes modules to files and loads them",
  "code.lua": "tests the generated code through T",
  "files.lua": "reads and writes files, and pipes",
  "main.lua": "starts the command line interpreter as a process",
  "verybig.lua": "writes its program to a file first",
};

/** What `all.lua` and its options set: everything but what is not portable, long tests included. */
const PRELUDE = `
  for name, source in pairs(sources) do package.preload[name] = assert(load(source, "@" .. name .. ".lua")) end
  sources = nil
  _port, _soft, _nomsg, T = true, false, true, nil
  function Message() end
  debug = nil`;

/** How a file is run; \`source\` and \`name\` are its text and its name. */
const WAYS = {
  plain: "local main = assert(load(source, name)) source = nil return main()",
  dump: "local main = assert(load(string.dump(assert(load(source, name))))) source = nil return main()",
  strip: "local main = assert(load(string.dump(assert(load(source, name)), true))) source = nil return main()",
  coroutine: `
    local main = coroutine.wrap(assert(load(source, name)))
    source = nil
    assert(main() == "b")
    assert(main() == "a")`,
};

const LIMITS = { fuel: 1e11, memoryBytes: 1 << 29, timeMs: 600_000, outputBytes: 1 << 26, callDepth: 1_000_000 };
const OUTPUT_SHOWN = 1_000;

const [folder, ...only] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node scripts/lua-suite.js <folder of the Lua test suite> [file.lua ...]");
  process.exit(2);
}
const engine = createLuaEngine();

// Bytes, for not every file is UTF-8.
const read = (name) => new Uint8Array(readFileSync(join(folder, name)));

async function run(file) {
  let output = "";
  const host = {
    now: () => Date.now(),
    pause: (resume) => void setImmediate(resume),
    write: (_, bytes) => void (output = (output + Buffer.from(bytes).toString("latin1")).slice(-OUTPUT_SHOWN)),
  };
  const guest = engine.createGuest({ sandbox: "none", limits: LIMITS, host });
  try {
    guest.setGlobal("sources", { bwcoercion: read("bwcoercion.lua"), tracegc: read("tracegc.lua") });
    await guest.run(PRELUDE).result();
    guest.setGlobal("source", read(file));
    guest.setGlobal("name", `@${file}`);
    await guest.run(WAYS[RUN[file]], { name: "suite" }).result();
    return { fuel: guest.usage.fuel };
  } catch (error) {
    const { file: at = "?", line = 0 } = error.details ?? {};
    return { problem: `${error.code} at ${at}:${line}: ${error.message}\n${output}` };
  } finally {
    guest[Symbol.dispose]();
  }
}

const counts = { passed: 0, failed: 0, "left out": 0 };

function report(file, result, remark) {
  counts[result]++;
  console.log(`${file.padEnd(16)}${result.padEnd(10)}${remark}`);
}

const files = only.length > 0 ? only : readdirSync(folder).filter((name) => name.endsWith(".lua"));
for (const file of files) {
  if (LEFT_OUT[file] !== undefined) report(file, "left out", LEFT_OUT[file]);
  else if (RUN[file] === undefined) report(file, "failed", "this script does not know the file");
  else {
    const { fuel, problem } = await run(file);
    if (problem === undefined) report(file, "passed", `${(fuel / 1e6).toFixed(1)} M fuel`);
    else report(file, "failed", problem);
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts["left out"]} left out`);
process.exitCode = counts.failed > 0 ? 1 : 0;
