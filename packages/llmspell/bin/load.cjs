// Loads the bundle of the command line together with what V8 has made of it: the code cache
// beside each file saves parsing most of a megabyte at each start. `require` cannot be given a
// cache, and Node 20 keeps none of its own.
const { setFlagsFromString } = require("node:v8");
const { readFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { Script } = require("node:vm");

// V8 optimizes the largest function of an interpreter in the background as soon as it has run for some
// milliseconds, and the process cannot end before that is done: 70 to 90 ms of a hello-world in JavaScript.
// With ten times the usual budget short spells end first; long ones wait for it some milliseconds longer. Set
// before anything is compiled, since caches are of the flags that they were made with.
setFlagsFromString("--wasm-tiering-budget=20000000");

// A script from a cache cannot `import()` in Node 20; the bundle calls `esLoad` in its place.
const PARAMETERS = "exports, require, module, __filename, __dirname, esLoad";

const folder = path.join(__dirname, "../dist/cli");

/** The scripts that were loaded, by path; what makes the caches reads them. */
const scripts = new Map();
const modules = new Map();

/** The exports of `name` in the bundle. A cache that is missing or of another V8 is passed over. */
function load(name) {
  const file = path.join(folder, name);
  const known = modules.get(file);
  if (known !== undefined) return known.exports;
  const script = new Script(`(function (${PARAMETERS}) {${readFileSync(file)}\n})`, {
    filename: file,
    cachedData: cacheOf(file),
  });
  scripts.set(file, script);
  const module = { exports: {} };
  modules.set(file, module);
  const outside = createRequire(file);
  const inside = (id) => (id.startsWith("./") ? load(id) : outside(id));
  script.runInThisContext()(module.exports, inside, module, file, folder, (id) => import(id));
  return module.exports;
}

function cacheOf(file) {
  try {
    return readFileSync(`${file}.cache`);
  } catch {
    return undefined;
  }
}

module.exports = { load, scripts };
