// Modules, handles and globals as the bindings have them. A script uses few of
// hundreds of functions, so a module is made when it is first used: beside a script
// that may have replaced the language by then.
(lib) => {
  const { bindings } = lib;
  const { Proxy, create, defineProperty, freeze, getOwnPropertyDescriptor } = lib.intrinsics;
  const { indexOf, keys, newMap, objectPrototype, setPrototypeOf, slice, toLowerCase, toUpperCase } = lib.intrinsics;

  const isUpper = (letter) => letter >= "A" && letter <= "Z";
  const isLower = (letter) => letter >= "a" && letter <= "z";

  const camelCase = (name) => {
    let text = "";
    for (let i = 0; i < name.length; i++) {
      const next = name[i + 1];
      const joins = name[i] === "_" && next !== undefined && next !== "_";
      text += joins ? toUpperCase(name[++i]) : name[i];
    }
    return text;
  };

  /** createLLM → create_llm, fromJSONSchema → from_json_schema */
  const snakeCase = (name) => {
    let text = "";
    for (let i = 0; i < name.length; i++) {
      const before = name[i - 1];
      const letter = name[i];
      const after = name[i + 1];
      const begins = isLower(before) || (isUpper(before) && after !== undefined && isLower(after));
      text += before !== undefined && isUpper(letter) && begins ? `_${letter}` : letter;
    }
    return toLowerCase(text);
  };

  const define = (object, name, value) => defineProperty(object, name, { value, enumerable: true, configurable: true });

  /** @param self whether the function takes its `this` as the first argument */
  const bound = (name, id, awaitable, self) => {
    const fn = self ? lib.hostMethodOf(id, awaitable) : lib.hostFunctionOf(id, awaitable);
    return freeze(defineProperty(fn, "name", { value: camelCase(name) }));
  };

  /** Makes the functions of an index (`guest-kit/indexed-bindings.ts`), each under all its names. */
  const bind = (object, index, self) => {
    let fn;
    let awaitable = false;
    for (let start = 1; start < index.length;) {
      const end = indexOf(index, "\n", start);
      const line = slice(index, start, end);
      start = end + 1;
      const equals = indexOf(line, "=");
      const name = slice(line, 0, equals < 0 ? indexOf(line, ">") : equals);
      if (equals >= 0) {
        const id = slice(line, equals + 1, line.length - 1);
        awaitable = line[line.length - 1] === "a";
        // What the library of another engine has itself, the language has: promises.
        fn = id === "" ? undefined : bound(name, +id, awaitable, self);
      }
      if (fn === undefined) continue;
      const spelled = camelCase(name);
      define(object, name, fn);
      define(object, spelled, fn);
      if (!awaitable) continue;
      define(object, `${name}_async`, fn);
      define(object, `${spelled}Async`, fn);
    }
  };

  /** Older spellings and nested names (`m.ns.fn` for `m.ns_fn`), which are looked for when a name is not there. */
  const olderNames = (module, index) => {
    const target = create(objectPrototype);
    const namespaces = newMap();
    const find = (prefix) => (_, key) => {
      if (typeof key !== "string" || key in target) return prefix === "" ? target[key] : undefined;
      const name = prefix + snakeCase(key);
      const known = getOwnPropertyDescriptor(module, name);
      if (known !== undefined) return known.value;
      if (indexOf(index, `\n${name}_`) < 0) return undefined;
      if (!namespaces.has(name)) namespaces.set(name, lookUp(find(`${name}_`)));
      return namespaces.get(name);
    };
    const lookUp = (get) => new Proxy(freeze(create(null)), { __proto__: null, get });
    return lookUp(find(""));
  };

  const build = (index, constants) => {
    const module = create(null);
    bind(module, index, false);
    const names = keys(constants);
    for (let i = 0; i < names.length; i++) define(module, names[i], constants[names[i]]);
    return freeze(setPrototypeOf(module, olderNames(module, index)));
  };

  const lazily = (make) => {
    let made;
    return () => (made ??= make());
  };

  const modules = create(null);
  for (const { name, aliases, constants, index } of bindings.modules) {
    const get = freeze(lazily(() => build(index, constants)));
    for (const each of [name, ...aliases].flatMap((alias) => [alias, camelCase(alias)]))
      defineProperty(modules, each, { get, enumerable: true, configurable: true });
  }
  for (const name of Object.keys(modules)) {
    if (!(name in globalThis)) exposeLazily(name, getOwnPropertyDescriptor(modules, name).get);
  }
  // Not a module, so that no global gets its name.
  if (modules.weak === undefined) defineProperty(modules, "weak", { value: freeze(lib.weak) });
  lib.modules = freeze(modules);

  for (const root of bindings.roots) expose(root, modules);
  for (const [name, target] of Object.entries(bindings.globals)) {
    const [module, fn] = target.split(".");
    const { index = "" } = bindings.modules.find((each) => each.name === module) ?? {};
    const isBound = fn === undefined || /^\d/.test(index.split(`\n${fn}=`)[1] ?? "");
    if (module in modules && isBound && !(name in globalThis))
      exposeLazily(name, () => (fn === undefined ? modules[module] : modules[module][fn]));
  }

  const kinds = newMap();
  for (const { kind, index, properties } of bindings.handles) kinds.set(kind, { __proto__: null, index, properties });
  /** Gives the prototype of a kind of handles its methods and fields. */
  lib.bindHandle = (kind, prototype) => {
    const known = kinds.get(kind);
    if (known === undefined) return;
    bind(prototype, known.index, true);
    for (let i = 0; i < known.properties.length; i++) {
      const { name, id } = known.properties[i];
      const get = bound(name, id, false, true);
      defineProperty(prototype, name, { get, enumerable: true, configurable: true });
      defineProperty(prototype, camelCase(name), { get, enumerable: true, configurable: true });
    }
    freeze(prototype);
  };

  function expose(name, value) {
    defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }

  /** A global that becomes a plain one when it is first read or written. */
  function exposeLazily(name, get) {
    const settle = (value) => {
      const now = getOwnPropertyDescriptor(globalThis, name);
      if (now?.configurable === true) expose(name, value);
      return value;
    };
    defineProperty(globalThis, name, {
      get: freeze(() => settle(get())),
      set: freeze((value) => void settle(value)),
      enumerable: false,
      configurable: true,
    });
  }
};
