// Modules, handles and globals as the bindings have them.
(lib) => {
  const { bindings } = lib;
  const { create, defineProperty, freeze, getOwnPropertyDescriptor, newList, replace, toUpperCase } = lib.intrinsics;

  const camelCase = (name) => replace(name, /_([a-z\d])/g, (_, letter) => toUpperCase(letter));

  /** Every name of a function: its own, its aliases, and each of them in the language's own spelling. */
  const namesOf = ({ name, aliases }) => [name, ...aliases].flatMap((each) => [each, camelCase(each)]);

  const define = (object, name, value) => defineProperty(object, name, { value, enumerable: true, configurable: true });

  /** @param self whether the function takes its `this` as the first argument */
  const bound = ({ id, awaitable, name }, self) => {
    const call = awaitable ? lib.callAsync : lib.call;
    const fn = self
      ? function (...args) {
          // Spreading would ask an iterator that a script may have replaced.
          const all = newList();
          all[0] = this;
          for (let i = 0; i < args.length; i++) all[i + 1] = args[i];
          return call(id, all);
        }
      : (...args) => call(id, args);
    return freeze(defineProperty(fn, "name", { value: camelCase(name) }));
  };

  const bind = (object, functions, self) => {
    for (const declared of functions) {
      // What the library of another engine has itself, the language has: promises.
      if (declared.id === undefined) continue;
      const fn = bound(declared, self);
      for (const name of namesOf(declared)) {
        define(object, name, fn);
        if (declared.awaitable) {
          define(object, `${name}_async`, fn);
          define(object, camelCase(`${name}_async`), fn);
        }
      }
    }
  };

  const modules = create(null);
  for (const { name, aliases, functions, constants } of bindings.modules) {
    const module = {};
    bind(module, functions, false);
    for (const [key, value] of Object.entries(constants ?? {})) define(module, key, value);
    for (const each of namesOf({ name, aliases })) modules[each] = module;
  }
  // Not a module, so that no global gets its name.
  if (modules.weak === undefined) defineProperty(modules, "weak", { value: freeze(lib.weak) });
  freeze(modules);

  for (const name of Object.keys(modules)) {
    freeze(modules[name]);
    if (!(name in globalThis)) expose(name, modules[name]);
  }
  for (const root of bindings.roots) expose(root, modules);
  for (const [name, target] of Object.entries(bindings.globals)) {
    const [module, fn] = target.split(".");
    const value = modules[module] && getOwnPropertyDescriptor(modules[module], fn)?.value;
    if (value !== undefined) expose(name, value);
  }

  for (const { kind, methods, properties } of bindings.handles) {
    const { prototype } = lib.handleClass(kind);
    bind(prototype, methods, true);
    for (const declared of properties ?? []) {
      const get = bound(declared, true);
      for (const name of namesOf(declared)) {
        defineProperty(prototype, name, { get, enumerable: true, configurable: true });
      }
    }
    freeze(prototype);
  }

  function expose(name, value) {
    defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }
};
