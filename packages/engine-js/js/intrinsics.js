// What the library uses of the language, taken before any script runs: a script
// may replace all of it for itself, and changes nothing here.
(lib) => {
  const { asIntN } = BigInt;
  const { apply, ownKeys } = Reflect;
  const { create, defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf, keys, setPrototypeOf } = Object;

  /** Makes of a method a function that takes its `this` first. */
  const uncurry =
    (method) =>
    (self, ...args) =>
      apply(method, self, args);

  const OwnMap = Map;
  const mapMethods = ["get", "set", "delete", "has", "forEach"].map((name) => [name, Map.prototype[name]]);

  /** A map whose methods are its own. */
  const newMap = () => {
    const map = new OwnMap();
    for (let i = 0; i < mapMethods.length; i++)
      defineProperty(map, mapMethods[i][0], { __proto__: null, value: mapMethods[i][1] });
    return setPrototypeOf(map, null);
  };

  /** A list without methods, whose elements cannot meet a setter. */
  const newList = () => setPrototypeOf([], null);

  const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype);
  const typedArrayTag = getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag).get;
  const typedArrayLength = getOwnPropertyDescriptor(typedArrayPrototype, "length").get;

  lib.intrinsics = freeze({
    __proto__: null,
    BigInt,
    DOMException,
    Error,
    FinalizationRegistry,
    Float64Array,
    Number,
    Promise,
    Proxy,
    String,
    WeakRef,
    apply,
    arrayPrototype: Array.prototype,
    asBigInt64: (n) => asIntN(64, n),
    byteCount: (bytes) => apply(typedArrayLength, bytes, []),
    constructorName(object) {
      const named = getPrototypeOf(object)?.constructor?.name;
      return typeof named === "string" && named !== "" ? named : "object";
    },
    create,
    // A descriptor has its own fields only, whatever a script adds to all objects.
    defineProperty: (object, key, descriptor) => defineProperty(object, key, setPrototypeOf(descriptor, null)),
    deref: uncurry(WeakRef.prototype.deref),
    freeze,
    getOwnPropertyDescriptor,
    getPrototypeOf,
    hasOwn: Object.hasOwn,
    indexOf: uncurry(String.prototype.indexOf),
    is: Object.is,
    isArray: Array.isArray,
    isFinite: Number.isFinite,
    isTypedArray: (value) => apply(typedArrayTag, value, []) === "Uint8Array",
    join: uncurry(Array.prototype.join),
    keys,
    newList,
    newMap,
    objectPrototype: Object.prototype,
    ownKeys,
    parse: JSON.parse,
    register: uncurry(FinalizationRegistry.prototype.register),
    reject: (error) => apply(Promise.reject, Promise, [error]),
    replace: uncurry(String.prototype.replace),
    setPrototypeOf,
    slice: uncurry(String.prototype.slice),
    startsWith: uncurry(String.prototype.startsWith),
    stringify: JSON.stringify,
    whenSettled: uncurry(Promise.prototype.then),
    toLowerCase: uncurry(String.prototype.toLowerCase),
    toUpperCase: uncurry(String.prototype.toUpperCase),
  });

  // QuickJS calls this method for every template with a part to fill in, the
  // library's own included: a script's would see and change what they say.
  defineProperty(String.prototype, "concat", { writable: false, configurable: false });

  // A formatter of stacks would be called by the library with what is its own. A
  // dozen frames are the library's, so more than the usual ten are kept.
  Error.stackTraceLimit = 40;
  defineProperty(Error, "prepareStackTrace", { value: undefined, writable: false, configurable: false });
  defineProperty(Error, "stackTraceLimit", { value: 40, writable: false, configurable: false });
};
