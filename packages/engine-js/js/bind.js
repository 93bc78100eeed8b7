// Modules, handles and globals as the bindings have them. A script uses few of
// hundreds of functions, so a module is made when it is first used: beside a script
// that may have replaced the language by then.
(lib) => {
  const { bindings } = lib;
  const { asyncIterator } = Symbol;
  const { Proxy, apply, create, defineProperty, freeze, getOwnPropertyDescriptor, hasOwn } = lib.intrinsics;
  const { indexOf, keys, newList, newMap, objectPrototype, setPrototypeOf, slice, toLowerCase, toUpperCase } =
    lib.intrinsics;

  const isUpper = (letter) => letter >= "A" && letter <= "Z";
  const isLower = (letter) => letter >= "a" && letter <= "z";

  const camelCase = (name) => {
    if (indexOf(name, "_") < 0) return name;
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
    if (toLowerCase(name) === name) return name;
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

  /** Calls `visit(name, id, awaitable, older)` for each name of an index (`guest-kit/indexed-bindings.ts`), `older` for those of earlier times. */
  const eachName = (index, own, visit) => {
    let id = "";
    let isThere = false;
    let awaitable = false;
    for (let start = 1; start < index.length;) {
      const end = indexOf(index, "\n", start);
      const line = slice(index, start, end);
      start = end + 1;
      if (indexOf(line, "!") >= 0) continue;
      const equals = indexOf(line, "=");
      if (equals >= 0) {
        id = slice(line, equals + 1, line.length - 1);
        awaitable = line[line.length - 1] === "a";
        // What neither the host nor this library has, the language has: promises.
        isThere = id !== "" || own?.[slice(line, 0, equals)] !== undefined;
      }
      if (isThere) visit(slice(line, 0, equals < 0 ? indexOf(line, ">") : equals), +id, awaitable);
    }
  };

  const endsWith = (text, end) => text.length > end.length && slice(text, text.length - end.length) === end;

  /** @param self whether the function takes its `this` as the first argument */
  const bound = (name, id, awaitable, self) => {
    const fn = self ? lib.hostMethodOf(id, awaitable) : lib.hostFunctionOf(id, awaitable);
    return freeze(defineProperty(fn, "name", { value: camelCase(name) }));
  };

  /** The declared name that a name in any spelling, an older one or an `_async` twin stands for. */
  const declaredName = (index, key) => {
    const plain = snakeCase(key);
    for (let i = 0; i < 2; i++) {
      const name = i === 0 ? key : plain;
      if (indexOf(index, `\n${name}=`) >= 0) return name;
      const older = indexOf(index, `\n${name}>`);
      if (older >= 0) return slice(index, older + name.length + 2, indexOf(index, "\n", older + 1));
    }
    if (!endsWith(plain, "_async")) return undefined;
    const base = declaredName(index, slice(plain, 0, plain.length - "_async".length));
    return base !== undefined && kindOf(index, base).awaitable ? base : undefined;
  };

  const kindOf = (index, name) => {
    const start = indexOf(index, `\n${name}=`) + name.length + 2;
    const end = indexOf(index, "\n", start);
    return { __proto__: null, id: slice(index, start, end - 1), awaitable: index[end - 1] === "a" };
  };

  const callable = (id) => {
    const fn = lib.hostFunctionOf(id, false);
    delete fn.name;
    delete fn.length;
    return setPrototypeOf(fn, objectPrototype);
  };

  /**
   * The functions of an index, each made when it is first asked for by any of its names. A module
   * that a script has used is part of its snapshot: of hundreds of functions it uses a few.
   *
   * @param own what the library itself has of them, by name
   * @param call the function that calling the module calls, where there is one
   */
  const functionsOf = (index, constants, own, call) => {
    const made = call === undefined ? create(objectPrototype) : callable(call);
    const spaces = newMap();
    const define = (key, value) => defineProperty(made, key, { value, enumerable: true });
    const names = keys(constants);
    for (let i = 0; i < names.length; i++) define(names[i], constants[names[i]]);

    /** An older name that is a function may have others inside: `events.replay` and `events.replay.start`. */
    const withInner = (older, name) => {
      const fn = made[name];
      if (older === name || indexOf(index, `\n${older}_`) < 0) return fn;
      const inner = get(`${older}_`);
      return new Proxy(fn, { __proto__: null, get: (target, key) => inner(target, key) ?? target[key] });
    };

    /** Whether there is, now, a property of this name. */
    const make = (key) => {
      if (hasOwn(made, key)) return true;
      const name = declaredName(index, key);
      if (name === undefined) return false;
      if (name !== key && make(name)) define(key, withInner(snakeCase(key), name));
      else {
        const { id, awaitable } = kindOf(index, name);
        // What neither the host nor this library has, the language has: promises.
        const fn = id === "" ? own?.[name] : bound(name, +id, awaitable, false);
        if (fn === undefined) return false;
        define(name, fn);
      }
      return hasOwn(made, key);
    };
    const get = (prefix) => (_, key) => {
      if (prefix === "" && hasOwn(made, key)) return made[key];
      if (typeof key !== "string") return prefix === "" ? made[key] : undefined;
      if (prefix === "" && make(key)) return made[key];
      const name = prefix + snakeCase(key);
      if (prefix !== "" && make(name)) return made[name];
      if (prefix === "" && key in made) return made[key];
      if (indexOf(index, `\n${name}_`) < 0) return undefined;
      if (!spaces.has(name)) spaces.set(name, view(freeze(create(null)), { get: get(`${name}_`) }));
      return spaces.get(name);
    };
    const list = () => {
      const all = newList();
      const add = (key) => {
        all[all.length] = key;
      };
      for (let i = 0; i < names.length; i++) add(names[i]);
      const seen = newMap();
      eachName(index, own, (name, _, awaitable) => {
        const spelled = camelCase(name);
        const spellings = awaitable ? [name, spelled, `${name}_async`, `${spelled}Async`] : [name, spelled];
        for (let i = 0; i < spellings.length; i++) {
          if (seen.has(spellings[i])) continue;
          seen.set(spellings[i], true);
          add(spellings[i]);
        }
      });
      return all;
    };
    return view(made, {
      get: get(""),
      has: (_, key) => (typeof key === "string" && make(key)) || key in made,
      ownKeys: list,
      getOwnPropertyDescriptor: (_, key) => {
        if (typeof key === "string") make(key);
        return getOwnPropertyDescriptor(made, key);
      },
    });
  };

  const no = () => false;
  /** A proxy that lets nobody change what it shows. */
  const view = (target, traps) =>
    new Proxy(target, {
      __proto__: null,
      ...traps,
      set: no,
      defineProperty: no,
      deleteProperty: no,
      setPrototypeOf: no,
      preventExtensions: no,
    });

  const lazily = (make) => {
    let made;
    return () => (made ??= make());
  };

  const modules = create(null);
  // The functions of the module with the name of a root are fields of the root, beside the modules.
  const rootIndex = bindings.modules.find(({ name }) => name === bindings.roots[0])?.index ?? "\n";
  for (const [, name, id, kind] of rootIndex.matchAll(/\n(\w+)=(\d+)([as])(?=\n)/g)) {
    const get = freeze(lazily(() => bound(name, +id, kind === "a", false)));
    const names = kind === "a" ? [name, `${name}_async`] : [name];
    for (const each of names.flatMap((one) => [one, camelCase(one)]))
      defineProperty(modules, each, { get, enumerable: true, configurable: true });
  }
  const ofRoot = newMap();
  for (const name of keys(modules)) ofRoot.set(name, true);
  for (const { name, aliases, constants, index } of bindings.modules) {
    if (name === bindings.roots[0]) continue;
    // Where a function of the root has the name of a module, the module is called.
    const call = new RegExp(`\n${name}=(\\d+)s\n`).exec(rootIndex)?.[1];
    const get = freeze(lazily(() => functionsOf(index, constants, lib.own[name], call && +call)));
    ofRoot.delete(name);
    for (const each of [name, ...aliases].flatMap((alias) => [alias, camelCase(alias)]))
      defineProperty(modules, each, { get, enumerable: true, configurable: true });
  }
  for (const name of keys(modules)) {
    if (!(name in globalThis) && !ofRoot.has(name)) exposeLazily(name, getOwnPropertyDescriptor(modules, name).get);
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

  const none = newList();
  /** What has a next one can be looped over: `for await (const piece of handle)`. */
  const iterate = (prototype) => {
    const { next, close } = prototype;
    const start = function () {
      const end = async () => {
        if (close !== undefined) await apply(close, this, none);
        return { value: undefined, done: true };
      };
      const step = async () => {
        const value = await apply(next, this, none);
        return value === null || value === undefined ? { value: undefined, done: true } : { value, done: false };
      };
      return { next: step, return: end };
    };
    defineProperty(prototype, asyncIterator, { value: start, configurable: true });
  };

  const kinds = newMap();
  for (const { kind, index, properties } of bindings.handles) kinds.set(kind, { __proto__: null, index, properties });
  /** Gives the prototype of a kind of handles its methods and fields. */
  lib.bindHandle = (kind, prototype) => {
    const known = kinds.get(kind);
    if (known === undefined) return;
    eachName(known.index, undefined, (name, id, awaitable) => {
      const fn = bound(name, id, awaitable, true);
      const spelled = camelCase(name);
      const spellings = awaitable ? [name, spelled, `${name}_async`, `${spelled}Async`] : [name, spelled];
      for (let i = 0; i < spellings.length; i++)
        defineProperty(prototype, spellings[i], { value: fn, enumerable: true, configurable: true });
    });
    if (prototype.next !== undefined) iterate(prototype);
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
