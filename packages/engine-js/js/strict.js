// The level `strict`, for code that a model wrote: the library of the language and
// the modules cannot be changed.
() => {
  const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf } = Object;
  const { ownKeys } = Reflect;

  // Names that scripts give to objects of their own: a frozen prototype would
  // forbid that too, so it answers them by an accessor, which a script's object
  // may cover with a property of its own.
  const COVERED = ["constructor", "message", "name", "toJSON", "toLocaleString", "toString", "valueOf"];

  const letCover = (prototype, key) => {
    const { value, writable, configurable, enumerable } = getOwnPropertyDescriptor(prototype, key) ?? {};
    if (writable !== true || configurable !== true) return;
    const set = function (covering) {
      if (this === prototype) throw new TypeError(`'${key}' cannot be changed here`);
      defineProperty(this, key, { value: covering, writable: true, enumerable: true, configurable: true });
    };
    defineProperty(prototype, key, { get: () => value, set, enumerable, configurable: false });
  };

  const seen = new Set([globalThis]);
  const queue = [];
  const reach = (value) => {
    if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) return;
    seen.add(value);
    queue.push(value);
  };
  for (const key of ownKeys(globalThis)) {
    const { value, get } = getOwnPropertyDescriptor(globalThis, key);
    reach(value);
    reach(get);
  }
  // What no name leads to.
  const generator = (function* () {})();
  const asyncGenerator = (async function* () {})();
  for (const hidden of [async () => {}, generator, asyncGenerator, [][Symbol.iterator](), ""[Symbol.iterator]()]) {
    reach(getPrototypeOf(hidden));
  }
  const helper = [].values().map((value) => value);
  const helpers = [helper, Iterator.from({ next: () => helper.next() }), Iterator.concat?.() ?? helper];
  for (const hidden of [...helpers, new Map().entries(), new Set().values(), "".matchAll(/a/g), new Int8Array(0)]) {
    reach(getPrototypeOf(hidden));
  }
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    reach(getPrototypeOf(value));
    for (const key of ownKeys(value)) {
      const { value: inner, get, set } = getOwnPropertyDescriptor(value, key);
      reach(inner);
      reach(get);
      reach(set);
    }
  }
  for (const value of seen) {
    if (value === globalThis) continue;
    if (typeof value === "object") for (const key of COVERED) letCover(value, key);
    freeze(value);
  }

  // The names of the language stay what they are; new ones may be added.
  for (const key of ownKeys(globalThis)) {
    const { value, get, configurable } = getOwnPropertyDescriptor(globalThis, key);
    if (!configurable) continue;
    const fixed = get === undefined ? { value, writable: false } : { get, set: undefined };
    defineProperty(globalThis, key, { ...fixed, configurable: false });
  }
};
