// ES modules: what a source imports is found by the host, then all of it is
// compiled, then it runs. `src/modules.ts` is the other side of it.
(lib) => {
  const { host, op, bindings, exports, modules } = lib;
  const { keys, newList, newMap, parse, slice, startsWith, stringify, whenSettled } = lib.intrinsics;

  /** What the library asks the host for modules by; the functions of the script API have ids from 1. */
  const MODULE = 0;
  /** The module by which those of the library get at what they share. */
  const OWN = "[llmspell modules]";
  /** Names of the modules that are compiled. */
  const compiled = newMap();
  /** What was found under a specifier in a file: `file\0specifier` → name. */
  const found = newMap();
  let runs = 0;

  // The script API

  const [root] = bindings.roots;
  /** The modules of the script API, by everything that they are imported as. */
  const api = newMap();
  const own = newList();
  let known = "";

  const addOwn = (name, source) => (own[own.length] = [name, source]);

  globalThis["[llmspell]"] = { modules, load: (specifier, from) => then(specifier, from) };
  addOwn(OWN, 'export const { load, modules } = globalThis["[llmspell]"];');
  addOwn("[llmspell nothing]", "");
  if (root !== undefined) {
    for (const { name, aliases } of bindings.modules) {
      if (name === root) continue;
      const path = `${root}/${name}`;
      known += `${known === "" ? "" : ", "}${path}`;
      for (const each of bindings.roots) {
        api.set(each, root);
        for (const alias of [name, ...aliases]) api.set(`${each}/${alias}`, path);
      }
    }
  }

  /** Exports a module of the script API, or all of them, and each of its fields. One with an export `then` could not be imported by `import()`. */
  const apiSource = (path) => {
    const name = path === root ? "" : slice(path, root.length + 1);
    const names = keys(name === "" ? modules : modules[name]);
    let source = `import { modules } from "${OWN}";\nconst all = modules${name === "" ? "" : `.${name}`};\nexport default all;\n`;
    for (let i = 0; i < names.length; i++) {
      const key = names[i];
      if (key !== "default" && key !== "then") source += `const v${i} = all.${key};\nexport { v${i} as ${key} };\n`;
    }
    return source;
  };

  /** Gives the modules to the host, which runs them, and forgets them. */
  lib.takeModules = () => {
    const text = stringify(own);
    own.length = 0;
    return text;
  };

  const isReserved = (specifier) => {
    for (let i = 0; i < bindings.roots.length; i++) if (startsWith(specifier, `${bindings.roots[i]}/`)) return true;
    return false;
  };

  // Finding, compiling, running

  /** The module that a specifier means in a file: its name, and its source unless it is compiled already. */
  const find = async (specifier, from) => {
    const ofApi = api.get(specifier);
    if (ofApi !== undefined)
      return { __proto__: null, name: ofApi, source: compiled.has(ofApi) ? undefined : apiSource(ofApi) };
    // No module of a script has a name of the API.
    if (api.has(from) && specifier === OWN) return { __proto__: null, name: OWN };
    const key = `${from}\0${specifier}`;
    const before = found.get(key);
    if (before !== undefined && compiled.has(before)) return { __proto__: null, name: before };
    const args = isReserved(specifier) ? [specifier, from, known] : [specifier, from];
    const { name, source } = await lib.callAsync(MODULE, args);
    found.set(key, name);
    return { __proto__: null, name, source: compiled.has(name) ? undefined : source };
  };

  const scan = (name, source) => lib.answerOf(host(op.scan, name, source));

  /** Compiles a module and all that it imports; `requests` are its own specifiers, `root` is its name when the host runs it. */
  const compile = async (name, from, source, requests, root) => {
    const seen = newMap();
    const order = newList();
    const visit = async (name, from, source, requests) => {
      seen.set(name, true);
      const pairs = newList();
      for (let i = 0; i < requests.length; i++) {
        const next = await find(requests[i], from);
        pairs[i] = [requests[i], next.name];
        if (next.source === undefined || seen.has(next.name)) continue;
        await visit(next.name, next.name, next.source, scan(next.name, next.source));
      }
      order[order.length] = { __proto__: null, name, source, requests: pairs };
    };
    await visit(name, from, source, requests);
    // What another task has compiled meanwhile stays as it is.
    const parts = newList();
    for (let i = 0; i < order.length; i++) if (!compiled.has(order[i].name)) parts[parts.length] = order[i];
    if (parts.length === 0) return;
    const problem = host(op.compile, stringify(parts), root);
    if (problem !== undefined) throw lib.failure(problem);
    for (let i = 0; i < parts.length; i++) compiled.set(parts[i].name, true);
  };

  const load = async (specifier, from) => {
    const { name, source } = await find(specifier, from);
    if (source !== undefined) await compile(name, name, source, scan(name, source), "");
    return import(name);
  };

  /** The export `then` of the module that an `import()` of a script gives. */
  const then = (specifier, from) => (resolve, reject) => void whenSettled(load(specifier, from), resolve, reject);

  /** Runs a source that is a module; its result is what it exports as default. */
  const run = async (name, source, requests) => {
    // The same name again is another module.
    const unique = compiled.has(name) ? `${name}?${++runs}` : name;
    await compile(unique, name, source, requests, unique);
    const { default: result } = await import(unique);
    return result;
  };

  exports.runModule = (task, name, source, requests) => lib.follow(task, run(name, source, parse(requests)));
};
